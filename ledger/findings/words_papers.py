"""The texts of findings about papers, licences, fields and substances, as `ledger.findings.words` has them for the rest.

Typing, the network, a paper that comes late, a renewal that is pending: these stand first, because they are what it nearly always is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.texts import CORRECT, TYPING, KindTexts

if TYPE_CHECKING:
    from ledger.vocabulary.profiles import FindingKind

_LATE_PAPER = Words(zh="纸质材料已有，还没有录入或上传", en="the paper exists and has not been entered yet")
_OTHER_PARTY = Words(zh="由总部、市场或上家统一保存", en="headquarters, the market or the supplier keeps it")
_CATEGORY = Words(zh="商品类别选错", en="the goods were put into the wrong category")

PAPERS: Final[dict[FindingKind, KindTexts]] = {
    "licence_out_of_scope": KindTexts(
        label=Words(zh="记录的经营不在许可范围内", en="trade outside the licence's recorded scope"),
        causes=(
            Words(
                zh="许可范围没有录全，或新的范围还没有录入", en="the scope was not entered whole or not yet"
            ),
            _CATEGORY,
            Words(zh="同类商品叫法不同", en="another word for the same kind of goods"),
            Words(zh="经营范围超出许可", en="the trade goes beyond the licence"),
        ),
        answer=Words(
            zh="请对照许可证补全许可范围；如商品类别选错，请更正。",
            en="Enter the whole scope as the licence has it, or put the category right.",
        ),
    ),
    "licence_shared": KindTexts(
        label=Words(zh="同一许可证号登记在两个主体名下", en="one licence number recorded for two parties"),
        causes=(
            TYPING,
            Words(
                zh="更名、合并或连锁关系还没有登记",
                en="a rename, a merger or a chain that is not recorded yet",
            ),
            Words(zh="同一主体有两个编号", en="one trader goes by two ids here"),
            Words(zh="使用了他人的许可证", en="another trader's licence was used"),
        ),
        answer=Words(
            zh="请对照许可证原件更正证号或持证人；如为更名、承继，请登记并附变更文书。",
            en="Compare number and holder with the licence; record a rename or succession with its document.",
        ),
    ),
    "approval_not_recorded": KindTexts(
        label=Words(
            zh="产品批准或登记证没有登记，或当日不在有效期",
            en="product approval not recorded, or not in force then",
        ),
        causes=(
            Words(zh="批准证书还没有录入本台账", en="the approval has not been entered here yet"),
            TYPING,
            Words(
                zh="已按时申请延续，新证还没有录入",
                en="a renewal was filed in time and has not been entered yet",
            ),
            Words(zh="委托生产，持证人没有填写", en="made under contract, and the holder was not named"),
        ),
        answer=Words(
            zh="请核对批准证号，录入批准证书或延续证明；委托生产的请填写持证人。",
            en="Compare the number, enter the approval or its renewal, and name the holder where another makes the goods.",
        ),
    ),
    "source_contradicted": KindTexts(
        label=Words(zh="申报的来源与其他记录不符", en="the declared source does not fit other records"),
        causes=(
            TYPING,
            Words(zh="供货方的记录还没有上传", en="the supplier has not uploaded its records yet"),
            Words(zh="选错了供货者", en="the wrong supplier was picked"),
            Words(zh="供货者提供的信息不成立", en="what the supplier gave as its particulars cannot be so"),
        ),
        answer=Words(
            zh="请对照供货者的营业执照和送货单核对；请供货者补传记录，或附当日单据说明。",
            en="Compare with the supplier's papers and the delivery note; ask the supplier for its records, or add the note and explain.",
        ),
    ),
    "field_missing": KindTexts(
        label=Words(zh="记录缺少规定的项目", en="a field that the law asks for is empty"),
        causes=(
            Words(zh="项目还没有填，可以补填", en="not filled in yet; it can still be"),
            _LATE_PAPER,
            _CATEGORY,
        ),
        answer=Words(
            zh="请更正该条记录，补填所列项目；不适用的请说明。",
            en="Put the record right with the fields named, or say why they do not apply.",
        ),
    ),
    "document_missing": KindTexts(
        label=Words(zh="暂无规定的进货单证", en="no record of a paper that belongs to the delivery"),
        causes=(
            _LATE_PAPER,
            Words(zh="单证随后补寄", en="the paper comes after the goods"),
            _OTHER_PARTY,
            Words(zh="收货时没有索取", en="nobody asked for it on arrival"),
        ),
        answer=Words(
            zh="请补录单证编号或上传影像；已登记过的同批单证会自动计入。",
            en="Enter the number or a photo of the paper; one filed anywhere for these goods counts by itself.",
        ),
    ),
    "document_expired": KindTexts(
        label=Words(zh="所依据的单证当日已过有效期", en="a paper relied on after its last day"),
        causes=(
            Words(zh="有效期录错", en="the dates were typed wrongly"),
            Words(zh="新的单证还没有录入", en="the new paper has not been entered yet"),
            Words(zh="编号抄成了旧的", en="the number of the old paper was copied"),
            Words(zh="单证过期后仍在使用", en="it was used after its end"),
        ),
        answer=Words(
            zh="请录入有效的单证，或更正编号和有效期。",
            en="Enter the paper that was in force, or put number and dates right.",
        ),
    ),
    "document_out_of_scope": KindTexts(
        label=Words(zh="所依据的单证不含这批货", en="a paper that does not name these goods"),
        causes=(
            TYPING,
            Words(zh="单证所列批号没有录全", en="not all lots on the paper were entered"),
            Words(zh="同号单证由另一机构出具", en="another office uses the same number"),
            Words(zh="使用了另一批货的单证", en="the paper of another lot was used"),
        ),
        answer=Words(
            zh="请核对单证编号和所列货物；如单证没有录全，请补全。",
            en="Compare the number and the goods it lists; complete the paper if it was not entered whole.",
        ),
    ),
    "document_overused": KindTexts(
        label=Words(zh="单证覆盖的数量超过其证明数量", en="more goods rest on a paper than it covers"),
        causes=(
            Words(zh="计量单位或换算不一致（公斤、箱、件）", en="units mixed up (kilograms, cases, pieces)"),
            Words(zh="证明数量录错", en="the quantity it covers was typed wrongly"),
            Words(zh="同一批货重复登记", en="one delivery was entered twice"),
            Words(zh="单证被超量使用", en="the paper was used for more than it covers"),
        ),
        answer=CORRECT,
    ),
    "claim_not_covered": KindTexts(
        label=Words(zh="认证标志没有对应的有效证书", en="a claim without a certificate that covers it"),
        causes=(
            Words(zh="证书还没有录入本台账", en="the certificate has not been entered here yet"),
            TYPING,
            Words(zh="证书范围或续期没有录全", en="its scope or renewal was not entered whole"),
            Words(zh="标志超出证书的期限或范围", en="the mark goes beyond the certificate's dates or scope"),
        ),
        answer=Words(
            zh="请录入证书及其有效期、范围；如不再使用该标志，请更正批次登记。",
            en="Enter the certificate with dates and scope, or put the batch record right if the mark is not used.",
        ),
    ),
    "release_missing": KindTexts(
        label=Words(zh="出厂前没有放行记录", en="shipped without a release on record"),
        causes=(
            Words(zh="放行记录在纸上，还没有录入", en="the release is on paper and not entered yet"),
            Words(zh="放行或发货时间填错", en="the time of release or shipment was typed wrongly"),
            Words(zh="批次选错", en="the wrong batch was picked"),
            Words(zh="放行前已发货", en="it was shipped before it was released"),
        ),
        answer=Words(
            zh="请补录放行记录及其依据；如发货批次选错，请更正。",
            en="Enter the release and what it rests on, or put the shipment right if the batch was wrong.",
        ),
    ),
    "commitment_missing": KindTexts(
        label=Words(
            zh="分装或混装后没有新的承诺达标合格证",
            en="repacked or mixed without a new commitment certificate",
        ),
        causes=(
            Words(zh="合格证已开，还没有录入", en="it was issued and has not been entered yet"),
            Words(
                zh="工序名称选错，实际没有分装或混装",
                en="the process was named wrongly; nothing was repacked",
            ),
            Words(zh="没有重新开具", en="no new one was issued"),
        ),
        answer=Words(
            zh="请补录新开具的合格证；如工序选错，请更正。",
            en="Enter the new certificate, or put the name of the process right.",
        ),
    ),
    "banned_substance": KindTexts(
        label=Words(zh="记录中出现禁用、限用物质", en="a banned or limited substance in the records"),
        causes=(
            TYPING,
            Words(zh="名称相近，选错了投入品", en="a product of a similar name was picked"),
            Words(zh="初步结果，尚待复检", en="a preliminary result that a laboratory has to confirm"),
            Words(
                zh="由前茬、飘移或原料带入", en="carried in by an earlier crop, by drift or by a raw material"
            ),
            Words(
                zh="货物由供货者带来，本方只是经手",
                en="it came with the goods from the supplier; this party only handled them",
            ),
            Words(zh="生产中使用了该物质", en="the substance was used where the goods were made"),
        ),
        answer=Words(
            zh="请先停止销售，写明货物来源；自己使用过投入品的，核对标签；可在规定时间内申请复检，并附说明。",
            en="Stop selling and say where the goods came from; compare the label of whatever you used yourself. A retest may be asked for in time, and an explanation added.",
        ),
    ),
    "sold_after_failed_test": KindTexts(
        label=Words(zh="检验不合格通知之后仍有销售记录", en="sold or shipped after notice of a failed test"),
        causes=(
            Words(
                zh="通知还没有收到，或日期填错", en="the notice had not arrived, or a date was typed wrongly"
            ),
            Words(zh="复检合格，结果还没有录入", en="a retest passed and has not been entered yet"),
            Words(
                zh="实为退回或送往销毁，类型选错",
                en="it went back or to destruction and was entered as a sale",
            ),
            Words(zh="通知之后仍在销售", en="sales went on after the notice"),
        ),
        answer=Words(
            zh="请停止销售并说明货物去向；如有复检结果，请附报告。",
            en="Stop selling and say where the goods went; add the report of a retest if there is one.",
        ),
    ),
    "sold_after_expiry": KindTexts(
        label=Words(zh="超过保质期（有效期）仍有销售记录", en="sold or shipped after the last day"),
        causes=(
            Words(zh="批次的保质期填错", en="the last day of the batch was typed wrongly"),
            Words(
                zh="销售日期填错，或补记时没有写明",
                en="the day of the sale was typed wrongly, or left out when it was written up",
            ),
            Words(
                zh="实为退回或送往销毁，类型选错",
                en="the goods went back or to destruction and were entered as a sale",
            ),
            Words(zh="过期货物仍在销售", en="goods past their day went on being sold"),
        ),
        answer=Words(
            zh="请先停止销售，核对包装上的日期；填错的请更正，过期的请下架并记录销毁或退货。",
            en="Stop selling and compare the day on the pack. Put a wrong entry right; take goods past their day off the shelf and record that they were destroyed or went back.",
        ),
    ),
    "traded_before_made": KindTexts(
        label=Words(zh="生产日期晚于交易日期", en="traded before the day they were made"),
        causes=(
            Words(zh="生产、采收或屠宰日期填错", en="the day on which they were made was typed wrongly"),
            Words(zh="进货或销售日期填错", en="the day of the delivery or sale was typed wrongly"),
            Words(zh="选错了批次", en="another batch was chosen by mistake"),
            Words(zh="提前打印的生产日期", en="a production date printed ahead"),
        ),
        answer=Words(
            zh="请核对包装和凭证上的日期，由填错的一方更正。",
            en="Compare the days on the pack and on the paper; whoever slipped puts the record right.",
        ),
    ),
}
