"""Texts about who is shown what: what is withheld, grants, disclosure files, the page of eyes. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
SHOWING: Final[dict[str, tuple[str, str]]] = {
    # What is withheld
    "chain_amount_withheld": ("（数量不显示）", "(amounts not shown)"),
    "withheld": ("未向您显示的内容", "What is not shown to you"),
    "entry_closed": ("一条记录", "An entry"),
    "entry_closed_what": ("日志对所有人公开的只有收下的时间和摘要，不含内容、类型和当事方。", "What the log shows to everybody is when it was taken, and digests: not what it says, of what sort it is, or whose."),
    # Grants
    "grants_title": ("授权他人查看", "Let somebody see a delivery"),
    "grants_lede": ("只授权您自己能看的记录，到期自动失效，可随时收回。授权本身也是一条记录。", "Only what you may read yourself; it ends by itself on its last day, and you can end it at any time. The grant is a record too."),
    "grants_what": ("给客户看某一次交货；谁能看、看到哪天", "Who may see which delivery, until when"),
    "grant_do": ("授权客户查看", "Let a customer see it"),
    "grant_what": ("要给对方看的记录", "Records to be shown"),
    "grant_to": ("给谁看", "To whom"),
    "grant_to_other": ("或填写主体编号", "Or a party id"),
    "grant_to_other_hint": ("pty_ 开头", "begins with pty_"),
    "grant_until": ("最后一天", "Last day"),
    "grant_until_hint": ("这一天结束时失效（北京时间）", "It ends when this day ends in China"),
    "grant_give": ("授权", "Let them see it"),
    "grants_given": ("我给出的授权", "Given by me"),
    "grants_got": ("给我的授权", "Given to me"),
    "grant_by": ("授权人", "From"),
    "grant_state": ("状态", "State"),
    "grant_standing": ("有效", "stands"),
    "grant_run_out": ("已到期", "has run out"),
    "grant_ended": ("已收回", "ended"),
    "grant_end": ("收回", "End it"),
    "grant_end_what": ("收回后对方不能再在这里查看；对方已经看过或存下的内容收不回来。", "Once it is ended they can read it here no more; what they have seen or kept cannot be taken back."),
    "grants_none": ("还没有授权。", "None yet."),
    # A disclosure file
    "disclose_title": ("出示这条记录", "Show this record to somebody"),
    "disclose_lede": ("生成一个文件，只含您勾选的内容。对方不用联网、不用账号，凭日志公钥就能核验。", "Makes one file with what you tick and nothing else. Whoever gets it checks it with the log's key alone, without a network or an account."),
    "disclose_items": ("要出示的内容", "What to show"),
    "disclose_to": ("交给谁", "For whom"),
    "disclose_to_hint": ("留底用：以后依法删除其中内容时，会列出收件人", "Kept here: if an item in it must be erased later, its holder can be asked"),
    "disclose_make": ("生成文件", "Make the file"),
    "disclose_limits": ("文件不能证明此后没有更正、召回或密钥吊销；要确认请查日志。交出的文件收不回来。", "The file cannot show that nothing was put right, recalled or revoked since: only the log can. What was handed out cannot be taken back."),
    "disclose_nothing": ("请至少勾选一项", "tick at least one"),
    # Who sees what
    "eyes_title": ("谁能看到什么", "Who sees what"),
    "eyes_lede": ("同一笔交货，在不同的人眼里。", "One delivery, through each pair of eyes."),
    "eyes_entry": ("这条记录谁能看", "Who can read this record"),
    "eyes_public": ("公众（无账号）", "The public, without an account"),
    "eyes_seller": ("卖方", "The seller"),
    "eyes_buyer": ("买方", "The buyer"),
    "eyes_later": ("下游经手人", "A later holder of the goods"),
    "eyes_other": ("同一卖方的其他客户", "Another customer of the same seller"),
    "eyes_market": ("市场开办者", "The market operator"),
    "eyes_inspector": ("持有效证件、在管辖范围内的执法人员", "An inspector with a valid certificate, in scope"),
    "eyes_registrar": ("登记机构", "The registrar"),
    "eyes_author": ("登记人", "Whoever recorded it"),
    "eyes_named": ("记录中指明的一方", "A party that it names"),
    "eyes_reads": ("可见", "sees it"),
    "eyes_not": ("不可见", "does not see it"),
    "eyes_nothing": ("不知道有这条记录，只看到日志收下了一条。", "Is not told what it is: only that the log took an entry."),
    "eyes_hidden_from_you": ("内容不向您显示", "its content is not shown to you"),
    "eyes_rules": ("四类可见范围", "The four audiences"),
    "eyes_public_what": ("任何人：品名、批号、日期、产地、召回", "Anyone: product, batch number, dates, origin, recalls"),
    "eyes_chain_what": ("货物上下游的经手人：谁做的、数量、证件号", "Those on the way of the goods: who made them, quantities, numbers of papers"),
    "eyes_parties_what": ("记录中指明的各方：价格、凭证、联系方式", "The parties that the record names: prices, vouchers, contacts"),
    "eyes_officials_what": ("管辖范围内的执法人员：举报内容、办案材料", "Officials in scope: complaints, case files"),
    "eyes_no_delivery": ("还没有可以举例的交货记录。", "There is no delivery yet to show."),
    "eyes_more": ("这条记录谁能看", "Who can read this"),
}
# fmt: on
