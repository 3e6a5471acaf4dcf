// The bundle of label keys (`ledger/log/label_keys.py`): a note that the log's key has signed. What has not been checked is not read.

import { fromBase64 } from "./link.ts";

const DOMAIN = "suyuan/label-keys/v1";
const ED25519 = 1;

/** Whether a key has made this signature over these bytes; it throws where the machine cannot tell. */
export type Verify = (publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array) => Promise<boolean>;

export interface LabelKey {
  readonly key: string;
  readonly party: string;
  readonly custody: "own" | "custodial";
  readonly since_ms: number;
  readonly name?: string;
  readonly ended_ms?: number;
  readonly reason?: string;
  readonly stolen_since_ms?: number;
}

export interface Bundle {
  readonly origin: string;
  readonly size: number;
  readonly at_ms: number;
  readonly made_ms: number;
  readonly until_ms: number;
  readonly keys: readonly LabelKey[];
}

export class BundleWrong extends Error {}

/** The bundle, if one of these keys of the log (`name+id+base64`) has signed it, and none of them wrongly. */
export async function openBundle(note: string, vkeys: readonly string[], verify: Verify): Promise<Bundle> {
  const end = note.lastIndexOf("\n\n");
  const [first, line, ...rest] = end < 0 ? [] : note.slice(0, end + 1).split("\n");
  if (first !== DOMAIN || line === undefined || rest.join("\n") !== "" || !note.endsWith("\n")) {
    throw new BundleWrong("no bundle of label keys");
  }
  const text = new TextEncoder().encode(note.slice(0, end + 1));
  const names: string[] = [];
  for (const signature of note.slice(end + 2, -1).split("\n")) {
    const parts = /^— (\S+) (\S+)$/.exec(signature);
    if (parts === null) throw new BundleWrong("a line that is no signature");
    const [, name = "", encoded = ""] = parts;
    const raw = fromBase64(encoded);
    const key = vkeys.map(readVkey).find((one) => one.name === name && same(one.id, raw.subarray(0, 4)));
    if (key === undefined) continue;
    if (!(await verify(key.publicKey, raw.slice(4), text))) throw new BundleWrong("a signature that does not fit");
    names.push(name);
  }
  const bundle = JSON.parse(line) as Bundle;
  if (names.length === 0 || names.some((one) => one !== bundle.origin)) throw new BundleWrong("not signed by the log");
  return bundle;
}

function readVkey(text: string): { name: string; id: Uint8Array; publicKey: Uint8Array } {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text);
  const raw = parts === null ? new Uint8Array() : fromBase64(parts[3] ?? "");
  if (parts === null || raw.length !== 33 || raw[0] !== ED25519) throw new BundleWrong("no key of a log");
  const id = Uint8Array.from((parts[2] ?? "").match(/../g) ?? [], (one) => parseInt(one, 16));
  return { name: parts[1] ?? "", id, publicKey: raw.slice(1) };
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
