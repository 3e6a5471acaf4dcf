"""The scan page in a real browser: a code in front of the camera leads to its source; whatever is in the way is said, and a photo and typing remain."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from api.deps import DEMO_COOKIE
from tests.browser.conftest import FLAGS, Watch
from tests.support import cameras

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Desks, Site

pytestmark = pytest.mark.scan_page

#: A page is slow on a machine with other work; nothing here waits longer than it has to.
PATIENCE_MS: Final = 20_000
START = "[data-part=start]"
TROUBLE = "[data-part=trouble]"
LINES = "[data-part=list] li"
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LEEK_PATH = "/01/09520001000027/10/JC-1"
REAR = {"kind": "videoinput", "deviceId": "rear", "label": "后置（演示）"}
NEAR = {"kind": "videoinput", "deviceId": "near", "label": "微距（演示）"}


@dataclass(slots=True)
class Scan:
    """The scan page in front of somebody, with a camera that a test holds."""

    site: Site
    page: Page
    watch: Watch

    @property
    def leek(self) -> str:
        """What the label of the leeks says."""
        return f"{self.site.address}{LEEK_PATH}"

    @property
    def trouble(self) -> str:
        """What the page says is in the way, once it says so."""
        self.page.wait_for_selector(f"{TROUBLE}:not([hidden])", timeout=PATIENCE_MS)
        return self.page.inner_text("[data-part=trouble-text]")

    def open(self, *scripts: str) -> Page:
        """The page, with these put in before its own script."""
        for script in scripts:
            self.page.add_init_script(script)
        self.page.goto(f"{self.site.address}/scan", wait_until="load")
        return self.page

    def start(self) -> None:
        """What a thumb does."""
        self.page.click(START)

    def opened(self, path: str) -> None:
        """The source of the code is in front of the person."""
        self.page.wait_for_url(f"{self.site.address}{path}**", timeout=PATIENCE_MS)
        assert "韭菜" in self.page.inner_text("h1")


@pytest.fixture
def scan(browser: Browser, site: Site) -> Iterator[Scan]:
    with _at(browser, site) as scan:
        yield scan


@contextmanager
def _at(
    browser: Browser,
    site: Site,
    *,
    official: bool = False,
    permissions: tuple[str, ...] = (),
    width: int = 360,
) -> Iterator[Scan]:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale="zh-CN", permissions=[*permissions]
    )
    if official:
        party = str(site.story.authority.party)
        context.add_cookies([{"name": DEMO_COOKIE, "value": party, "url": site.address}])
    watch = Watch(site.address)
    page = context.new_page()
    watch.on(page)
    try:
        yield Scan(site, page, watch)
    finally:
        context.close()


@pytest.fixture(scope="module")
def fake_camera(
    browser: Browser, chromium: Path, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Another Chromium, with its own fake camera in front of a label."""
    label = cameras.one(f"{site.address}{LEEK_PATH}")
    film = cameras.film(tmp_path_factory.mktemp("film") / "label.mjpeg", [label, cameras.scene(), label])
    flags = (*FLAGS, "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    with_camera = browser.browser_type.launch(executable_path=str(chromium), args=[*flags])
    yield with_camera
    with_camera.close()


def test_an_inspector_sees_the_source_of_a_code_with_one_tap(fake_camera: Browser, site: Site) -> None:
    with _at(fake_camera, site, official=True, permissions=("camera",)) as scan:
        # Where the camera was allowed before, it starts by itself: the one tap was the one that led here.
        scan.open()
        scan.opened("/trace")
        assert f"code={quote(scan.leek, safe='')}" in scan.page.url
        scan.watch.check()


def test_a_camera_that_is_not_allowed_leaves_the_photo_and_typing(fake_camera: Browser, site: Site) -> None:
    with _at(fake_camera, site) as scan:
        page = scan.open()
        scan.start()
        assert "没有获准使用摄像头" in scan.trouble
        page.click(f"{TROUBLE} a[href='#code']")
        page.fill("#code", scan.leek)
        page.keyboard.press("Enter")
        scan.opened("/p")
        scan.watch.check()


def test_a_machine_without_a_camera_says_so(scan: Scan) -> None:
    page = scan.open()
    scan.start()
    assert "没有找到摄像头" in scan.trouble
    expect(page.locator(START)).to_be_visible()
    expect(page.locator("#photo")).to_be_visible()
    scan.watch.check()


@pytest.mark.parametrize(
    ("error", "why"),
    [("NotReadableError", "占用"), ("AbortError", "占用"), ("SecurityError", "换用手机自带的浏览器")],
)
def test_a_camera_that_cannot_be_had_is_told_by_its_reason(scan: Scan, error: str, why: str) -> None:
    scan.open(cameras.stream(None, fails=error))
    scan.start()
    assert why in scan.trouble
    scan.watch.check()


def test_a_browser_without_cameras_at_all_offers_another_one(scan: Scan) -> None:
    page = scan.open(
        "Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined });"
        "Object.defineProperty(Navigator.prototype, 'userAgent', { value: 'Mozilla/5.0 MicroMessenger/8.0' });"
    )
    expect(page.locator("[data-part=app]")).to_contain_text("在浏览器打开")
    scan.start()
    assert "换用手机自带的浏览器" in scan.trouble


def test_a_black_picture_is_told_and_forgotten_with_the_light(scan: Scan) -> None:
    page = scan.open(cameras.stream(None))
    scan.start()
    assert "画面全黑" in scan.trouble
    page.evaluate("address => camera.show(address)", cameras.address_of(cameras.scene()))
    expect(page.locator(TROUBLE)).to_be_hidden()
    page.evaluate("address => camera.show(address)", cameras.address_of(cameras.one(scan.leek)))
    scan.opened("/p")
    scan.watch.check()


@pytest.mark.parametrize("drawn", [cameras.glaring, cameras.shaded, cameras.slanted])
def test_a_code_is_read_in_bad_light_and_from_the_side(
    scan: Scan, drawn: Callable[[str], Image.Image]
) -> None:
    scan.open(cameras.stream(drawn(scan.leek)))
    scan.start()
    scan.opened("/p")
    scan.watch.check()


def test_twenty_codes_are_listed_once_each_and_looked_up_together(browser: Browser, site: Site) -> None:
    with _at(browser, site, official=True) as scan:
        texts = [f"{scan.leek}/21/{number:04}" for number in range(20)]
        page = scan.open(cameras.stream(cameras.sheet(texts)))
        scan.start()
        page.wait_for_selector(f"{LINES} >> nth=19", timeout=PATIENCE_MS)
        # Seen again and again meanwhile, in the middle and in the whole.
        _frames(page, 6)
        values = page.eval_on_selector_all(f"{LINES} input", "all => all.map(one => one.value)")
        assert sorted(values) == texts
        page.uncheck(f"{LINES} >> nth=0 >> input")
        page.click("[data-part=found] form button >> nth=0")
        page.wait_for_url("**/scan?code=**")
        assert page.locator(".scan-lines li").count() == 19
        assert page.locator(".scan-lines .tag.red").count() == 19
        assert "韭菜" in page.inner_text(".scan-lines li >> nth=0")
        scan.watch.check()


def test_codes_one_after_the_other_make_a_list_for_who_keeps_scanning(scan: Scan) -> None:
    page = scan.open(cameras.stream(cameras.one(f"{scan.leek}/21/0")))
    page.check("[data-part=keep]")
    scan.start()
    for number in (0, 1, 0, 2):
        address = cameras.address_of(cameras.one(f"{scan.leek}/21/{number}"))
        page.evaluate("address => camera.show(address)", address)
        page.wait_for_selector(f"{LINES} input[value$='/21/{number}']", state="attached", timeout=PATIENCE_MS)
    assert page.locator(LINES).count() == 3
    expect(page.locator("[role=status]")).to_contain_text("/21/2")
    page.reload()
    expect(page.locator("[data-part=keep]")).to_be_checked()


#: A detector that a browser might bring: it knows the proofs of `scanner/web/src/proofs.ts` by one module in which they differ.
_DETECTOR: Final = """
  const dark = (canvas, x, y) => canvas.getContext('2d').getImageData(x, y, 1, 1).data[0] < 128;
  const proof = canvas => !dark(canvas, 60, 60) ? [] : [{ rawValue: `SUYUAN-PROOF-${dark(canvas, 44, 108) ? 2 : 1}` }];
  const never = () => new Promise(() => undefined);
  const text = [{ rawValue: TEXT }];
  window.BarcodeDetector = class {
    constructor() { MADE; }
    static async getSupportedFormats() { FORMATS; return ['qr_code', 'data_matrix', 'ean_13', 'code_128']; }
    async detect(canvas) { ALWAYS; if (canvas.width === 232) return proof(canvas); LATER; return text; }
  };
"""
_GOOD: Final = {"MADE": "", "FORMATS": "", "ALWAYS": "", "LATER": ""}


def _detector(text: str, **wrong: str) -> str:
    script = _DETECTOR.replace("TEXT", f"'{text}'")
    for place, code in (_GOOD | wrong).items():
        script = script.replace(place, code)
    return f"(() => {{ {script} }})()"


def test_a_native_detector_that_proves_itself_is_used(scan: Scan) -> None:
    told = f"{scan.leek}/21/told"
    page = scan.open(cameras.stream(cameras.one(scan.leek)), _detector(told))
    page.check("[data-part=keep]")
    scan.start()
    page.wait_for_selector(f"{LINES} input[value='{told}']", state="attached", timeout=PATIENCE_MS)
    assert page.get_attribute("[data-scan]", "data-way") == "native"
    assert page.locator(LINES).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"ALWAYS": "return text"}, id="lies"),
        pytest.param({"ALWAYS": "return []"}, id="is blind"),
        pytest.param({"ALWAYS": "throw new Error('no service')"}, id="throws"),
        pytest.param({"ALWAYS": "return never()"}, id="hangs"),
        pytest.param({"MADE": "throw new TypeError('no such format')"}, id="cannot be made"),
        pytest.param({"FORMATS": "return []"}, id="has no formats"),
        pytest.param({"FORMATS": "return never()"}, id="hangs over its formats"),
        pytest.param({"LATER": "throw new Error('service gone')"}, id="throws later"),
        pytest.param({"LATER": "return never()"}, id="hangs later"),
        pytest.param({"LATER": "return []"}, id="is blind later"),
    ],
)
def test_a_native_detector_that_fails_is_left_behind_in_time(scan: Scan, wrong: dict[str, str]) -> None:
    page = scan.open(
        cameras.stream(cameras.one(scan.leek)), _detector("https://elsewhere.example/told", **wrong)
    )
    page.check("[data-part=keep]")
    scan.start()
    page.wait_for_selector(LINES, timeout=PATIENCE_MS)
    assert page.get_attribute("[data-scan]", "data-way") == "module"
    assert page.input_value(f"{LINES} input") == scan.leek
    scan.watch.check()


def test_a_module_that_does_not_come_is_told_and_the_camera_given_back(scan: Scan) -> None:
    scan.page.route("**/*.wasm", lambda route: route.abort())
    page = scan.open(cameras.stream(cameras.one(scan.leek)))
    scan.start()
    assert "扫码程序没有启动" in scan.trouble
    assert page.evaluate("camera.tracks.map(track => track.readyState)") == ["ended"]


def test_the_camera_is_given_back_when_nobody_looks_and_comes_back_with_him(scan: Scan) -> None:
    page = scan.open(cameras.stream(cameras.scene()))
    scan.start()
    _frames(page, 1)
    look = "state => { Object.defineProperty(document, 'visibilityState', { value: state, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(look, "hidden")
    assert page.evaluate("camera.tracks.map(track => track.readyState)") == ["ended"]
    page.evaluate(look, "visible")
    _frames(page, 1)
    assert page.evaluate("camera.tracks.map(track => track.readyState)") == ["ended", "live"]
    page.click("[data-part=stop]")
    assert page.evaluate("camera.tracks[1].readyState") == "ended"
    expect(page.locator("[role=status]")).to_have_text("已停止，摄像头已关闭。")
    scan.watch.check()


def test_light_and_zoom_are_there_where_the_camera_has_them(scan: Scan) -> None:
    has = {"torch": True, "zoom": {"min": 1, "max": 4, "step": 0.5}}
    page = scan.open(cameras.stream(cameras.scene(), capabilities=has, settings={"zoom": 2}))
    scan.start()
    page.click("[data-part=torch]")
    expect(page.locator("[data-part=torch]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-part=zoom-range]")).to_have_value("2")
    page.focus("[data-part=zoom-range]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => camera.applied.length === 2")
    assert page.evaluate("camera.applied") == [{"torch": True}, {"zoom": 2.5}]


def test_the_camera_that_was_chosen_is_opened_the_next_time(scan: Scan) -> None:
    setup = cameras.stream(cameras.scene(), devices=[REAR, NEAR])
    page = scan.open(setup)
    scan.start()
    expect(page.locator("[data-part=torch]")).to_be_hidden()
    expect(page.locator("[data-part=zoom]")).to_be_hidden()
    page.select_option("[data-part=camera-select]", "near")
    page.reload()
    scan.start()
    expect(page.locator("[data-part=camera-select]")).to_have_value("near")
    assert page.evaluate("camera.asked[0].video.deviceId") == {"exact": "near"}


def test_a_chosen_camera_that_is_gone_is_no_end_of_it(scan: Scan) -> None:
    page = scan.open(
        "localStorage.setItem('suyuan-scan-camera', 'gone')", cameras.stream(cameras.one(scan.leek))
    )
    scan.start()
    scan.opened("/p")
    assert page.url.startswith(scan.site.address)


def test_a_slow_phone_reads_the_code_too(scan: Scan) -> None:
    page = scan.open(cameras.stream(cameras.one(scan.leek)))
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    scan.start()
    scan.opened("/p")
    scan.watch.check()


def test_somebody_without_a_mouse_scans_and_opens_what_was_read(scan: Scan) -> None:
    texts = [f"{scan.leek}/21/{number}" for number in range(2)]
    page = scan.open(cameras.stream(cameras.sheet(texts)))
    page.focus(START)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{LINES} >> nth=1", timeout=PATIENCE_MS)
    page.focus(f"{LINES} >> nth=1 >> input")
    page.keyboard.press("Space")
    expect(page.locator(f"{LINES} >> nth=1 >> input")).not_to_be_checked()
    page.focus(f"{LINES} >> nth=0 >> a")
    page.keyboard.press("Enter")
    scan.opened("/p")
    scan.watch.check()


def test_while_it_scans_the_page_is_for_everybody(browser: Browser, site: Site) -> None:
    with _at(browser, site, width=320) as scan:
        has = {"torch": True, "zoom": {"min": 1, "max": 4, "step": 0.5}}
        texts = [f"{scan.leek}/21/{number}" for number in range(2)]
        page = scan.open(cameras.stream(cameras.sheet(texts), capabilities=has, devices=[REAR, NEAR]))
        scan.start()
        page.wait_for_selector(f"{LINES} >> nth=1", timeout=PATIENCE_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
        assert found.response["violations"] == []
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def _photo(text: str, file_format: str, *, turned: bool = False) -> bytes:
    picture = cameras.one(text).convert("RGB")
    exif = Image.Exif()
    if turned:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6
    file = io.BytesIO()
    picture.save(file, file_format, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize(("file_format", "turned"), [("JPEG", True), ("WEBP", False)])
def test_a_photo_opens_the_source_with_script_off(
    desks: Desks, site: Site, file_format: str, *, turned: bool
) -> None:
    with desks.at(360, site.story.authority, script=False) as desk:
        page = desk.open("/scan")
        assert "需要浏览器启用脚本" in page.inner_text("main")
        expect(page.locator("[data-scan]")).to_be_hidden()
        photo = _photo(f"{site.address}{LEEK_PATH}", file_format, turned=turned)
        page.set_input_files(
            "#photo", {"name": "photo", "mimeType": f"image/{file_format.lower()}", "buffer": photo}
        )
        page.click("form[action='/inspect'] button")
        page.wait_for_url("**/trace?code=**")
        assert "韭菜" in page.inner_text("h1")
        desk.watch.check()


@pytest.mark.parametrize(
    ("photo", "why"),
    [
        (cameras.jpeg(cameras.scene()), "照片里没有认出码"),
        (cameras.jpeg(cameras.scene()) + bytes(10 * 1024 * 1024), "照片文件太大"),
        (b"%PDF-1.7 no picture at all", "不是能打开的照片"),
    ],
    ids=["no code", "huge", "no picture"],
)
def test_a_photo_that_cannot_be_read_says_why_and_asks_again(desks: Desks, photo: bytes, why: str) -> None:
    with desks.at(360, script=False) as desk:
        page = desk.open("/scan")
        page.set_input_files("#photo", {"name": "photo", "mimeType": "image/jpeg", "buffer": photo})
        page.click("form[action='/inspect'] button")
        page.wait_for_load_state()
        assert why in page.inner_text("main")
        expect(page.locator("#photo")).to_be_visible()


def _frames(page: Page, count: int) -> None:
    """Wait until the page has looked so often again."""
    page.evaluate(
        """count => new Promise(done => document.querySelector('[data-scan]')
             .addEventListener('scan:frame', () => { if (--count < 0) done(); }))""",
        count,
    )
