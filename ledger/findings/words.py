"""What findings are called, what usually causes them, and how a party may answer: one place for all texts that carry no figures.

Each list of causes begins with the technical and innocent ones: of the alerts that deployed systems raise, nearly all come from scanners,
late uploads and typing. The facts themselves, with their figures, are worded where they are found. No text here accuses anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.texts import CORRECT as _CORRECT
from ledger.findings.texts import NOT_YET as _NOT_YET
from ledger.findings.texts import TYPING as _TYPING
from ledger.findings.texts import KindTexts
from ledger.findings.words_papers import PAPERS

if TYPE_CHECKING:
    from ledger.vocabulary.profiles import FindingKind


def label_of(kind: FindingKind) -> Words:
    """The name of a kind of finding on pages and in reports."""
    return TEXTS[kind].label


_SCANNER = Words(
    zh="同一件重复扫码，或扫了旁边的一件", en="one pack scanned twice, or its neighbour scanned instead"
)
_UNITS = Words(zh="计量单位或换算不一致（公斤、箱、件）", en="units mixed up (kilograms, cases, pieces)")

TEXTS: Final[dict[FindingKind, KindTexts]] = PAPERS | {
    "licence_expired_on_day": KindTexts(
        label=Words(zh="当日许可证不在有效期", en="licence not in force on the day"),
        causes=(
            Words(zh="已换证，新证还没有录入", en="the renewed licence has not been entered yet"),
            Words(
                zh="已按时申请延续，申请记录还没有录入",
                en="a renewal was filed in time and has not been entered yet",
            ),
            Words(zh="有效期录错", en="the dates were typed wrongly"),
            Words(zh="许可证到期后仍有经营记录", en="trade went on after the licence had ended"),
        ),
        answer=Words(
            zh="请录入新证或延续申请受理单；复核后本提示自动更新。",
            en="Enter the new licence or the receipt for the renewal; the finding is judged again at once.",
        ),
    ),
    "licence_never_held": KindTexts(
        label=Words(zh="没有登记所需许可证", en="required licence not recorded"),
        causes=(
            Words(zh="许可证还没有录入本台账", en="the licence has not been entered here yet"),
            Words(zh="证件类型选错", en="it was entered under another kind"),
            Words(zh="商品类别选错", en="the goods were put into the wrong category"),
            Words(zh="未取得许可证", en="no licence was obtained"),
        ),
        answer=Words(
            zh="请录入许可证；如按规定无需许可，请说明依据。",
            en="Enter the licence, or say by which rule none is needed.",
        ),
    ),
    "buyer_licence_not_valid": KindTexts(
        label=Words(zh="购货单位许可证当日无有效记录", en="buyer's licence not in force by the records"),
        causes=(
            Words(zh="购货单位的新证还没有录入", en="the buyer's new licence has not been entered yet"),
            Words(zh="有效期录错", en="the dates were typed wrongly"),
            Words(
                zh="销售前没有核实购货单位资质", en="the buyer's papers were not looked at before the sale"
            ),
        ),
        answer=Words(zh="请补充购货单位的资质材料。", en="Add the buyer's papers."),
    ),
    "credit_code_fails": KindTexts(
        label=Words(zh="统一社会信用代码校验不通过", en="credit code fails its check"),
        causes=(
            _TYPING,
            Words(zh="照片识别有误", en="the photo was misread"),
            Words(zh="提供的代码本身不成立", en="the code as given cannot exist"),
        ),
        answer=Words(
            zh="请对照营业执照重新录入；个人农户没有代码，可以不填。",
            en="Copy it again from the business licence; a farmer has no code and may leave it out.",
        ),
    ),
    "backdated_check": KindTexts(
        label=Words(zh="进货查验补记", en="supplier check recorded late"),
        causes=(
            Words(zh="当时手写，事后补录", en="written on paper first and entered later"),
            Words(zh="断网，恢复后才上传", en="no network; uploaded when it came back"),
            Words(zh="进货日期填错", en="the date was typed wrongly"),
            Words(zh="事后补做", en="made up afterwards"),
        ),
        answer=Words(
            zh="补记时间不能改，只能说明：请写明原因，并附当日单据。",
            en="The time of recording cannot be changed, only explained: give the reason and the paper of that day.",
        ),
    ),
    "missing_check": KindTexts(
        label=Words(zh="没有进货查验记录", en="no supplier check recorded"),
        causes=(
            Words(zh="查验在纸上，还没有录入", en="the check is on paper and not entered yet"),
            Words(zh="由总部统一查验", en="headquarters checks for all its shops"),
            Words(zh="没有查验", en="nobody checked"),
        ),
        answer=Words(zh="请补录查验记录并注明补记原因。", en="Enter the check and say why it is late."),
    ),
    "voucher_reused": KindTexts(
        label=Words(
            zh="同一凭证号出现在不同买卖双方或金额",
            en="one voucher number with other parties or another amount",
        ),
        causes=(
            _TYPING,
            Words(zh="选错了供货者或购货者", en="the wrong supplier or buyer was picked"),
            Words(zh="由关联公司开票", en="a company of the same group issued it"),
            Words(zh="凭证被重复使用", en="the voucher was used more than once"),
        ),
        answer=Words(
            zh="请核对票面号码和买卖双方，上传原件照片。",
            en="Compare number and parties with the paper and add its photo.",
        ),
    ),
    "voucher_edited": KindTexts(
        label=Words(
            zh="票面信息与二维码不一致（误读或被改动）",
            en="voucher and its QR code differ (misread or edited)",
        ),
        causes=(
            Words(zh="扫码或识别有误", en="the scan or the reading went wrong"),
            _TYPING,
            Words(zh="票面信息被改动", en="the text was changed"),
        ),
        answer=Words(
            zh="请重新扫描票面二维码；也可到国家税务总局查验平台查验后附结果。",
            en="Scan the QR code again, or check it at the tax office's own site and add the result.",
        ),
    ),
    "voucher_overused": KindTexts(
        label=Words(zh="凭证覆盖的数量超过票面", en="more goods rest on the voucher than it lists"),
        causes=(
            _UNITS,
            Words(zh="票面明细没有录全", en="not all lines of the voucher were entered"),
            Words(zh="同一批货重复登记", en="one delivery was entered twice"),
            Words(zh="凭证被超量使用", en="the voucher was used for more than it covers"),
        ),
        answer=_CORRECT,
    ),
    "oversold": KindTexts(
        label=Words(zh="支出多于收入", en="more went out than came in"),
        causes=(
            Words(zh="期初库存没有录入", en="the opening stock was not entered"),
            _NOT_YET,
            _UNITS,
            _TYPING,
            Words(zh="有货物没有入账", en="some goods came in without a record"),
        ),
        answer=Words(
            zh="请补录期初库存、进货或退货；如录错数量，请更正。",
            en="Enter the opening stock, purchases or returns that are missing, or put a wrong quantity right.",
        ),
    ),
    "yield_out_of_range": KindTexts(
        label=Words(zh="投入产出比超出常见范围", en="yield outside the usual range"),
        causes=(
            Words(
                zh="有投入或产出没有记（如水、辅料、副产品）",
                en="an input or output was not recorded (water, additions, by-products)",
            ),
            _UNITS,
            Words(zh="工艺特殊", en="an unusual process"),
            _TYPING,
        ),
        answer=_CORRECT,
    ),
    "sender_receiver_differ": KindTexts(
        label=Words(zh="收发数量不一致", en="sender and receiver recorded different quantities"),
        causes=(
            Words(zh="途中失水、损耗", en="water or other loss on the way"),
            Words(zh="双方称重误差", en="two scales"),
            Words(zh="分几次到货，后面的还没有确认", en="part of it arrives later and is not confirmed yet"),
            _TYPING,
        ),
        answer=Words(
            zh="请与对方核对磅单，由录错的一方更正。",
            en="Compare the weighing slips; whoever slipped puts the record right.",
        ),
    ),
    "shipped_under_order": KindTexts(
        label=Words(zh="控制或召回期间货物仍在流转", en="moved on, or used, while a hold or recall stood"),
        causes=(
            Words(zh="通知还没有看到", en="the notice had not been seen yet"),
            Words(zh="发生时间填错", en="the time was typed wrongly"),
            Words(
                zh="按要求运往销毁或检验，类型选错",
                en="it was on its way to destruction or testing and entered as a sale",
            ),
            Words(zh="仍在销售、加工或使用", en="sales, processing or use went on"),
        ),
        answer=Words(
            zh="请立即停止销售、加工和使用；说明货物去向，如为退货或销毁请更正类型。",
            en="Stop selling, processing and using them at once; say where the goods went, and put the type right if it was a return or destruction.",
        ),
    ),
    "safety_interval_short": KindTexts(
        label=Words(zh="用药到采收不足安全间隔期", en="harvested within the safety interval"),
        causes=(
            Words(zh="采收日期或用药日期填错", en="the day of use or of harvest was typed wrongly"),
            Words(zh="用药地块与采收地块不是同一块", en="sprayed and harvested parts of the plot differ"),
            Words(zh="间隔期天数填错", en="the days of the interval were typed wrongly"),
            Words(zh="提前采收", en="harvested too early"),
        ),
        answer=Words(
            zh="请核对用药记录和采收日期；如属实，请停止销售并送检。",
            en="Compare the records of use and harvest; if they are right, stop selling and have the goods tested.",
        ),
    ),
    "two_declarers": KindTexts(
        label=Words(zh="同一产品批号有两种登记", en="one product and lot declared in two ways"),
        causes=(
            Words(zh="委托生产，双方各登记一次", en="made under contract and declared by both sides"),
            Words(zh="购货者代登记时填错", en="a buyer slipped when declaring for the supplier"),
            Words(zh="不同厂家用了同一批号", en="two makers used one number"),
        ),
        answer=Words(
            zh="请核对包装上的生产者、批号和日期。", en="Compare maker, lot and dates with the pack."
        ),
    ),
    "code_sold_twice": KindTexts(
        label=Words(zh="同一件的码有两家售出记录", en="one pack's code sold by two sellers"),
        causes=(
            _SCANNER,
            Words(
                zh="前一家退货后没有冲销售出记录", en="the first sale was undone and its record not put right"
            ),
            Words(zh="回流或码被复制", en="the pack came back into trade, or its code was copied"),
        ),
        answer=Words(
            zh="请重新扫码核对实物；说明该件的进货来源并附单据。",
            en="Scan the pack again and compare; say where this pack came from and add the paper.",
        ),
    ),
    "custody_conflict": KindTexts(
        label=Words(
            zh="码在一方手中或已售出，又由流转记录之外的一方售出",
            en="a code that is held or sold, moved by a party outside its recorded path",
        ),
        causes=(
            _SCANNER,
            Words(zh="中间环节没有上传", en="a hand-over in between was not uploaded"),
            Words(zh="前一次售出录错了码", en="the earlier sale was entered with the wrong code"),
            Words(zh="码可能被复制", en="the code may have been copied"),
        ),
        answer=Words(
            zh="请重新扫码核对实物；说明该件的进货来源并附单据。",
            en="Scan the pack again and compare; say where this pack came from and add the paper.",
        ),
    ),
    "clone_suspected": KindTexts(
        label=Words(zh="疑似同一码用于多件", en="one code seems to be on several packs"),
        causes=(
            Words(zh="整箱只扫了一件，重复计数", en="one pack of a case was scanned again and again"),
            _SCANNER,
            Words(
                zh="码的照片被转发，多人扫了照片", en="a photo of the code was sent around, and read by many"
            ),
            Words(zh="标签印刷重复", en="a label was printed twice"),
            Words(zh="码可能被复制", en="the code may have been copied"),
        ),
        answer=Words(
            zh="请逐件扫码并拍照；在核实前先不要销售这些货物。",
            en="Scan each pack and take photos; do not sell these goods until it is clear.",
        ),
    ),
    "code_reused_packaging": KindTexts(
        label=Words(
            zh="已售出、使用、销毁或作废的码再次出现",
            en="a code seen again after it was sold, used, destroyed or voided",
        ),
        causes=(
            _SCANNER,
            Words(
                zh="顾客退货后再次销售，原记录没有更正",
                en="a customer brought it back and the first sale was not put right",
            ),
            Words(zh="同一笔销售录了两次", en="one sale was entered twice"),
            Words(zh="包装被再次使用", en="the packaging was used again"),
        ),
        answer=Words(
            zh="如为重复录入或退货，请更正前一条记录。",
            en="If it was entered twice or brought back, put the earlier record right.",
        ),
    ),
    "code_unknown": KindTexts(
        label=Words(zh="码不在该批已赋的码中", en="code not among those issued for its batch"),
        causes=(
            Words(
                zh="生产者还有一部分码没有上传",
                en="the maker has not uploaded all its codes yet",
            ),
            Words(
                zh="扫码不完整，或手工录入有误", en="the scan was incomplete, or a digit was typed wrongly"
            ),
            Words(zh="批号选错", en="the wrong batch was picked"),
            Words(zh="标签不是生产者所赋", en="the label is not the maker's"),
        ),
        answer=Words(
            zh="请重新扫码核对实物；如码无误，可请生产者补传。",
            en="Scan the pack again; if the code is right, ask the maker to upload it.",
        ),
    ),
    "code_goods_differ": KindTexts(
        label=Words(zh="同一码的登记不一致", en="one code declared in two ways"),
        causes=(
            Words(zh="批号选错", en="the wrong batch was picked"),
            Words(zh="同一批货有两个标识", en="one batch goes by two names"),
            Words(zh="同一号段上传了两次", en="one range of codes was uploaded twice"),
        ),
        answer=_CORRECT,
    ),
    "unit_mismatch": KindTexts(
        label=Words(zh="进出计量单位不同，无法结算", en="counted in units that do not add up"),
        causes=(
            Words(zh="没有登记每箱（盒、袋）所含数量", en="what a case, box or bag holds was not declared"),
            Words(zh="整件进、散装出，属正常经营", en="bought in cases and sold loose, as is usual"),
            Words(zh="单位选错", en="the wrong unit was picked"),
        ),
        answer=Words(
            zh="请在产品或批次登记中填写包装换算（如 1 箱 = 10 公斤）；登记后自动重新结算。",
            en="Declare with the product or batch what one pack holds (1 case = 10 kg); the account is drawn up again at once.",
        ),
    ),
    "recall_answer_differs": KindTexts(
        label=Words(zh="召回反馈与收入数量不符", en="recall answer and stock do not add up"),
        causes=(
            Words(zh="反馈还没有报完", en="the account is not complete yet"),
            Words(zh="售出或损耗没有记账", en="sales or losses were not written down"),
            _UNITS,
            _TYPING,
            Words(zh="有货物去向不明", en="nobody knows where some of the goods went"),
        ),
        answer=Words(
            zh="请补报其余数量的去向（追回、售出、销毁、损耗），或更正原反馈；多次反馈合并计算。",
            en="Say where the rest went (recovered, sold, destroyed, lost) or put the answer right; several answers are added up.",
        ),
    ),
    "seizure_unaccounted": KindTexts(
        label=Words(zh="扣押物品的去向超过扣押数量", en="more returned and destroyed than was seized"),
        causes=(
            Words(zh="同一次销毁或退还登记了两次", en="one destruction or return was entered twice"),
            Words(zh="另有一次扣押还没有登记", en="another seizure has not been entered yet"),
            _UNITS,
            _TYPING,
            Words(zh="扣押物品管理有差错", en="seized goods were mixed up"),
        ),
        answer=Words(
            zh="请核对扣押清单、退还清单和销毁记录，由登记机关更正。",
            en="Compare the lists of seizure, return and destruction; the office that wrote them puts them right.",
        ),
    ),
    "impossible_travel": KindTexts(
        label=Words(
            zh="同一码短时间内出现在相距很远的两地", en="one code in two places too far apart for the time"
        ),
        causes=(
            Words(zh="发生时间填错，或设备时钟不准", en="the time was typed wrongly, or a clock is wrong"),
            Words(zh="销售地填的是收货人所在地", en="the region given is where a parcel was sent to"),
            _SCANNER,
            Words(zh="有人扫的是照片而不是实物", en="somebody read a photo and not the pack"),
            Words(zh="码可能被复制", en="the code may have been copied"),
        ),
        answer=Words(
            zh="请核对两条记录的时间和地点；如录错，请更正；否则请重新扫码核对实物。",
            en="Compare time and place of both records and put right what is wrong; otherwise scan the pack again.",
        ),
    ),
    "aggregation_broken": KindTexts(
        label=Words(zh="单件离开了未拆的外包装", en="a pack left a larger one that was not opened"),
        causes=(
            Words(zh="已经拆箱，还没有登记", en="the larger pack was opened and nobody entered it"),
            Words(zh="装箱时多扫或漏扫了一件", en="one pack too many or too few was scanned when packing"),
            _SCANNER,
            Words(zh="单件的来源与记录不符", en="the pack did not come the way the records tell"),
        ),
        answer=Words(
            zh="请补录拆箱，注明实际时间；说明该件的进货来源并附单据。",
            en="Enter the opening with its true time; say where this pack came from and add the paper.",
        ),
    ),
    "shared_contact": KindTexts(
        label=Words(zh="几个申报的供货者共用联系方式", en="several declared suppliers share a contact"),
        causes=(
            Words(zh="同一家庭、同村或同一代办人", en="one family, one village, or one agent for several"),
            Words(zh="同一市场的地址", en="the address of a market"),
            _TYPING,
        ),
        answer=Words(
            zh="供执法人员核实的线索，当事人无须处理。",
            en="A lead for officials to look into; the parties need do nothing.",
        ),
    ),
    "signature_disputed": KindTexts(
        label=Words(zh="签名待重新确认（密钥已报失窃）", en="signature to be affirmed (key reported stolen)"),
        causes=(
            Words(
                zh="本方自己签的，报失后还没有重新确认",
                en="the party signed it itself and has not affirmed it since the key was reported",
            ),
            Words(
                zh="手机或电脑丢失，失窃时间按最早可能填写",
                en="a phone or computer was lost, and the earliest possible time was reported",
            ),
            Words(zh="报失时选错了密钥或时间", en="the wrong key or time was reported"),
            Words(zh="他人用该密钥签了这条记录", en="somebody else signed it with that key"),
        ),
        answer=Words(
            zh="是本方的记录：用新密钥提交重新确认；不是：提交更正（撤销）。记录和存证位置都不变。",
            en="If it is yours, affirm it with a new key; if it is not, withdraw it by a correction. The record stays where it is.",
        ),
    ),
}
