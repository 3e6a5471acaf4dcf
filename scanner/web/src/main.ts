// The scan page: opens a camera when asked, reads codes from it, and opens or lists what they name. Whatever is in its way it says, and leaves
// the photo and the field to type in, which stand on the page with or without it.
//
// For whoever measures, the page tells what it does in events on its root: `scan:camera` when there is a picture, `scan:frame` after each frame,
// with how long it took to fetch and to read.

import { Camera } from "./camera.ts";
import { Reader, FILES } from "./engines.ts";
import { Grabber, nextFrame } from "./grabber.ts";
import { Darkness, isBlack } from "./light.ts";
import { readSignedLink } from "./link.ts";
import { recall, remember } from "./memory.ts";
import { Offline } from "./offline.ts";
import { Page } from "./page.ts";
import { Found, Seen } from "./seen.ts";
import { allowSound, signal } from "./signals.ts";
import { insideAnApp, troubleOf, type Trouble } from "./trouble.ts";

const KEEP = "keep";
const BEEP = "beep";
const YES = "1";

class Scanning {
  private readonly page: Page;
  private readonly grabber = new Grabber();
  private readonly seen = new Seen();
  private readonly found: Found;
  private readonly offline: Offline;
  private reader: Reader | null = null;
  private camera: Camera | null = null;
  /** Counts starts and stops: whoever waited for something and finds another number here is too late. */
  private turn = 0;
  /** Whether it goes on by itself when the page is looked at again. */
  private paused = false;

  constructor(page: Page) {
    this.page = page;
    this.found = new Found(page.most);
    this.offline = new Offline(page.vkeys, page.host, page.simulated);
    // Marks for whoever watches: which bundle there is, and that the page would open without a network.
    void this.offline.state().then((state) => (page.root.dataset["keys"] = state));
    void this.offline.keepPage(FILES, () => (page.root.dataset["kept"] = YES));
    document.querySelector("[data-typed]")?.addEventListener("submit", (event) => this.typed(event));
    page.keep.checked = recall(KEEP) === YES;
    page.beep.checked = recall(BEEP) === YES;
    page.app.hidden = !insideAnApp(navigator.userAgent);
    page.start.addEventListener("click", () => {
      if (page.beep.checked) allowSound();
      void this.start();
    });
    page.stop.addEventListener("click", () => this.stop(page.words.say("stopped")));
    page.torch.addEventListener("click", () => void this.toggleTorch());
    page.zoomRange.addEventListener("input", () => void this.camera?.setZoom(page.zoomRange.valueAsNumber));
    page.cameraSelect.addEventListener("change", () => this.change(page.cameraSelect.value));
    page.keep.addEventListener("change", () => remember(KEEP, page.keep.checked ? YES : ""));
    page.beep.addEventListener("change", () => {
      remember(BEEP, page.beep.checked ? YES : "");
      if (page.beep.checked) allowSound();
    });
    page.clear.addEventListener("click", () => this.forget());
    document.addEventListener("visibilitychange", () => this.seenOrHidden());
    // The camera's lamp must not stay on behind a page that was left.
    addEventListener("pagehide", () => this.stop(null));
    page.root.hidden = false;
  }

  /** Where the camera was allowed before, nobody needs to tap for it. */
  async startIfAllowed(): Promise<void> {
    try {
      const asked = await navigator.permissions.query({ name: "camera" as PermissionName });
      if (asked.state === "granted" && document.visibilityState === "visible") await this.start();
    } catch {
      // Browsers without that question ask the person when the button is tapped.
    }
  }

  async start(): Promise<void> {
    const { page } = this;
    this.release();
    const turn = this.turn;
    page.tell(null);
    page.verdict.hidden = true;
    void this.offline.refresh();
    if (navigator.mediaDevices?.getUserMedia === undefined) {
      this.fail("unsupported");
      return;
    }
    page.say(page.words.say("asking"));
    page.start.hidden = true;
    page.stop.hidden = false;
    // Loaded while the person answers the browser's question.
    this.reader ??= new Reader();
    try {
      const camera = await Camera.open();
      if (turn !== this.turn) {
        camera.close();
        return;
      }
      this.camera = camera;
      page.video.srcObject = camera.stream;
      await page.video.play();
    } catch (error) {
      if (turn === this.turn) this.fail(troubleOf(error));
      return;
    }
    if (turn !== this.turn) return;
    this.camera.track.addEventListener("ended", () => {
      if (turn === this.turn) this.fail("busy");
    });
    page.root.dispatchEvent(new CustomEvent("scan:camera"));
    page.view.hidden = false;
    page.say(page.words.say("looking"));
    this.showTools(this.camera);
    void this.listCameras(this.camera);
    await this.run(turn);
  }

  /** Frame after frame, until somebody stops it. */
  private async run(turn: number): Promise<void> {
    const { page } = this;
    const darkness = new Darkness();
    while (turn === this.turn && this.reader !== null) {
      try {
        await nextFrame(page.video);
      } catch {
        if (turn === this.turn) page.tell(page.words.say("frozen"));
        continue;
      }
      if (turn !== this.turn) return;
      const beganMs = performance.now();
      const image = this.grabber.grab(page.video);
      if (image === null) continue;
      const dark = darkness.tells(isBlack(image.data), beganMs);
      page.tell(dark ? page.words.say("dark") : null);
      const grabbedMs = performance.now();
      let texts: readonly string[];
      try {
        texts = await this.reader.read(image, this.grabber.canvas);
      } catch {
        if (turn === this.turn) this.fail("engine");
        return;
      }
      if (turn !== this.turn) return;
      const nowMs = performance.now();
      page.root.dataset["way"] = this.reader.way;
      const detail = { grabMs: grabbedMs - beganMs, readMs: nowMs - grabbedMs, count: texts.length };
      page.root.dispatchEvent(new CustomEvent("scan:frame", { detail }));
      this.take(texts, nowMs);
    }
  }

  private take(texts: readonly string[], nowMs: number): void {
    const { page, found } = this;
    const news = this.seen.news(texts, nowMs);
    for (const text of news) {
      if (!found.add(text, nowMs)) continue;
      page.addLine(text, found.texts.length);
      if (readSignedLink(text) !== "unsigned") void this.mark(text);
    }
    if (news.length > 0) {
      signal(page.view, page.beep.checked);
      const [text = ""] = news;
      const words = found.full ? page.words.say("full", { most: page.most }) : "";
      page.say(`${page.words.say("found", { text: page.shownAs(text), count: found.texts.length })} ${words}`.trim());
    }
    page.found.hidden = found.texts.length === 0;
    const only = found.single(nowMs, page.keep.checked);
    if (only !== null) this.open(only);
  }

  private open(text: string): void {
    const { page } = this;
    if (!this.offline.reachable) {
      this.stop(page.words.say("off_offline"));
      this.forget();
      void this.tellWithoutNetwork(text);
      return;
    }
    this.stop(page.words.say("opening", { text: page.shownAs(text) }));
    location.assign(page.addressOf(text));
  }

  /** What the signature says, where nothing can be looked up. */
  private async tellWithoutNetwork(text: string): Promise<void> {
    const { page, offline } = this;
    try {
      page.showVerdict(text, await offline.verdict(text));
      page.root.dataset["verify"] = await offline.ed25519.way();
    } catch {
      page.showVerdict(text, { state: "none", lines: [{ key: "off_cannot", blanks: {} }] });
    }
  }

  private async mark(text: string): Promise<void> {
    try {
      this.page.markLine(text, await this.offline.verdict(text));
    } catch {
      // This browser can check none; the list says nothing of it, and the server is asked.
    }
  }

  /** A code that was typed where there is no network is checked as if it had been read. */
  private typed(event: Event): void {
    const field = event.target instanceof HTMLFormElement ? event.target.elements.namedItem("code") : null;
    if (this.offline.reachable || !(field instanceof HTMLInputElement) || field.value.trim() === "") return;
    event.preventDefault();
    this.page.say(this.page.words.say("off_offline"));
    void this.tellWithoutNetwork(field.value.trim()).then(() => this.page.verdict.scrollIntoView());
  }

  private forget(): void {
    this.found.clear();
    this.page.list.replaceChildren();
    this.page.found.hidden = true;
    this.page.start.hidden ? this.page.stop.focus() : this.page.start.focus();
  }

  /** Stop, and say so. */
  stop(words: string | null): void {
    this.release();
    const { page } = this;
    page.view.hidden = true;
    page.start.hidden = false;
    page.stop.hidden = true;
    for (const tool of [page.torch, page.zoom, page.cameras]) tool.hidden = true;
    if (words !== null) page.say(words);
  }

  private fail(trouble: Trouble): void {
    const { page } = this;
    this.stop("");
    if (trouble === "engine") {
      this.reader?.close();
      this.reader = null;
    }
    page.tell(page.words.say(trouble));
  }

  private release(): void {
    this.turn += 1;
    this.paused = false;
    this.camera?.close();
    this.camera = null;
    this.page.video.srcObject = null;
  }

  private seenOrHidden(): void {
    if (document.visibilityState === "hidden" && this.camera !== null) {
      this.stop(this.page.words.say("stopped"));
      this.paused = true;
    } else if (document.visibilityState === "visible" && this.paused) {
      void this.start();
    }
  }

  private showTools(camera: Camera): void {
    const { page } = this;
    page.torch.hidden = !camera.hasTorch;
    page.torch.setAttribute("aria-pressed", "false");
    const { zoom } = camera;
    page.zoom.hidden = zoom === null;
    if (zoom !== null) {
      page.zoomRange.min = String(zoom.min);
      page.zoomRange.max = String(zoom.max);
      page.zoomRange.step = String(zoom.step);
      page.zoomRange.value = String(zoom.now);
    }
  }

  private async toggleTorch(): Promise<void> {
    const { page, camera } = this;
    if (camera === null) return;
    const on = page.torch.getAttribute("aria-pressed") !== "true";
    const done = await camera.setTorch(on);
    if (camera !== this.camera) return;
    if (done) page.torch.setAttribute("aria-pressed", String(on));
    else {
      page.torch.hidden = true;
      page.say(page.words.say("no_torch"));
    }
  }

  private async listCameras(camera: Camera): Promise<void> {
    const { page } = this;
    const all = await Camera.all();
    if (camera !== this.camera) return;
    page.cameras.hidden = all.length < 2;
    page.cameraSelect.replaceChildren(
      ...all.map((one, at) => {
        const name = one.label || page.words.say("camera_number", { number: at + 1 });
        return new Option(name, one.deviceId, false, one.deviceId === camera.id);
      }),
    );
  }

  private change(id: string): void {
    Camera.choose(id);
    void this.start();
  }
}

const root = document.querySelector<HTMLElement>("[data-scan]");
if (root !== null) void new Scanning(new Page(root)).startIfAllowed();
