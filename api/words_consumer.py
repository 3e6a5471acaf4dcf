"""Texts of the buyer's page and reports. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
CONSUMER: Final[dict[str, tuple[str, str]]] = {
    # Problems first
    "buyer_decided_serious_violation": (
        "生产者被列入严重违法失信名单", "The maker is on the list of serious violations"
    ),
    "buyer_decided_key_supervision": ("生产者被列入重点监管名单", "The maker is under special supervision"),
    "buyer_decided_what": (
        "{party}，决定文书号：{number}，依据：{basis}，{start} 起{end}。这是对生产者的决定，不是对这批货的检验结论。",
        "{party}, decision {number}, under {basis}, from {start}{end}. It is about the maker and is no test result of this batch.",
    ),
    "buyer_decided_end": ("至 {day}", ", until {day}"),
    "buyer_expired": ("标注的保质期已过", "Past the date on its label"),
    "buyer_expired_what": (
        "登记的保质期至 {day}，今天是 {today}。请不要食用或使用，可凭购物凭证要求退换；包装上的日期与此不同的，请举报。",
        "Recorded as good until {day}; today is {today}. Do not eat or use it: take it back with your receipt. If the pack shows another date, report it.",
    ),
    # Facts
    "known_corrected": ("更正记录，取代日志第 {entry} 条", "Put right: it takes the place of entry {entry}"),
    "known_field": ("{label}：{value}", "{label}: {value}"),
    "known_licence_past": ("{kind} {number}，有效期至 {day}，已过期", "{kind} {number}, valid to {day}: past"),
    "known_licence_state": ("{kind} {number}：{state}", "{kind} {number}: {state}"),
    # The way of the goods
    "buyer_way": ("货的来路", "The way of the goods"),
    "buyer_way_maker": ("生产", "Made"),
    "buyer_way_hands": ("经手", "On the way"),
    "buyer_way_hands_what": ("不公开", "not public"),
    "buyer_way_sold": ("售出", "Sold"),
    "buyer_way_you": ("您手中", "Yours"),
    "buyer_way_you_what": ("不知道", "unknown"),
    "buyer_way_what": (
        "实心：公开的记录。虚线：经手、运输的记录只向链上各方和监管部门公开；您从谁那里买的，本页不知道。",
        "Filled: public records. Dashed: who handled the goods is told to their chain and to officials only, and this page cannot know from whom you bought yours.",
    ),
    # How often it was opened
    "buyer_opened": (
        "这个码的网页从 {first} 到 {last} 记下 {count} 次打开。",
        "Openings of this code's page noted from {first} to {last}: {count}.",
    ),
    "buyer_opened_not": ("这个码的网页到昨天为止没有记下打开。", "Until yesterday no opening of this code's page was noted."),
    "buyer_opened_pack": (
        "打开的可能是店员、检查人员、别的顾客或程序；次数多少都不能说明您手中的这一件。",
        "Shops, inspectors, other buyers and programs open it too: the number says nothing about the pack in your hand.",
    ),
    "buyer_opened_batch": (
        "同一批的每一件印着同一个码，打开次数不能说明您手中的这一件。",
        "All packs of a batch carry this code: the number says nothing about the pack in your hand.",
    ),
    # What to do next
    "buyer_next": ("下一步", "Next"),
    "buyer_report": ("举报、反映问题", "Report a problem"),
    "buyer_follow": ("查询举报结果", "Follow a report"),
    "buyer_proof": ("下载公开记录的证明", "Download the proof of these records"),
    "buyer_proof_what": (
        "证明文件可用日志公钥离线核对：登记的批次信息入账以来没有改动。",
        "With the log's key the file shows offline that the batch's record is unchanged since it was taken.",
    ),
    # Reports
    "report_lede": (
        "不用注册。只有监管部门能看到您写的内容；提交后得到一个查询编号。",
        "No account needed. Only officials can read what you write. You get a number to follow it by.",
    ),
    "report_about": ("举报的货物", "About"),
    "report_about_code": ("举报的码", "About the code"),
    "report_place_hint": ("店名、摊位号或网店", "Shop, stall number or web shop"),
    "report_new": ("提交举报", "Send a report"),
    "report_follow": ("查询已提交的举报", "Follow a report"),
    "report_number_hint": ("提交后给出的编号，如 16j0-0000-0003；大小写、横线不限", "As it was given, like 16j0-0000-0003; capitals and dashes do not matter"),
    "report_follow_go": ("查询", "Look it up"),
    "report_unknown": (
        "没有这个编号的举报，请对照您抄下的编号。",
        "There is no report with this number. Please compare it with your note.",
    ),
    "report_title": ("举报进展", "Your report"),
    "report_keep": ("请截图或抄下编号，凭编号可以随时查看进展。", "Keep the number (a screenshot will do): it shows at any time how far things are."),
    "report_state_received": ("已收到，等待监管人员查阅", "Received; no official has opened it yet"),
    "report_state_seen": ("监管人员已查阅", "Opened by an official"),
    "report_state_published": ("监管部门已就这批货公开决定", "An authority has published a decision about these goods"),
    "report_state_erased": ("内容已依法删除", "Its content was erased as the law asks"),
    "report_received": ("收到", "Received"),
    "report_received_what": ("{time}，日志第 {entry} 条", "{time}, entry {entry} of the log"),
    "report_seen": ("监管人员查阅", "Opened by officials"),
    "report_seen_what": ("首次查阅 {time}", "first on {time}"),
    "report_seen_not": ("还没有查阅记录", "not yet"),
    "report_published": ("公开的处理", "Published"),
    "report_published_recall": ("{time} {name}公布召回：{reason}", "{time}: {name} announced a recall: {reason}"),
    "report_published_end": ("{time} {name}公布终止召回：{reason}", "{time}: {name} announced the end of a recall: {reason}"),
    "report_published_not": ("提交以来，监管部门没有就这批货公开处理结果", "since then no authority has published anything about these goods"),
    "report_published_about": (
        "以上是举报之后就同一批货公开的决定，不一定由这件举报引起。",
        "These were published about the same goods after your report, not necessarily because of it.",
    ),
    "report_nothing": ("没有动静怎么办", "If nothing happens"),
    "report_nothing_1": (
        "受理、立案由监管部门依法决定，办理情况由他们直接告诉留下电话的人，不在本页公开。",
        "Whether to open a case is for the authority. It tells those who left a telephone directly, not on this page.",
    ),
    "report_nothing_2": (
        "按市场监管部门处理投诉举报的规定，投诉在 7 个工作日内告知是否受理，举报线索在 15 个工作日内核查，可延长 15 个工作日。",
        "By the market regulators' rules a complaint is accepted or refused within 7 working days, and a lead is checked within 15, which may be extended by 15.",
    ),
    "report_nothing_3": (
        "着急或人身受到伤害的，请拨打 12315，报上面的编号。",
        "If it is urgent or somebody was hurt, call 12315 and give the number above.",
    ),
}
