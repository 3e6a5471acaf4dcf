"""Texts of the scan page. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
SCAN: Final[dict[str, tuple[str, str]]] = {
    "scan_title": ("扫码", "Scan codes"),
    "scan_lede": ("对准包装、票据或摊位上的码，直接看来源。", "Point the camera at a code on a pack, a slip or a stall to see where the goods came from."),
    "scan_start": ("打开摄像头", "Start the camera"),
    "scan_stop": ("停止", "Stop"),
    "scan_view": ("摄像头画面", "Picture of the camera"),
    "scan_torch": ("补光", "Light"),
    "scan_zoom": ("放大", "Zoom"),
    "scan_camera": ("摄像头", "Camera"),
    "scan_keep": ("连续扫码，先列出来", "Keep scanning and make a list"),
    "scan_beep": ("扫到时响一声", "Beep for each code"),
    "scan_found": ("扫到的码", "Codes read"),
    "scan_look_at": ("查看勾选的码", "Look up those ticked"),
    "scan_clear": ("清空", "Clear the list"),
    "scan_wants_script": ("摄像头扫码需要浏览器启用脚本。请拍照或输入。", "Scanning with the camera needs script in the browser. Take a photo or type the code."),
    "scan_not_built": ("本服务器没有装扫码程序，请拍照或输入。", "This server has no scanning program. Take a photo or type the code."),
    "scan_in_app": ("在微信、支付宝等应用里摄像头可能打不开：点右上角“…”，选“在浏览器打开”。", "Inside an app the camera may not open: tap “…” at the top right and choose “Open in browser”."),
    "scan_otherwise": ("不用摄像头", "Without the camera"),
    "scan_photo": ("拍一张码的照片", "Take a photo of the code"),
    "scan_photo_hint": ("JPEG、PNG 或 WebP，不超过 10 MB。一张照片里可以有多个码。照片识别后不保存。", "JPEG, PNG or WebP, up to 10 MB. It may show several codes. It is read and not kept."),
    "scan_photo_go": ("识别照片", "Read the photo"),
    "scan_type": ("输入码或网址", "Type the code or address"),
    "scan_type_hint": ("印在码旁边；也可用扫码枪", "Printed beside the code; a hand scanner works too"),
    "scan_type_go": ("查询", "Look up"),
    "scan_lines": ("{count} 个码", "{count} codes"),
    "scan_line_unknown": ("本台账没有记录", "Not recorded on this ledger"),
    "scan_line_recalled": ("召回", "Recalled"),
    "scan_again": ("继续扫码", "Scan more"),

    # What the script says.
    "scan_asking": ("请允许使用摄像头。", "Please allow the camera."),
    "scan_looking": ("正在找码，把码放进方框，离远一点再慢慢靠近。", "Looking for a code. Hold it inside the frame; begin further away and come nearer."),
    "scan_stopped": ("已停止，摄像头已关闭。", "Stopped; the camera is off."),
    "scan_found_one": ("第 {count} 个：{text}", "Code {count}: {text}"),
    "scan_opening": ("正在打开：{text}", "Opening {text}"),
    "scan_full": ("一次最多 {most} 个，请先查看再继续。", "At most {most} at a time: look these up first."),
    "scan_dark": ("画面全黑。镜头是否被挡住，或被别的程序占用？也可以拍照或输入。", "The picture is black. Is the lens covered, or another program using it? You can also take a photo or type the code."),
    "scan_frozen": ("摄像头没有画面。请关掉其他用摄像头的程序，再打开一次；也可以拍照或输入。", "The camera gives no picture. Close other programs that use it and start again, or take a photo or type the code."),
    "scan_denied": ("没有获准使用摄像头。请在浏览器的网站设置里改为允许，再打开一次；也可以拍照或输入。", "The camera was not allowed. Change that in the browser's settings for this site and start again, or take a photo or type the code."),
    "scan_none": ("没有找到摄像头。请拍照或输入。", "No camera was found. Take a photo or type the code."),
    "scan_busy": ("摄像头正被别的程序占用。请关掉它再打开一次；也可以拍照或输入。", "Another program is using the camera. Close it and start again, or take a photo or type the code."),
    "scan_unsupported": ("这个浏览器里不能用摄像头。请换用手机自带的浏览器，或拍照、输入。", "The camera cannot be used in this browser. Open the page in the phone's own browser, or take a photo or type the code."),
    "scan_engine": ("扫码程序没有启动。请重新打开本页；也可以拍照或输入。", "The scanning program did not start. Load the page again, or take a photo or type the code."),
    "scan_no_torch": ("补光灯打不开。", "The light cannot be switched on."),
    "scan_camera_number": ("摄像头 {number}", "Camera {number}"),
    "scan_look_up": ("查看", "Look up"),
}
# fmt: on
