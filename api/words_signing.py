"""Texts of signing for oneself: what is going to be signed, keys on one's own device, the log's own key. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
SIGNING: Final[dict[str, tuple[str, str]]] = {
    # What is signed, line by line
    "sign_type": ("记录类型", "Record"),
    "sign_issuer": ("签名主体", "Signed for"),
    "sign_occurred": ("发生时间", "Happened"),
    "sign_on_behalf_of": ("代谁录入", "Entered for"),
    "sign_corrects": ("更正哪一条", "Puts right"),
    "sign_log": ("写入日志", "For the log"),
    # The page
    "sign_title": ("核对并签名", "Read and sign"),
    "sign_lede": ("下面是将要签名的全部内容。签名后由您负责，入账后不能删改，只能更正。", "This is all that will be signed. Once signed it is your word; once recorded it cannot be altered, only put right."),
    "sign_go": ("用通行密钥签名并提交", "Sign with your passkey and send"),
    "sign_misled": (
        "本页由运营方提供。签名设备只显示网址，不显示内容：如果服务器被人控制，页面上写的可以与您签的不同。重要记录请在自己的电脑上用 suyuan sign 签名。",
        "This page comes from the operator. Your device shows the site and not the content: a server in wrong hands could show one thing and have you sign another. Sign what matters on a computer of your own, with suyuan sign.",
    ),
    "sign_no_script": ("签名要用浏览器的脚本。没有脚本时，可下载草稿，在自己的电脑上用 suyuan sign 签名、suyuan submit 提交。", "Signing here needs script. Without it, keep the draft and use suyuan sign and suyuan submit on a computer of your own."),
    "sign_draft": ("草稿（供 suyuan sign 使用）", "The draft (for suyuan sign)"),
    "sign_no_passkey": ("本方没有在浏览器中登记过签名用的通行密钥；请用 suyuan sign 签名草稿，再用 suyuan submit 提交。", "No passkey for signing is enrolled for this party. Sign the draft with suyuan sign and send it with suyuan submit."),
    "sign_digest": ("待签摘要（SHA-256）", "Digest to be signed (SHA-256)"),
    "sign_of": ("第 {number} 条，共 {count} 条", "Record {number} of {count}"),
    "sign_working": ("正在等您的设备签名……", "Waiting for your device …"),
    "sign_done": ("已签名并入账：", "Signed and recorded:"),
    "sign_failed": ("没有入账：", "Nothing was recorded:"),
    "sign_to_entry": ("查看日志条目", "See the log entry"),
    # Enrolling a passkey for signing
    "enrol_title": ("登记签名用的通行密钥", "Enrol a passkey for signing"),
    "enrol_lede": ("私钥留在您的设备里，运营方拿不到。以后每条记录都由您在这台设备上确认。", "The private key stays in your device; the operator never has it. From then on you confirm each record on this device."),
    "enrol_invite": ("邀请码", "Invite"),
    "enrol_invite_hint": ("登记机构给您的，15 分钟内有效，只能用一次", "From the registrar; good once, for 15 minutes"),
    "enrol_start": ("第一步：在本机生成密钥", "First: make the key on this device"),
    "enrol_confirm": ("第二步：核对并签名登记", "Then: read the enrolment and sign it"),
    "enrol_done": ("密钥已写入日志，可以用来签名了。", "The key is in the log and can sign."),
    "enrol_no_script": ("这里要用浏览器的脚本。也可以在自己的电脑上用 suyuan key new 和 suyuan key enrol。", "This needs script. Or use suyuan key new and suyuan key enrol on a computer of your own."),
    "enrol_other": ("它与登录用的通行密钥是两把不同的密钥。", "It is another key than the passkey you sign in with."),
    # Values of key statements
    "figure_stolen_since": ("失窃时间", "stolen since"),
    "action_rotate": ("更换密钥", "replace a key"),
    "action_compromised": ("报告密钥失窃", "report a key stolen"),
    "kind_of_key_ed25519": ("Ed25519 密钥", "Ed25519 key"),
    "kind_of_key_es256": ("P-256 密钥", "P-256 key"),
}
# fmt: on
