import assert from "node:assert/strict";
import { test } from "node:test";
import { insideAnApp, troubleOf } from "../src/trouble.ts";
import { KEYS, Sentences } from "../src/words.ts";
import { TookTooLong, within } from "../src/within.ts";

function named(name: string): Error {
  return Object.assign(new Error("no picture"), { name });
}

test("each name that browsers have for a trouble is one of four", () => {
  const troubles = {
    denied: ["NotAllowedError", "PermissionDeniedError"],
    none: ["NotFoundError", "DevicesNotFoundError", "OverconstrainedError"],
    busy: ["NotReadableError", "AbortError", "TrackStartError"],
    unsupported: ["SecurityError", "TypeError", "NotSupportedError"],
  };
  for (const [trouble, names] of Object.entries(troubles)) {
    for (const name of names) assert.equal(troubleOf(named(name)), trouble, name);
  }
  assert.equal(troubleOf("no error at all"), "busy");
});

test("an app's own browser is told from the phone's", () => {
  const phone = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36";
  assert.equal(insideAnApp(phone), false);
  assert.equal(insideAnApp(`${phone} MicroMessenger/8.0.49`), true);
  assert.equal(insideAnApp(`${phone} AlipayClient/10.5.96`), true);
});

test("a page without some of the words is refused by their names", () => {
  const all = Object.fromEntries(KEYS.map((key) => [key, `{count} ${key}`]));
  assert.equal(new Sentences(JSON.stringify(all)).say("found", { count: 3 }), "3 found");
  const { dark: _, ...others } = all;
  assert.throws(() => new Sentences(JSON.stringify(others)), /dark/);
});

test("what hangs has failed in time, what is in time keeps its answer", async () => {
  await assert.rejects(within(5, new Promise(() => undefined)), TookTooLong);
  assert.equal(await within(1000, Promise.resolve("read")), "read");
  await assert.rejects(within(1000, Promise.reject(new Error("broken"))), /broken/);
});
