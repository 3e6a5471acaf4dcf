// Reads codes off the page's own thread: a frame comes in, texts go out, one frame at a time. The module is ours and comes from our server.

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { KINDS } from "./kinds.ts";

export interface Frame {
  readonly number: number;
  readonly pixels: ArrayBuffer;
  readonly width: number;
  readonly height: number;
}

export type FromWorker =
  | { readonly ready: true }
  | { readonly number: number; readonly texts: readonly string[] }
  | { readonly broken: string };

/** More than the page can list at once; a photo of sixty codes is read all the same. */
const READINGS_MAX = 64;

interface Scope {
  onmessage: ((event: MessageEvent<{ module: string } | Frame>) => void) | null;
  postMessage(message: FromWorker): void;
}
const scope = self as unknown as Scope;

scope.onmessage = ({ data }) => {
  ("module" in data ? start(data.module) : read(data)).catch((error: unknown) => {
    scope.postMessage({ broken: String(error) });
  });
};

async function start(module: string): Promise<void> {
  // By itself the package would ask a stranger's server for its module.
  await prepareZXingModule({ overrides: { locateFile: () => module }, fireImmediately: true });
  scope.postMessage({ ready: true });
}

async function read({ number, pixels, width, height }: Frame): Promise<void> {
  const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
  const found = await readBarcodes(image, {
    formats: KINDS.map((kind) => kind.module),
    maxNumberOfSymbols: READINGS_MAX,
    textMode: "Plain",
  });
  const texts = found
    .filter((one) => one.isValid && one.text)
    // GS1 element strings are told from plain text by the symbology identifier (ISO/IEC 15424), which scanners put in front.
    .map((one) => (one.contentType === "GS1" ? one.symbologyIdentifier + one.text : one.text));
  scope.postMessage({ number, texts: [...new Set(texts)] });
}
