"""The texts of the pages in both languages: written in Chinese first, as a clerk would say it, with English beside it.

    say("recorded_at", "zh", entry=12, time="2026-11-14 08:05")

A text that is not here, in `words_trade` or in `words_fields` stops the page: templates hold no sentences of their own. Names of fields, findings and units stand where they
are defined (`ledger`). No text calls goods good or bad: pages say who recorded what and when, and what nobody recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.words_codes import CODES
from api.words_consumer import CONSUMER
from api.words_fields import FIELDS
from api.words_goods import GOODS
from api.words_inspecting import INSPECTING
from api.words_links import LINKS
from api.words_market import MARKET
from api.words_offline import OFFLINE
from api.words_papers import PAPERS
from api.words_people import PEOPLE
from api.words_printed import PRINTED
from api.words_scan import SCAN
from api.words_selling import SELLING
from api.words_sheets import SHEETS
from api.words_showing import SHOWING
from api.words_signing import SIGNING
from api.words_stall import STALL
from api.words_trade import TRADE
from api.words_verifying import VERIFYING
from ledger.errors import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.errors import Language

# fmt: off
_PAGES: Final[dict[str, tuple[str, str]]] = {
    # Every page
    "brand": ("溯源", "Suyuan"),
    "brand_beside": ("追溯台账", "traceability ledger"),
    "brand_full": ("溯源 · 追溯台账", "Suyuan traceability ledger"),
    "skip": ("跳到正文", "Skip to the text"),
    "nav": ("主要栏目", "Main sections"),
    "nav_front": ("首页", "Home"),
    "nav_my": ("我的台账", "My ledger"),
    "nav_sell": ("销售开单", "Sell"),
    "nav_scan": ("扫码", "Scan"),
    "nav_inspect": ("监管查询", "Inspection"),
    "nav_findings": ("提示统计", "Findings"),
    "language_name": ("中文", "English"),
    "demo_clock": ("演示时钟", "Demo clock"),
    "demo_invented": ("主体和数据均为虚构", "all parties and data are invented"),
    "demo_as": ("当前身份", "You are"),
    "demo_nobody": ("公众（未登录）", "the public (not signed in)"),
    "demo_switch": ("切换", "Switch"),
    "foot_what": (
        "本台账记录谁在什么时候说了什么，不替任何人作担保。",
        "This ledger records who said what and when. It vouches for nobody.",
    ),
    "foot_check": ("任何人都可以独立核对：", "Anybody can check it:"),
    "foot_checkpoint": ("日志检查点", "log checkpoint"),
    "foot_docs": ("接口文档", "API documentation"),
    "look": ("显示", "Display"),
    "look_auto": ("随设备", "as the device"),
    "look_light": ("浅色", "light"),
    "look_dark": ("深色", "dark"),
    "look_sun": ("强光", "sunlight"),
    "to_front": ("回到首页", "To the front page"),
    "optional": ("（可不填）", "(optional)"),
    "unit": ("单位", "Unit"),
    "cancel": ("取消", "Cancel"),
    "recorded": ("已入账", "Recorded"),
    "recorded_at": ("日志第 {entry} 条，{time}。", "Entry {entry} of the log, {time}."),
    "superseded": ("已更正", "put right"),
    "no_record": ("暂无记录", "no record"),
    "no_finding": ("没有提示", "no findings"),
    "none_yet": ("还没有记录。", "Nothing recorded yet."),
    "older": ("更早的记录", "Earlier records"),
    "total": ("合计", "Total"),
    "entries_open": ("{count} 条", "{count} entries"),
    "lag_minutes": ("晚记 {count} 分钟", "{count} min later"),
    "lag_hours": ("晚记 {count} 小时", "{count} h later"),
    "lag_days": ("晚记 {count} 天", "{count} days later"),
    "form_wrong": ("还没有入账，请改正以下内容：", "Nothing was recorded. Please mend:"),
    "error_missing": ("请填写", "please fill this in"),
    "error_expected": ("{title}，应为{expected}", "{title}; expected {expected}"),
    "error_used": (
        "这张单已经入账，内容与这次不同。如要更改，请用更正；如是另一笔，请重新打开表单。",
        "This form was recorded before with other content. Put that record right, or open a new form.",
    ),
    "farmer_masked": ("个人农户", "a farmer"),
    "registrar": ("登记机构", "the registrar"),
    "item_erased_short": ("内容已依法删除", "content erased as the law asks"),
    "nobody_recorded": ("未登记主体", "a party nobody recorded"),
    # Columns
    "col_entry": ("日志条目", "Entry"),
    "col_entries": ("依据条目", "Entries"),
    "col_type": ("类型", "Type"),
    "col_what": ("内容", "Content"),
    "col_occurred": ("发生时间", "Happened"),
    "col_recorded": ("入账时间", "Recorded"),
    "col_lag": ("晚记", "Late by"),
    "col_then": ("办理", "Then"),
    "col_day": ("日期", "Day"),
    "col_supplier": ("供货者", "Supplier"),
    "col_party": ("主体", "Party"),
    "col_goods": ("货物", "Goods"),
    "col_custody": ("签名方式", "Signature"),
    "col_count": ("数量", "Count"),
    "col_finding": ("提示", "Finding"),
    "col_grade": ("级别", "Grade"),
    # Problems
    "problem_missing": ("没有找到您要的页面或记录。", "There is no such page or record."),
    "problem_forbidden": ("您目前的身份不能查看或办理这一项。", "You may not see or do this as who you are now."),
    "problem_unknown": ("请先登录或在演示中选择一个身份。", "Please sign in, or choose an identity in the demo."),
    "problem_wrong": ("送来的内容不能照收，什么都没有写入。", "What was sent cannot be taken as it is. Nothing was written."),
    "problem_large": ("送来的内容太大，什么都没有写入。", "What was sent is too large. Nothing was written."),
    "problem_busy": ("现在不能办理，什么都没有写入。", "Not possible just now. Nothing was written."),
    "problem_ours": ("是我们的服务器出了问题，什么都没有写入。", "Something is wrong on our side. Nothing was written."),
    "problem_field": ("位置", "Where"),
    "problem_came": ("收到", "Came"),
    "problem_expected": ("应为", "Expected"),
    "problem_number": ("请把这个编号告诉管理员：", "Please tell the operator this number:"),
    "problem_retry": ("请在 {seconds} 秒后再试。", "Please try again in {seconds} seconds."),
    "problem_details": ("技术细节", "Details"),
    "kept_title": ("您填写的内容还在", "What you typed is still here"),
    "kept_what": ("填写的内容保留在本页，不必重填；再次提交也只入账一次。", "It stays on this page; nothing needs to be typed again, and sending it again records once."),
    "kept_sign_in": ("在新页面登录", "Sign in on a new page"),
    "kept_again": ("回到本页，再次提交。", "Come back to this page and send it again."),
    "kept_files": ("照片等文件要重新选择。", "Photos and other files have to be chosen again."),
    "kept_file": ("重新选择文件", "Choose the file again"),
    "kept_go": ("再次提交", "Send again"),
    "problem_name": ("错误名称", "Name of the problem"),
    # Front page
    "front_title": ("货从哪里来，谁经手，谁查验", "Where goods came from, who handled them, who checked them"),
    "front_lede": (
        "各方各记各的账，入账后改不了、删不掉，只能更正；谁都可以核对。请选择您的身份。",
        "Each party keeps its own records. Once taken they cannot be altered or removed, only put right, and anybody can check. Who are you?",
    ),
    "door_enterprise": ("企业", "Enterprise"),
    "door_enterprise_what": ("种植、加工、批发、零售、餐饮", "Farms, factories, wholesalers, shops, canteens"),
    "door_enterprise_1": ("登记批次，打印标签", "Register a batch, print its label"),
    "door_enterprise_2": ("收货查验一步完成", "Receive and check a delivery in one step"),
    "door_enterprise_3": ("开出销售凭证", "Print the sales slip"),
    "door_enterprise_go": ("打开我的台账", "Open my ledger"),
    "door_inspector": ("监管", "Inspector"),
    "door_inspector_what": ("市场监管、农业执法、公安", "Market supervision, farming law, police"),
    "door_inspector_1": ("拍码即查来源和去向", "Photograph a code: where from, who has it"),
    "door_inspector_2": ("看记录是否对得上", "See which records do not fit together"),
    "door_inspector_3": ("打印一页追溯情况", "Print the trace on one page"),
    "door_inspector_go": ("开始查询", "Start a query"),
    "door_consumer": ("消费者", "Consumer"),
    "door_consumer_what": ("买了东西，想看看记录", "You bought something and want to see its records"),
    "door_consumer_code": ("标签上的码或网址", "Code or address on the label"),
    "door_consumer_hint": ("手机扫码可直接打开", "Scanning it with a phone opens the page directly"),
    "door_consumer_go": ("查看记录", "Show the records"),
    "demo_tour": ("演示导览", "Tour of the demo"),
    "demo_tour_what": ("先在页面上方选择身份，再打开下面的页面。", "Choose an identity at the top of the page, then open one of these."),
    "tour_recall": ("消费者看到的召回", "A recall as a buyer sees it"),
    "tour_recall_what": ("扫一扫标签，先看到召回", "Scan the label: the recall comes first"),
    "tour_trace": ("监管：这批货从哪里来、还有谁有", "Inspector: where from, who else has it"),
    "tour_trace_what": ("先切换为监管身份", "Choose an authority first"),
    "tour_code": ("一个对不上的码", "A code that does not fit"),
    "tour_code_what": ("同一个码多次出现时，消费者看到什么", "What a buyer sees when one code turns up twice"),
    "tour_accept": ("摊主：三步收货", "Stall: three taps to receive"),
    "tour_accept_what": ("先切换为收货的企业", "Choose an enterprise first"),
    "tour_batch": ("合作社：登记一批货", "Co-op: register a batch"),
    "tour_batch_what": ("登记后得到可打印的标签", "Ends with a label to print"),
    "tour_findings": ("本月记录和提示", "This month's records and findings"),
    "tour_findings_what": ("每个数字后面都有日志条目", "Behind every number stand its entries"),
    "log_state": ("本日志现状", "This log now"),
    "log_size": ("已入账", "Entries"),
    "log_size_is": ("{count} 条", "{count}"),
    "log_last": ("最近一次入账", "Last entry"),
    "log_root": ("树根", "Tree root"),
    "log_key": ("日志公钥", "Log's public key"),
    "log_what": (
        "每次入账都会签发检查点。保存一份检查点，日后可据此核对历史有没有被改写。",
        "Every commit signs a checkpoint. Keep one, and later you can tell whether history was rewritten.",
    ),
    # Inspection
    "inspect_title": ("监管查询", "Inspection"),
    "inspect_lede": ("拍一张码的照片，或输入码、批号链接，查来源、去向和对不上的记录。", "Photograph a code or type one: where the goods came from, who has them, which records do not fit."),
    "inspect_not_official": ("您现在不是监管身份", "You are not here as an official"),
    "inspect_not_official_what": ("只能看到与您有关的记录。监管人员登录后可看到全链条。", "You see only what concerns you. Officials see the whole chain."),
    "inspect_photo": ("码的照片", "Photo of the code"),
    "inspect_photo_hint": ("一张照片里可以有多个码", "One photo may show several codes"),
    "inspect_photo_go": ("识别并查询", "Read and look up"),
    "inspect_again": ("再查一个", "Another query"),
    "inspect_found": ("照片里有 {count} 个码", "{count} codes in the photo"),
    "kind_digital_link": ("GS1 数字链接", "GS1 Digital Link"),
    "kind_batch_page": ("本站批次码", "Batch code of this ledger"),
    "kind_batch_code": ("批次码", "Batch code"),
    "kind_own_address": ("本站网址", "Address of this site"),
    "kind_drug_code": ("药品追溯码", "Drug trace code"),
    "kind_vet_drug_code": ("兽药追溯码", "Vet drug code"),
    "kind_pesticide_code": ("农药单元识别码", "Pesticide unit code"),
    "kind_ear_tag": ("畜禽耳标号", "Ear tag number"),
    "kind_seed_label": ("种子标签码", "Seed label code"),
    "kind_invoice_qr": ("发票二维码", "Invoice QR code"),
    "kind_gtin": ("商品条码", "GTIN"),
    "kind_gs1_element_string": ("GS1 要素串", "GS1 element string"),
    "kind_foreign_address": ("其他网站的网址", "Address of another site"),
    "kind_lookalike_address": ("像本站、却不是本站的网址", "An address that looks like ours and is not"),
    "kind_unknown_text": ("其他文字", "Other text"),
    "trace_title": ("追溯情况", "Trace"),
    "trace_made": ("{time} 生成，日志 {size} 条", "made {time}, log size {size}"),
    "trace_print": ("一页打印版", "One-page printout"),
    "trace_code": ("所查的码", "Code asked about"),
    "goods_id": ("货物标识", "Goods id"),
    "order_recall": ("正在召回", "Recalled"),
    "order_hold": ("已控制，暂停销售", "On hold"),
    "truncated": ("没有列全", "Not complete"),
    "truncated_what": ("链条超出一次查询的上限，标“未继续”的地方后面还有。", "The chain goes on beyond the limits of one query, where it says “goes on”."),
    "chain": ("来源和去向", "Where from, where to"),
    "chain_what": ("从左（上）到右（下）：生产来源、经手、持有。线上是数量。", "From the source at the left (top) to the holders. Quantities stand on the arrows."),
    "chain_label": ("{goods} 的来源和去向图", "Drawing of where {goods} came from and went"),
    "chain_from": ("{amount}，来自{name}", "{amount} from {name}"),
    "chain_several": ("另有 {count} 户", "{count} more"),
    "chain_several_what": ("共 {amount}，见下方清单", "{amount} in all, listed below"),
    "chain_asked": ("所查", "asked"),
    "chain_recall": ("召回", "recalled"),
    "chain_hold": ("控制", "on hold"),
    "chain_cut": ("未继续", "goes on"),
    "chain_oversold": ("出大于进", "more out than in"),
    "chain_left": ("账面现存 {amount}", "{amount} left"),
    "chain_use": ("使用 {amount}", "used {amount}"),
    "chain_succession": ("承继 {amount}", "as successor {amount}"),
    "source_recorded": ("登记来源", "Recorded source"),
    "source_declared": ("申报来源", "Declared source"),
    "source_contradicted": ("矛盾来源", "Contradicted source"),
    "legend_through": ("经手、持有", "Handled or held"),
    "legend_may_contain": ("虚线：可能含有", "Dashed: may contain"),
    "may_contain": ("可能含有", "may contain"),
    "sources": ("从哪里来", "Where they came from"),
    "source_kind": ("来源", "Source"),
    "source_why": ("依据", "Because"),
    "source_missing": ("还缺什么", "Missing"),
    "holders": ("还有谁有", "Who else has them"),
    "holders_what": ("数量按各方记录计算；“账面现存”是应有数，不是盘点数。", "By the parties' records. What is left is what should be there, not what was counted."),
    "holder_received": ("收入", "In"),
    "holder_passed_on": ("转出", "Passed on"),
    "holder_expected": ("账面现存", "Should be left"),
    "holder_contact": ("联系方式", "Contact"),
    "recall_scope": ("召回核算", "Account of the recall"),
    "recall_figure": ("项目", "Figure"),
    "recall_answer": ("召回反馈", "Answer"),
    "recall_answered": ("已反馈", "answered"),
    "recall_not_answered": ("未反馈", "not answered"),
    "recall_first_hand": ("应召回总量", "In all"),
    "recall_recovered": ("已追回、封存", "Recovered or stopped"),
    "recall_sold": ("已售出", "Sold"),
    "recall_destroyed": ("已销毁", "Destroyed"),
    "recall_lost": ("损耗", "Lost"),
    "recall_taken": ("抽样、扣押", "Sampled or seized"),
    "recall_used": ("已用于生产", "Used in production"),
    "recall_unaccounted": ("未说明去向", "Unaccounted for"),
    "findings": ("对不上的记录", "Records that do not fit"),
    "findings_what": ("提示不是结论。先排除技术原因，再听当事人说明。", "A finding is no verdict. Rule out technical causes first, then hear the party."),
    "records": ("全部记录", "All records"),
    "records_open": ("展开 {count} 条记录", "Show {count} records"),
    "records_what": ("按入账先后排列。入账时间由日志写入，不能更改。", "In the order of the log, whose time cannot be changed."),
    "records_left": ("另有 {count} 条没有列出。", "{count} more are not listed."),
    "print_more_holders": ("另有 {count} 户，见电子版清单。", "{count} more; see the list on the screen."),
    "print_more_findings": ("另有 {count} 项，见电子版。", "{count} more on the screen."),
    "print_checks": ("如何核对本页", "How to verify this page"),
    "print_checks_what": ("本页由日志前 {size} 条计算得出，任何人用同样的条目可得到同样的结果。日志公钥：", "This page follows from the first {size} entries of the log; the same entries give the same page. The log's key:"),
    "print_limits": ("没有外部见证时，入账时间以运营方时钟为准。本页是记录的汇总，不是检验结论，也不是处罚决定。", "Without an outside witness times rest on the operator's clock. This is a summary of records, neither a test result nor a decision."),
    "print_made_by": ("制作人、执法证号", "Made by, certificate number"),
    "print_day": ("日期", "Date"),
    # Findings by month
    "findings_title": ("记录和提示统计", "Records and findings"),
    "findings_lede": ("按入账时间统计，每个数字后面都是日志条目。", "Counted by the log's time. Behind every number stand its entries."),
    "findings_from": ("从", "From"),
    "findings_to": ("到（含当日）", "To (that day included)"),
    "findings_count": ("统计", "Count"),
    "findings_records": ("入账记录", "Records taken"),
    "findings_kinds": ("提示", "Findings"),
    # An entry
    "entry_over": ("日志第 {seq} 条", "Entry {seq} of the log"),
    "entry_superseded": ("这条记录已由更正记录取代，两条都保留：", "A later record puts this one right; both stay:"),
    "entry_corrects": ("更正记录", "A correction"),
    "entry_corrects_what": ("本条更正了：", "This puts right:"),
    "entry_issuer": ("谁记的", "Recorded by"),
    "entry_on_behalf_of": ("代谁记的", "On behalf of"),
    "entry_occurred_what": ("记录人填写", "says whoever recorded it"),
    "entry_recorded_what": ("日志写入，不能更改", "says the log; cannot be changed"),
    "custody_own": ("本人密钥", "own key"),
    "custody_own_what": ("签名密钥由本人保管", "whoever signed keeps the key"),
    "custody_custodial": ("代管密钥", "key in custody"),
    "custody_custodial_what": ("签名密钥由运营方代管，按本人操作签名", "the operator keeps the key and signs when asked"),
    "entry_items": ("内容", "Content"),
    "audience_public": ("公开", "public"),
    "audience_chain": ("供应链可见", "for the chain"),
    "audience_parties": ("当事方可见", "for the parties"),
    "audience_officials": ("监管可见", "for officials"),
    "item_closed": ("未公开", "closed"),
    "item_hidden": ("您目前的身份不能查看这一项；承诺值证明它没有被换过。", "Not for you as who you are now; the commitment shows that it was not exchanged."),
    "item_erased": ("这一项已依法删除，只留承诺值。", "Erased as the law asks; only the commitment is left."),
    "item_commitment": ("承诺值", "Commitment"),
    "entry_proof": ("存证证明", "Proof"),
    "entry_proof_what": ("下载后可用日志公钥离线核对：这条记录在这个位置、这个时间入账，此后没有改动。", "With the log's key it shows offline that this record stands here, taken at this time and unchanged since."),
    "entry_proof_file": ("证明文件", "File"),
    "entry_leaf": ("条目哈希", "Leaf hash"),
    "entry_digest": ("记录摘要", "Statement digest"),
    "entry_limits": ("证明不了记录内容属实，只证明谁在什么时候这样记录过。", "It does not show that the record is true, only who recorded it and when."),
    # The buyer's page
    "buyer_over": ("公开追溯记录", "Public records"),
    "buyer_recall": ("此批次正在召回", "This batch is being recalled"),
    "buyer_recall_inherited": ("此批次的原料正在召回", "Material of this batch is being recalled"),
    "buyer_recall_stop": ("请停止食用或使用，不要转卖、转送。", "Stop eating or using it. Do not sell it or give it away."),
    "buyer_recall_ask": ("请保留包装，联系销售者。", "Keep the pack and ask the seller."),
    "buyer_recall_reason": ("召回原因：{reason}", "Reason: {reason}"),
    "buyer_recall_codes": ("涉及的码：{codes}", "Codes concerned: {codes}"),
    "buyer_recall_by": ("{name}，{time}，日志第 {entry} 条", "{name}, {time}, entry {entry} of the log"),
    "buyer_code": ("您手中的码", "The code in your hand"),
    "code_unknown": ("没有这个码的赋码记录", "Nobody recorded issuing this code"),
    "code_unknown_what": ("可能还没有上传，也可能不是生产者赋的码。请对照下面的内容。", "It may not be uploaded yet, or the maker did not issue it. Please compare the points below."),
    "code_issued": ("此码由{name}赋码", "Issued by {name}"),
    "code_not_sold": ("暂无售出记录", "No sale of it is recorded"),
    "code_sold": ("此码已于 {day} 售出", "Sold on {day} by the records"),
    "code_sold_what": ("如果您不是这一天买的，请与销售者核对：码可以被复制。", "If you did not buy it that day, ask the seller: codes can be copied."),
    "code_sold_more": ("此码有 {count} 次售出记录，最早 {day}", "{count} sales of this code are recorded, the first on {day}"),
    "code_sold_more_what": ("一件商品一个码，通常只售出一次。可能是重复扫码，也可能是码被复制；请保留包装并举报。", "One pack has one code and is usually sold once. It may have been scanned twice, or copied: keep the pack and report it."),
    "code_used": ("此码已登记使用完毕", "Recorded as used up"),
    "code_used_what": ("如果包装还没有开封，请保留包装并举报。", "If your pack is still sealed, keep it and report it."),
    "code_void": ("此码已作废", "This code was made void"),
    "code_void_what": ("带有此码的商品不应再销售；请保留包装并举报。", "Goods with this code should not be on sale: keep the pack and report it."),
    "buyer_known": ("有记录的", "What is recorded"),
    "buyer_known_by": ("{name}记录，{time} 入账，日志第 {entry} 条", "Recorded by {name}, {time}, entry {entry} of the log"),
    "known_maker": ("生产者：{value}", "Maker: {value}"),
    "known_produced_on": ("采收或生产日期：{value}", "Harvested or made on {value}"),
    "known_expires_on": ("保质期至：{value}", "Best before {value}"),
    "known_origin": ("产地：{value}", "Origin: {value}"),
    "known_specification": ("规格：{value}", "Specification: {value}"),
    "known_commitment": ("承诺达标合格证 {number}（{day}）：生产者的承诺，不是检验结论", "Producer's commitment {number} ({day}): a promise, not a test result"),
    "known_licence": ("{kind} {number}，有效期至 {day}", "{kind} {number}, valid to {day}"),
    "buyer_unknown": ("没有记录的", "What is not recorded"),
    "unknown_produced_on": ("采收或生产日期", "Day of harvest or making"),
    "unknown_origin": ("产地", "Origin"),
    "unknown_expires_on": ("保质期", "Best before"),
    "unknown_commitment": ("公开的承诺达标合格证或检验结论", "A public commitment or test result"),
    "unknown_batch": ("这一批次的登记", "A registration of this batch"),
    "buyer_unknown_sale": ("您手中这一件是从谁那里买的，本页不知道", "From whom you bought yours, this page cannot know"),
    "buyer_compare": ("请对照包装", "Compare with the pack"),
    "compare_site": ("码旁印的网址应为 {host}，并与浏览器地址栏一致", "The address beside the code should be {host}, as in your browser's address bar"),
    "compare_name": ("品名：{value}", "Product: {value}"),
    "compare_number": ("批号：{value}", "Batch number: {value}"),
    "compare_day": ("日期：{value}", "Date: {value}"),
    "compare_maker": ("生产者：{value}", "Maker: {value}"),
    "compare_seal": ("包装、封口完好，标签没有重贴", "Pack and seal are whole, and the label was not stuck over another"),
    "buyer_not": ("本页不能说明什么", "What this page does not show"),
    "buyer_not_what": ("码可以被复制。本页只说明谁在什么时候记录了什么，不能证明您手中的就是这批货，也不是检验结论。", "Codes can be copied. This page says who recorded what and when. It does not show that yours belongs to this batch, and it is no test result."),
    "buyer_nothing": ("没有查到记录", "Nothing found"),
    "buyer_nothing_goods": ("本台账暂无这批货物的记录。", "This ledger has no record of these goods."),
    "buyer_nothing_text": ("这不是本台账认识的码。", "This is not a code that this ledger knows."),
    "buyer_nothing_gtin": ("商品条码只到品种，还要批号才能查到批次。", "A GTIN names a product only; the batch number is needed too."),
    "buyer_nothing_then": ("可以这样做", "What you can do"),
    "buyer_nothing_1": ("再扫一次，或对照标签逐字输入。", "Scan again, or type it letter by letter."),
    "buyer_nothing_2": ("生产者可能还没有上传，过一天再查。", "The maker may not have uploaded it yet: try again tomorrow."),
    "buyer_nothing_3": ("向销售者要进货凭证；有疑问请举报。", "Ask the seller for the voucher; report it if in doubt."),
    "buyer_batch": ("包装上的批号", "Batch number on the pack"),
    "buyer_batch_hint": ("常印在生产日期旁边", "Often printed beside the date"),
    "buyer_foreign": ("码里的网址不是本站", "The code leads to another site"),
    "buyer_foreign_what": ("扫到的网址是 {host}。请只相信标签上用文字印出的网址。", "It leads to {host}. Trust only the address printed in words on the label."),
    "buyer_lookalike": ("网址像本站，但不是本站", "This address looks like ours and is not"),
    "buyer_lookalike_what": (
        "扫到的网址是 {host}，容易看成本站的 {ours}。不要在那里填写电话、密码或付款；码里写的内容本站没有读取。请与包装上用文字印出的网址逐字核对，并可在下面举报。",
        "It leads to {host}, which is easily taken for our {ours}. Do not enter a phone number, a password or a payment there; what the code says was not read here. Compare it letter by letter with the address printed in words on the pack; you can report it below.",
    ),
    "buyer_lookalike_hidden": ("另一个网址", "another address"),
    "report": ("举报、反映问题", "Report a problem"),
    "report_text": ("发生了什么", "What happened"),
    "report_text_hint": ("在哪里买的、什么时候、哪里不对", "Where and when you bought it, and what is wrong"),
    "report_place": ("购买地点", "Where you bought it"),
    "report_photo": ("照片（包装、标签）", "Photo (pack, label)"),
    "report_phone": ("联系电话", "Your phone"),
    "report_phone_hint": ("需要答复时填写", "If you would like an answer"),
    "report_go": ("提交", "Send"),
    "report_number": ("查询编号", "Report number"),
    "report_back": ("回到该商品页面", "Back to the goods"),
}
# fmt: on

#: Every text, by its key.
_ALL: Final = (
    _PAGES
    | TRADE
    | FIELDS
    | SHOWING
    | SIGNING
    | PEOPLE
    | SELLING
    | STALL
    | OFFLINE
    | LINKS
    | PAPERS
    | PRINTED
    | GOODS
    | MARKET
    | SHEETS
    | SCAN
    | INSPECTING
    | CODES
    | CONSUMER
    | VERIFYING
)
WORDS: Final[Mapping[str, Words]] = {key: Words(zh=zh, en=en) for key, (zh, en) in _ALL.items()}


@dataclass(frozen=True, slots=True)
class Marks:
    """How a language joins what is put together from parts."""

    colon: str
    semicolon: str
    comma: str
    listed: str
    opened: str
    closed: str
    stop: str


MARKS: Final[Mapping[Language, Marks]] = {
    "zh": Marks("：", "；", "，", "、", "（", "）", "。"),
    "en": Marks(": ", "; ", ", ", ", ", " (", ")", ". "),
}


def say(key: str, language: Language, **values: object) -> str:
    """One text in the reader's language, with its blanks filled in."""
    text = WORDS[key].in_language(language)
    return text.format(**values) if values else text
