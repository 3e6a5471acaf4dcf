// What to do with what was read: which readings are news, and whether one code alone was meant. Knows no page and reads no clock.

/** A code that stays in the picture is told once; out of it for so long, it is news again. */
export const COOL_DOWN_MS = 1500;
/** So long others may still turn up beside the first code, before it is opened by itself. */
export const SETTLE_MS = 450;

/** Tells news from what was just seen. */
export class Seen {
  private readonly lastMs = new Map<string, number>();

  /** Those of the texts that were not in sight a moment ago, each once. */
  news(texts: readonly string[], nowMs: number): string[] {
    for (const [text, atMs] of this.lastMs) if (nowMs - atMs >= COOL_DOWN_MS) this.lastMs.delete(text);
    const news = [...new Set(texts)].filter((text) => !this.lastMs.has(text));
    for (const text of texts) this.lastMs.set(text, nowMs);
    return news;
  }
}

/** The codes found so far, in the order they came, and whether they are opened or listed. */
export class Found {
  readonly texts: string[] = [];
  private firstMs = 0;
  private listed = false;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** Take one in; false where it was there before, or where there is no more room. */
  add(text: string, nowMs: number): boolean {
    if (this.texts.includes(text) || this.full) return false;
    if (this.texts.length === 0) this.firstMs = nowMs;
    this.texts.push(text);
    return true;
  }

  get full(): boolean {
    return this.texts.length >= this.most;
  }

  /** The one code to open, once nothing else has turned up beside it; null while waiting, or where codes are listed. */
  single(nowMs: number, keepScanning: boolean): string | null {
    this.listed ||= keepScanning || this.texts.length > 1;
    const [only] = this.texts;
    return only !== undefined && !this.listed && nowMs - this.firstMs >= SETTLE_MS ? only : null;
  }

  /** Whether the list is to be shown. */
  get many(): boolean {
    return this.listed && this.texts.length > 0;
  }

  clear(): void {
    this.texts.length = 0;
    this.listed = false;
  }
}
