// What this phone can tell without a network: the bundle of keys it fetched when there was one, and the page itself, kept by a service worker.
// A bundle is believed each time anew by the log's key that the page names; what storage holds is no more than a copy.

import { BundleWrong, openBundle, type Bundle } from "./bundle.ts";
import { Ed25519, nobleUrl } from "./ed25519.ts";
import { recall, remember } from "./memory.ts";
import { verdictOf, type Verdict } from "./verdict.ts";
import { within } from "./within.ts";

const KEPT = "label-keys";
const ADDRESS = "/log/label-keys";
const WORKER = "/scan-offline.js";
/** The only page that is kept; whatever else is asked for goes to the network. */
const SCOPE = "/scan";
const FETCH_MS_MAX = 15_000;

export class Offline {
  readonly ed25519 = new Ed25519();
  private readonly vkeys: readonly string[];
  private readonly host: string;
  /** A demo runs on a clock of its own, by which no phone knows how old a bundle is. */
  private readonly simulated: boolean;
  private bundle: Bundle | "missing" | "wrong" = "missing";
  private failed = false;
  private readonly fetching: Promise<void>;

  constructor(vkeys: readonly string[], host: string, simulated: boolean) {
    this.vkeys = vkeys;
    this.host = host;
    this.simulated = simulated;
    this.fetching = this.take(recall(KEPT)).then(() => this.refresh());
    addEventListener("online", () => void this.refresh());
  }

  /** What there was to ask for has been asked: the size of the log that the bundle follows from, or why there is none. */
  async state(): Promise<string> {
    await this.fetching;
    return typeof this.bundle === "object" ? String(this.bundle.size) : this.bundle;
  }

  /** Whether our server answered when it was last asked; a phone that thinks it has a network may have none. */
  get reachable(): boolean {
    return navigator.onLine && !this.failed;
  }

  /** Ask for a newer bundle. Where none comes, the one that is here stays. */
  async refresh(): Promise<void> {
    try {
      const answer = await within(FETCH_MS_MAX, fetch(ADDRESS, { cache: "no-cache", credentials: "omit" }));
      this.failed = false;
      if (!answer.ok) return;
      const note = await answer.text();
      await this.take(note);
      if (typeof this.bundle === "object") remember(KEPT, note);
    } catch {
      this.failed = true;
    }
  }

  /** What is known of the signature in a text. Fails where this browser can check none. */
  async verdict(text: string): Promise<Verdict> {
    // The kept bundle is read in no time; on a fresh page the first one may still be on its way.
    if (this.bundle === "missing" && this.reachable) await this.fetching;
    const { bundle, host, ed25519 } = this;
    const nowMs = this.simulated && typeof bundle === "object" ? bundle.made_ms : Date.now();
    return verdictOf(text, { bundle, verify: ed25519.verify, host, nowMs });
  }

  private async take(note: string | null): Promise<void> {
    if (note === null) return;
    try {
      const opened = await openBundle(note, this.vkeys, this.ed25519.verify);
      // An older bundle, from whatever cache, does not undo a revocation that is known.
      if (typeof this.bundle !== "object" || opened.size >= this.bundle.size) this.bundle = opened;
    } catch (error) {
      if (typeof this.bundle !== "object" && error instanceof BundleWrong) this.bundle = "wrong";
    }
  }

  /** Have the page and its files kept, so that it opens in a cellar; `done` hears when they are. */
  async keepPage(more: readonly string[], done: () => void): Promise<void> {
    try {
      navigator.serviceWorker.addEventListener("message", done);
      const registered = await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
      const worker = registered.active ?? (await navigator.serviceWorker.ready).active;
      const files = [
        ...Array.from(document.querySelectorAll<HTMLLinkElement>("link[rel~=stylesheet], link[rel~=icon]"), (one) => one.href),
        ...Array.from(document.querySelectorAll<HTMLScriptElement>("script[src]"), (one) => one.src),
        ...more.map((one) => new URL(one, location.href).href),
        new URL(nobleUrl, location.href).href,
      ];
      worker?.postMessage({ page: SCOPE, files });
    } catch {
      // A browser without service workers, or a private window: the page works with a network.
    }
  }
}
