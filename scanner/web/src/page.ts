// The parts of the page that this script moves. What they are called stands in templates/scan.html; a part that is missing is our mistake.

import type { Verdict } from "./verdict.ts";
import { Sentences } from "./words.ts";

/** Never green: a copy of a good code is as good, and nothing was asked about recalls. */
const COLOURS: Readonly<Record<Verdict["state"], string>> = { good: "", doubt: "amber", bad: "red", none: "amber" };

function part<Kind extends Element>(root: ParentNode, name: string, kind: new () => Kind): Kind {
  const found = root.querySelector(`[data-part=${name}]`);
  if (!(found instanceof kind)) throw new Error(`the page has no part ${name}`);
  return found;
}

export class Page {
  readonly root: HTMLElement;
  readonly words: Sentences;
  readonly view: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly status: HTMLElement;
  readonly trouble: HTMLElement;
  readonly troubleText: HTMLElement;
  readonly app: HTMLElement;
  readonly start: HTMLButtonElement;
  readonly stop: HTMLButtonElement;
  readonly torch: HTMLButtonElement;
  readonly zoom: HTMLElement;
  readonly zoomRange: HTMLInputElement;
  readonly cameras: HTMLElement;
  readonly cameraSelect: HTMLSelectElement;
  readonly keep: HTMLInputElement;
  readonly beep: HTMLInputElement;
  readonly found: HTMLElement;
  readonly list: HTMLElement;
  readonly clear: HTMLButtonElement;
  readonly verdict: HTMLElement;
  readonly verdictCode: HTMLElement;
  readonly verdictLines: HTMLElement;
  readonly verdictOpen: HTMLAnchorElement;
  /** The keys of the log, as the server names them, and the host that our links have. */
  readonly vkeys: readonly string[];
  readonly host: string;
  readonly simulated: boolean;
  /** Where one code is answered. */
  readonly go: string;
  private readonly site: string;
  /** As many codes as the list page takes. */
  readonly most: number;

  constructor(root: HTMLElement) {
    this.root = root;
    this.words = new Sentences(root.dataset["words"] ?? "{}");
    this.go = root.dataset["go"] ?? "/p";
    this.site = root.dataset["site"] ?? "";
    this.most = Number(root.dataset["most"] ?? 1);
    this.view = part(root, "view", HTMLElement);
    this.video = part(root, "video", HTMLVideoElement);
    this.status = part(root, "status", HTMLElement);
    this.trouble = part(root, "trouble", HTMLElement);
    this.troubleText = part(root, "trouble-text", HTMLElement);
    this.app = part(root, "app", HTMLElement);
    this.start = part(root, "start", HTMLButtonElement);
    this.stop = part(root, "stop", HTMLButtonElement);
    this.torch = part(root, "torch", HTMLButtonElement);
    this.zoom = part(root, "zoom", HTMLElement);
    this.zoomRange = part(root, "zoom-range", HTMLInputElement);
    this.cameras = part(root, "cameras", HTMLElement);
    this.cameraSelect = part(root, "camera-select", HTMLSelectElement);
    this.keep = part(root, "keep", HTMLInputElement);
    this.beep = part(root, "beep", HTMLInputElement);
    this.found = part(root, "found", HTMLElement);
    this.list = part(root, "list", HTMLElement);
    this.clear = part(root, "clear", HTMLButtonElement);
    this.verdict = part(root, "verdict", HTMLElement);
    this.verdictCode = part(root, "verdict-code", HTMLElement);
    this.verdictLines = part(root, "verdict-lines", HTMLElement);
    this.verdictOpen = part(root, "verdict-open", HTMLAnchorElement);
    this.vkeys = (root.dataset["vkeys"] ?? "").split(/\s+/).filter(Boolean);
    this.host = root.dataset["host"] ?? "";
    this.simulated = root.dataset["clock"] === "simulated";
  }

  /** What the signature in a code says, in the order in which a buyer would ask. */
  showVerdict(text: string, verdict: Verdict): void {
    // Nobody compares 90 letters by eye.
    this.verdictCode.textContent = this.shownAs(text).replace(/([?&;](?:8030|dsig)=[\w-]{6})[\w-]+/, "$1…");
    this.verdictLines.replaceChildren(
      ...verdict.lines.map(({ key, blanks }) => {
        const line = document.createElement("li");
        line.textContent = this.words.say(key, blanks);
        return line;
      }),
    );
    this.verdict.className = `notice ${COLOURS[verdict.state]}`.trim();
    this.verdict.dataset["state"] = verdict.state;
    this.verdictOpen.href = this.addressOf(text);
    this.verdict.hidden = false;
  }

  /** The first sentence of it under a code of the list. */
  markLine(text: string, verdict: Verdict): void {
    const [first] = verdict.lines;
    const tick = Array.from(this.list.querySelectorAll("input")).find((one) => one.value === text);
    if (first === undefined || tick === undefined) return;
    const mark = document.createElement("span");
    mark.className = "small scan-mark";
    mark.dataset["state"] = verdict.state;
    mark.textContent = this.words.say(first.key, first.blanks);
    tick.closest("li")?.append(mark);
  }

  /** Where this code is answered. */
  addressOf(text: string): string {
    return `${this.go}?code=${encodeURIComponent(text)}`;
  }

  /** An address of this site without the site, so that the end of it can be seen; whatever else it is, whole. */
  shownAs(text: string): string {
    return this.site && text.startsWith(`${this.site}/`) ? text.slice(this.site.length) : text;
  }

  /** Say something new; the same sentence twice is no news, and a screen reader need not read it again. */
  say(sentence: string): void {
    if (this.status.textContent !== sentence) this.status.textContent = sentence;
  }

  /** What is in the way, or nothing. */
  tell(trouble: string | null): void {
    this.trouble.hidden = trouble === null;
    if (trouble !== null && this.troubleText.textContent !== trouble) this.troubleText.textContent = trouble;
  }

  /** One more line in the list: a tick, the text as it was read, and the way to what is known of it. */
  addLine(text: string, number: number): void {
    const line = document.createElement("li");
    const label = document.createElement("label");
    const tick = document.createElement("input");
    const shown = document.createElement("span");
    const link = document.createElement("a");
    tick.type = "checkbox";
    tick.name = "code";
    tick.value = text;
    tick.checked = true;
    shown.className = "code";
    // As text and never as markup: strangers print what they like.
    shown.textContent = this.shownAs(text);
    label.append(tick, shown);
    link.href = this.addressOf(text);
    link.textContent = this.words.say("look_up");
    shown.id = `read-${number}`;
    link.setAttribute("aria-describedby", shown.id);
    line.append(label, link);
    this.list.prepend(line);
  }
}
