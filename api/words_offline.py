"""Texts about codes that are checked without a network, and about links that open on one machine only. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
OFFLINE: Final[dict[str, tuple[str, str]]] = {
    # Links of this machine (`api.printable`)
    "only_here": ("码里的网址是 {host}：只有这台机器打得开，手机扫了打不开。正式使用前请设好 SUYUAN_BASE_URL。", "The codes lead to {host}: they open on this machine only, no phone can follow them. Set SUYUAN_BASE_URL before real use."),
    "only_here_no_code": ("没有印码：网址 {host} 只有这台机器打得开。", "No code is printed: {host} opens on this machine only."),
    "only_here_anyway": ("仍要印码", "Print the code all the same"),

    # What the scan page says of a signature, without a network (`scanner/web/src/verdict.ts`)
    "off_title": ("签名核对（不联网）", "Signature, checked without a network"),
    "off_signed": ("签名有效：码由 {who} 签发，内容为 {goods}。", "The signature is good: {who} issued this code, for {goods}."),
    "off_wrong": ("签名不符：这个码的内容与签名对不上，可能被改过或读错。", "The signature does not fit what the code says: it was changed, or misread."),
    "off_malformed": ("签名读不懂：{text}", "The signature cannot be read: {text}"),
    "off_unknown": ("密钥包里没有签这个码的密钥：可能是别的日志的码、密钥包太旧，或是编造的。", "The bundle holds no key that signed this: a code of another log, a newer key than the bundle knows, or an invention."),
    "off_no_bundle": ("手机里还没有密钥包，签名没有核对。联网打开本页一次即可。", "There is no bundle of keys on this phone yet, so the signature was not checked. Open this page once with a network."),
    "off_bundle_wrong": ("密钥包没有通过日志公钥的验签，签名没有核对。", "The bundle of keys is not signed by the log's key, so the signature was not checked."),
    "off_cannot": ("这个浏览器核对不了签名。", "This browser cannot check signatures."),
    "off_unsigned": ("这个码不带签名，不联网时无从核对。", "This code carries no signature: without a network nothing can be checked."),
    "off_key_valid": ("密钥有效（{since} 起）。", "The key is valid (since {since})."),
    "off_key_ended": ("密钥已于 {day} 停用：此前印的码仍带它的签名，而码上看不出签发时间。", "The key was retired on {day}: codes printed before still carry its signature, and a code does not say when it was signed."),
    "off_key_lost": ("密钥已于 {day} 报失注销：此前印的码仍带它的签名，而码上看不出签发时间。", "The key was reported lost and revoked on {day}: codes printed before still carry its signature, and a code does not say when it was signed."),
    "off_key_stolen": ("密钥已报失窃（{day} 起）：此后的码可能是他人所签，而码上看不出签发时间。", "The key was reported stolen (since {day}): codes signed since may be somebody else's, and a code does not say when it was signed."),
    "off_custodial": ("密钥由本服务代管。", "The key is kept by this service for its party."),
    "off_own": ("密钥由该主体自己保管。", "The party holds the key itself."),
    "off_as_of": ("密钥包截至 {moment}（日志第 {size} 条）。", "Keys as of {moment} (log size {size})."),
    "off_stale": ("密钥包已过期，此后新增、注销的密钥这里不知道；请联网打开本页更新。", "The bundle is out of date: keys added or revoked since are not known here. Open this page with a network to renew it."),
    "off_host_ours": ("网址 {host} 是本站；网址不在签名范围内，是另外比对的。", "The address {host} is this site's. It is not covered by the signature and was compared separately."),
    "off_host_other": ("网址 {host} 不是本站。网址不在签名范围内：别人可以把同一签名放到自己的网址后面，请不要据此打开。", "The address {host} is not this site's. It is not covered by the signature: anybody can put the same signature behind an address of his own, so do not open it on that account."),
    "off_copy": ("复制的码同样能通过核对：签名不说明这一件是否原件。", "A copy of the code verifies too: the signature does not tell this pack from a copy of its label."),
    "off_not_checked": ("没有核对的：是否被召回、控制，是否已售出或作废；码何时签发；所写内容是否属实。联网后请再查。", "Not checked: whether the goods were recalled, held or sold, or the code voided; when it was signed; whether it is true. Look it up once there is a network."),
    "off_offline": ("现在没有网络。", "There is no network now."),
    "off_open": ("联网查询", "Look it up"),
}
# fmt: on
