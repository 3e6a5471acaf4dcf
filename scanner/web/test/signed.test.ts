// The same links as the ledger's own program was given, with the same answers: `tests/support/signed_links.py` makes them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BundleWrong, openBundle, type Verify } from "../src/bundle.ts";
import { readSignedLink } from "../src/link.ts";
import { verdictOf, type Known } from "../src/verdict.ts";

interface Case {
  readonly link: string;
  readonly says: string;
  readonly text?: string;
  readonly hint?: string;
}
interface Made {
  readonly note: string;
  readonly vkey: string;
  readonly now_ms: number;
  readonly host: string;
  readonly links: readonly Case[];
}

const made = JSON.parse(readFileSync(new URL("signed-links.json", import.meta.url), "utf-8")) as Made;

const verify: Verify = async (publicKey, signature, message) => {
  const key = await crypto.subtle.importKey("raw", publicKey as BufferSource, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature as BufferSource, message as BufferSource);
};

async function known(): Promise<Known> {
  const bundle = await openBundle(made.note, [made.vkey], verify);
  return { bundle, verify, host: made.host, nowMs: made.now_ms };
}

const STATES: Readonly<Record<string, string>> = {
  valid: "off_signed",
  ended: "off_key_ended",
  lost: "off_key_lost",
  stolen: "off_key_stolen",
  SignatureWrong: "off_wrong",
  Malformed: "off_malformed",
  KeyUnknown: "off_unknown",
  NotSigned: "off_unsigned",
};

test("each link says the same here and on the server", async () => {
  const with_ = await known();
  for (const one of made.links) {
    const read = readSignedLink(one.link);
    const verdict = await verdictOf(one.link, with_);
    const said = verdict.lines.map(({ key }) => key as string);
    // What is no link of goods at all carries no signature either.
    const expected = one.says === "Malformed" && !/8030=|dsig=/.test(one.link) ? "NotSigned" : one.says;
    assert.ok(said.includes(STATES[expected] ?? ""), `${one.link}: ${said.join(" ")}, expected ${expected}`);
    assert.equal(said.includes("off_signed"), ["valid", "ended", "lost", "stolen"].includes(one.says), one.link);
    if (typeof read === "object") {
      assert.equal(read.text, one.text);
      assert.equal(read.signature.hint, one.hint);
    }
  }
});

test("a good signature always comes with the sentences that a copy verifies too, as of when, and what was not checked", async () => {
  const with_ = await known();
  for (const { link } of made.links) {
    const said = (await verdictOf(link, with_)).lines.map(({ key }) => key as string);
    if (!said.includes("off_signed")) continue;
    for (const key of ["off_copy", "off_as_of", "off_not_checked"]) assert.ok(said.includes(key), `${link} lacks ${key}`);
  }
});

test("a signature behind another host is good, and told to be in the wrong place", async () => {
  const [link = ""] = made.links.map((one) => one.link).filter((one) => one.includes("evil.example"));
  const verdict = await verdictOf(link, await known());
  assert.equal(verdict.state, "doubt");
  assert.ok(verdict.lines.some(({ key, blanks }) => key === "off_host_other" && blanks["host"] === "suyuan.example.evil.example"));
});

test("a bundle is told to be out of date the moment after its end, and not in its last", async () => {
  const with_ = await known();
  const { bundle } = with_;
  assert.ok(typeof bundle === "object");
  const link = made.links[0]?.link ?? "";
  const said = async (nowMs: number): Promise<string[]> =>
    (await verdictOf(link, { ...with_, nowMs })).lines.map(({ key }) => key);
  assert.ok(!(await said(bundle.until_ms)).includes("off_stale"));
  assert.ok((await said(bundle.until_ms + 1)).includes("off_stale"));
  assert.equal((await verdictOf(link, { ...with_, nowMs: bundle.until_ms })).state, "good");
  assert.equal((await verdictOf(link, { ...with_, nowMs: bundle.until_ms + 1 })).state, "doubt");
});

test("without a bundle nothing is called good or wrong", async () => {
  const with_ = await known();
  const link = made.links[0]?.link ?? "";
  for (const bundle of ["missing", "wrong"] as const) {
    assert.equal((await verdictOf(link, { ...with_, bundle })).state, "none");
  }
});

test("a bundle that was changed, or that another key signed, is not believed", async () => {
  const other = made.vkey.replace(/\+[0-9a-f]{8}\+/, "+00000000+");
  const cut = made.note.slice(0, made.note.lastIndexOf("\n\n") + 2);
  for (const [note, vkey] of [
    [made.note.replace('"size":42', '"size":43'), made.vkey],
    [made.note.replace("suyuan/label-keys/v1", "suyuan/label-keys/v2"), made.vkey],
    [made.note, other],
    [cut, made.vkey],
    ["", made.vkey],
  ] as const) {
    await assert.rejects(openBundle(note, [vkey], verify), BundleWrong);
  }
});

test("keys with the same two bytes in front are each tried", async () => {
  const with_ = await known();
  assert.ok(typeof with_.bundle === "object");
  const [first] = with_.bundle.keys;
  assert.ok(first !== undefined);
  let asked = 0;
  const second: Verify = async (...all) => (asked += 1) === 2 && verify(...all);
  const bundle = { ...with_.bundle, keys: [first, first] };
  const verdict = await verdictOf(made.links[0]?.link ?? "", { ...with_, bundle, verify: second });
  assert.equal(verdict.lines[0]?.key, "off_signed");
  assert.equal(asked, 2);
});
