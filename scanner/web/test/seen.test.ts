import assert from "node:assert/strict";
import { test } from "node:test";
import { COOL_DOWN_MS, Found, SETTLE_MS, Seen } from "../src/seen.ts";

test("a code is news once, and again after it was out of sight for the cool-down", () => {
  const seen = new Seen();
  assert.deepEqual(seen.news(["a"], 0), ["a"]);
  assert.deepEqual(seen.news(["a"], COOL_DOWN_MS - 1), []);
  assert.deepEqual(seen.news(["a"], 2 * COOL_DOWN_MS - 2), []);
  assert.deepEqual(seen.news([], 3 * COOL_DOWN_MS - 3), []);
  assert.deepEqual(seen.news(["a"], 3 * COOL_DOWN_MS - 2), ["a"]);
});

test("a code that is read twice in one frame is told once", () => {
  assert.deepEqual(new Seen().news(["a", "b", "a"], 0), ["a", "b"]);
});

test("one code alone is opened when nothing else has turned up, and not a moment before", () => {
  const found = new Found(30);
  found.add("a", 100);
  assert.equal(found.single(100 + SETTLE_MS - 1, false), null);
  assert.equal(found.single(100 + SETTLE_MS, false), "a");
  assert.equal(found.many, false);
});

test("two codes are listed, however close together they came", () => {
  const found = new Found(30);
  found.add("a", 0);
  assert.equal(found.single(0, false), null);
  found.add("b", SETTLE_MS - 1);
  assert.equal(found.single(10 * SETTLE_MS, false), null);
  assert.equal(found.many, true);
});

test("whoever keeps scanning has even a single code listed", () => {
  const found = new Found(30);
  found.add("a", 0);
  assert.equal(found.single(10 * SETTLE_MS, true), null);
  assert.equal(found.single(20 * SETTLE_MS, false), null);
});

test("the list holds each code once and no more than it may", () => {
  const found = new Found(2);
  assert.deepEqual(["a", "a", "b", "c"].map((text) => found.add(text, 0)), [true, false, true, false]);
  assert.deepEqual(found.texts, ["a", "b"]);
  assert.equal(found.full, true);
  found.clear();
  assert.equal(found.add("c", 0), true);
});
