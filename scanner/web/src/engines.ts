// Two ways to read a frame. The browser's own detector is used only where it has proved itself, and no longer than it keeps working;
// the module in a worker is there on every phone. Whichever reads, it has one frame at a time and a time by which it must have answered.

import moduleUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import { KINDS, NATIVE_LEAST } from "./kinds.ts";
import { PROOFS, drawProof } from "./proofs.ts";
import { within } from "./within.ts";
import type { Frame, FromWorker } from "./worker.ts";
import workerUrl from "./worker.ts?worker&url";

/** What must be kept for reading codes without a network. */
export const FILES: readonly string[] = [moduleUrl, workerUrl];

/** A frame takes a few hundredths of a second; a detector that hangs is left behind after this. */
const NATIVE_MS_MAX = 1000;
/** For the whole proof: as long as a person takes to allow the camera. */
const PROOF_MS_MAX = 1500;
/** An old phone under load. A worker that takes longer has died. */
const FRAME_MS_MAX = 8000;
/** The module is 320 kB; on a bad connection that takes its time. */
const LOAD_MS_MAX = 60_000;
/** A native detector that has found nothing for so long is relieved: it may be blind to real pictures. */
const NATIVE_BLIND_MS = 5000;

interface NativeDetector {
  detect(image: HTMLCanvasElement): Promise<readonly { readonly rawValue: string }[]>;
}
interface NativeDetectorClass {
  new (options: { formats: readonly string[] }): NativeDetector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** The browser's own detector, if it has one and it reads what we know and nothing else; null otherwise. */
async function provenNative(): Promise<NativeDetector | null> {
  const found = (globalThis as { BarcodeDetector?: NativeDetectorClass }).BarcodeDetector;
  if (found === undefined) return null;
  const prove = async (): Promise<NativeDetector | null> => {
    // Alipay's browser has the class and knows no format.
    const offered = await found.getSupportedFormats();
    if (NATIVE_LEAST.some((format) => !offered.includes(format))) return null;
    const detector = new found({ formats: KINDS.map((kind) => kind.native).filter((one) => offered.includes(one)) });
    // Two codes, so that it cannot know the answer by heart, and a sheet without any.
    for (const proof of PROOFS) {
      const read = await detector.detect(drawProof(proof));
      if (read.map((one) => one.rawValue).join("\n") !== proof.text) return null;
    }
    return detector;
  };
  try {
    return await within(PROOF_MS_MAX, prove());
  } catch {
    return null;
  }
}

/** The module in its worker. */
class Module {
  private readonly worker = new Worker(workerUrl);
  private readonly loaded: Promise<void>;
  private answer: { take(texts: readonly string[]): void; fail(error: Error): void } | null = null;
  private number = 0;

  constructor() {
    this.loaded = within(
      LOAD_MS_MAX,
      new Promise<void>((resolve, reject) => {
        const fail = (error: Error): void => {
          reject(error);
          this.answer?.fail(error);
        };
        this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
          if ("ready" in data) resolve();
          else if ("broken" in data) fail(new Error(data.broken));
          // What comes late belongs to a frame that nobody waits for.
          else if (data.number === this.number) this.answer?.take(data.texts);
        };
        this.worker.onerror = (event) => {
          event.preventDefault();
          fail(new Error(event.message || "the worker did not start"));
        };
      }),
    );
    // Whoever reads first hears of it; a page that is left before should not complain of nobody listening.
    this.loaded.catch(() => undefined);
    this.worker.postMessage({ module: moduleUrl });
  }

  async read(image: ImageData): Promise<readonly string[]> {
    await this.loaded;
    this.number += 1;
    const frame: Frame = {
      number: this.number,
      pixels: image.data.buffer as ArrayBuffer,
      width: image.width,
      height: image.height,
    };
    return within(
      FRAME_MS_MAX,
      new Promise((take, fail) => {
        this.answer = { take, fail };
        this.worker.postMessage(frame, [frame.pixels]);
      }),
    );
  }

  close(): void {
    this.worker.terminate();
  }
}

/** Reads frames by the best way there is, and changes to the other when it stops working. */
export class Reader {
  private native: NativeDetector | null = null;
  private module: Module | null = null;
  private restarts = 0;
  private readonly proved: Promise<void>;
  private blindSinceMs = 0;

  constructor() {
    this.proved = provenNative().then((detector) => {
      this.native = detector;
      if (detector === null) this.module ??= new Module();
    });
  }

  /** Which way is used now: for the page's own mark, and for tests. */
  get way(): "native" | "module" {
    return this.native === null ? "module" : "native";
  }

  /** The texts in a frame; `canvas` shows the same as `image`. Fails only when neither way works. */
  async read(image: ImageData, canvas: HTMLCanvasElement): Promise<readonly string[]> {
    await this.proved;
    const texts = this.native === null ? null : await this.byNative(this.native, canvas);
    return texts ?? this.byModule(image);
  }

  close(): void {
    this.module?.close();
    this.module = null;
    this.native = null;
  }

  /** What the native detector reads; null from the moment on that it is not to be relied on. */
  private async byNative(detector: NativeDetector, canvas: HTMLCanvasElement): Promise<readonly string[] | null> {
    const nowMs = performance.now();
    try {
      const texts = (await within(NATIVE_MS_MAX, detector.detect(canvas))).map((one) => one.rawValue).filter(Boolean);
      if (texts.length > 0) this.blindSinceMs = 0;
      else this.blindSinceMs ||= nowMs;
      if (this.blindSinceMs === 0 || nowMs - this.blindSinceMs < NATIVE_BLIND_MS) return texts;
    } catch {
      // It threw or hung: the next one to read is the module.
    }
    this.native = null;
    return null;
  }

  private async byModule(image: ImageData): Promise<readonly string[]> {
    this.module ??= new Module();
    try {
      return await this.module.read(image);
    } catch (error) {
      this.module.close();
      this.module = null;
      // Once it may have been the memory of a poor phone; twice it is broken.
      this.restarts += 1;
      if (this.restarts > 1) throw error;
      return [];
    }
  }
}
