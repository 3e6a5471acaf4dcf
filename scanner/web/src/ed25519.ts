// Two ways to check an Ed25519 signature. The browser's own is used where it tells a known signature from a changed one; old browsers in apps have
// none, or throw, and there a small program in a worker does it. It lies apart, because whoever lacks the one may not even read the script of the other.

import { fromBase64 } from "./link.ts";
import { within } from "./within.ts";
import type { Verify } from "./bundle.ts";
import nobleUrl from "./noble.ts?worker&url";

const VERIFY_MS_MAX = 4000;
const LOAD_MS_MAX = 30_000;
/** RFC 8032 7.1, test 1: the signature over nothing. */
const PROOF_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const PROOF_SIGNATURE = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";

export { nobleUrl };

export class CannotVerify extends Error {}

/** Ways to verify, the first one that has proved itself, found when it is first asked. */
export class Ed25519 {
  private found: Promise<[way: string, verify: Verify]> | null = null;

  /** Which way was found: for the page's own mark, and for tests. */
  async way(): Promise<string> {
    this.found ??= provenWay();
    return (await this.found)[0];
  }

  readonly verify: Verify = async (publicKey, signature, message) => {
    this.found ??= provenWay();
    const [, verify] = await this.found;
    return within(VERIFY_MS_MAX, verify(publicKey, signature, message));
  };
}

async function provenWay(): Promise<[string, Verify]> {
  for (const [way, make] of [
    ["native", () => native],
    ["noble", noble],
  ] as const) {
    try {
      const verify = make();
      const [key, signature] = [fromBase64(PROOF_KEY), fromBase64(PROOF_SIGNATURE)];
      const good = await within(LOAD_MS_MAX, verify(key, signature, new Uint8Array()));
      const bad = await within(LOAD_MS_MAX, verify(key, signature, Uint8Array.of(1)));
      if (good && !bad) return [way, verify];
    } catch {
      // It is not there, or does not know the curve: the next one.
    }
  }
  throw new CannotVerify();
}

const native: Verify = async (publicKey, signature, message) => {
  const key = await crypto.subtle.importKey("raw", publicKey as BufferSource, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature as BufferSource, message as BufferSource);
};

function noble(): Verify {
  const worker = new Worker(nobleUrl);
  const waiting = new Map<number, { take(good: boolean): void; fail(error: Error): void }>();
  let number = 0;
  worker.onmessage = ({ data }: MessageEvent<{ number: number; good: boolean }>) => {
    waiting.get(data.number)?.take(data.good);
    waiting.delete(data.number);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const one of waiting.values()) one.fail(new CannotVerify());
    waiting.clear();
  };
  return (publicKey, signature, message) =>
    new Promise((take, fail) => {
      number += 1;
      waiting.set(number, { take, fail });
      worker.postMessage({ number, publicKey, signature, message });
    });
}
