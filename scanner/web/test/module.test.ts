import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { ZXING_WASM_SHA256, prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { KINDS } from "../src/kinds.ts";
import { PROOFS } from "../src/proofs.ts";

const MODULE = createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm");

// One version's script with another's module reads outside its memory.
test("the module is the one that its script was made for", () => {
  assert.equal(createHash("sha256").update(readFileSync(MODULE)).digest("hex"), ZXING_WASM_SHA256);
});

test("the codes that a native detector must prove itself with say what they are said to say", async () => {
  const wasmBinary = readFileSync(MODULE).buffer as ArrayBuffer;
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  for (const proof of PROOFS) {
    const found = await readBarcodes(drawn(proof.rows), { formats: KINDS.map((kind) => kind.module) });
    assert.equal(found.map((one) => one.text).join("\n"), proof.text);
  }
});

/** As `drawProof` draws it, without a canvas. */
function drawn(rows: readonly number[]): ImageData {
  const side = 29 * 8;
  const data = new Uint8ClampedArray(4 * side * side).fill(255);
  for (let at = 0; at < side * side; at += 1) {
    const [x, y] = [Math.floor((at % side) / 8) - 4, Math.floor(at / side / 8) - 4];
    if (x >= 0 && x < 21 && ((rows[y] ?? 0) >> (20 - x)) & 1) data.fill(0, 4 * at, 4 * at + 3);
  }
  return { data, width: side, height: side, colorSpace: "srgb" } as ImageData;
}
