import assert from "node:assert/strict";
import { test } from "node:test";
import { MIDDLE, cropOf } from "../src/crop.ts";
import { DARK_MS, Darkness, isBlack } from "../src/light.ts";

function picture(level: number, lighter?: number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(4 * 64 * 64);
  pixels.fill(level);
  // A quarter of the picture.
  if (lighter !== undefined) pixels.fill(lighter, 0, pixels.length / 4);
  return pixels;
}

test("noise in the dark is black, a lit corner is not", () => {
  assert.equal(isBlack(picture(0)), true);
  assert.equal(isBlack(picture(44)), true);
  assert.equal(isBlack(picture(45)), false);
  assert.equal(isBlack(picture(0, 200)), false);
});

test("black is told after some seconds, and forgotten with the first light", () => {
  const darkness = new Darkness();
  assert.equal(darkness.tells(true, 0), false);
  assert.equal(darkness.tells(true, DARK_MS - 1), false);
  assert.equal(darkness.tells(true, DARK_MS), true);
  assert.equal(darkness.tells(false, DARK_MS + 1), false);
  assert.equal(darkness.tells(true, DARK_MS + 2), false);
});

test("two looks go to the middle and the third over the whole", () => {
  const sides = [0, 1, 2, 3].map((look) => cropOf(look, 1280, 720).width);
  assert.deepEqual(sides, [720 * MIDDLE, 720 * MIDDLE, 1280, 720 * MIDDLE]);
});

test("the middle lies in the middle, whichever way the phone is held", () => {
  for (const [width, height] of [[1280, 720], [720, 1280]] as const) {
    const { x, y, width: w, height: h } = cropOf(0, width, height);
    assert.equal(w, h);
    assert.deepEqual([2 * x + w, 2 * y + h], [width, height]);
  }
});

test("a large picture is drawn smaller, a small one as it is", () => {
  const { drawnWidth, drawnHeight } = cropOf(2, 3840, 2160);
  assert.deepEqual([drawnWidth, drawnHeight], [1280, 720]);
  assert.equal(cropOf(2, 640, 480).drawnWidth, 640);
});
