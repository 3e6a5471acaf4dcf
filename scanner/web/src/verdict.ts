// What the signature in a link says, with a bundle of keys and no network. Sentences stand in the page; here is which of them, and their blanks.
// A good signature says who issued the code. It never says that this pack is no copy, and the sentences say so each time.

import type { Bundle, LabelKey, Verify } from "./bundle.ts";
import { fromBase64, hex, readSignedLink, type SignedLink } from "./link.ts";
import type { Key } from "./words.ts";

const DOMAIN = "suyuan/label/v1";

export interface Line {
  readonly key: Key;
  readonly blanks: Readonly<Record<string, string | number>>;
}

export interface Verdict {
  /**
   * `good`: by a key with nothing against it. `doubt`: good, but by a key that ended or was stolen, behind a stranger's host, or by an old bundle.
   * `none`: nothing could be checked.
   */
  readonly state: "good" | "doubt" | "bad" | "none";
  readonly lines: readonly Line[];
}

/** What is known without a network. `bundle`: null where there is none, or why it is not believed. */
export interface Known {
  readonly bundle: Bundle | "missing" | "wrong";
  readonly verify: Verify;
  /** The host of the site that this page is of. */
  readonly host: string;
  readonly nowMs: number;
}

export async function verdictOf(text: string, known: Known): Promise<Verdict> {
  const link = readSignedLink(text);
  if (link === "unsigned") return { state: "none", lines: [line("off_unsigned")] };
  if (link === "malformed") return { state: "bad", lines: [line("off_malformed", { text: text.slice(0, 80) })] };
  const { bundle } = known;
  if (bundle === "missing") return { state: "none", lines: [line("off_no_bundle"), hostLine(link, known)] };
  if (bundle === "wrong") return { state: "none", lines: [line("off_bundle_wrong"), hostLine(link, known)] };
  const [found, tried] = await signerOf(link, bundle, known.verify);
  if (found === null) {
    return { state: tried ? "bad" : "none", lines: [line(tried ? "off_wrong" : "off_unknown"), ...asOf(bundle, known)] };
  }
  const state = stateOf(found);
  const lines = [
    line("off_signed", { who: found.name ?? found.party, goods: link.shown }),
    // A stranger's address behind a good signature is told before all else.
    ...(isOurs(link, known) ? [] : [hostLine(link, known)]),
    line("off_copy"),
    standing(found, state),
    line(found.custody === "custodial" ? "off_custodial" : "off_own"),
    ...asOf(bundle, known),
    ...(isOurs(link, known) ? [hostLine(link, known)] : []),
    line("off_not_checked"),
  ];
  const fresh = known.nowMs <= bundle.until_ms;
  return { state: state === "valid" && fresh && isOurs(link, known) ? "good" : "doubt", lines };
}

/** The key that made the signature, and whether there was any to try. Two bytes name a key only almost, so each candidate is tried. */
async function signerOf(link: SignedLink, bundle: Bundle, verify: Verify): Promise<[LabelKey | null, boolean]> {
  let tried = false;
  for (const one of bundle.keys) {
    const publicKey = fromBase64(one.key);
    const keyid = await keyidOf(publicKey);
    if (keyid.slice(0, 4) !== link.signature.hint) continue;
    tried = true;
    const message = new TextEncoder().encode(`${DOMAIN}\n${keyid}\n${link.text}\n`);
    if (await verify(publicKey, link.signature.bytes, message)) return [one, true];
  }
  return [null, tried];
}

/** SHA-256 of the kind and the key, as everywhere in the ledger. */
async function keyidOf(publicKey: Uint8Array): Promise<string> {
  const kind = new TextEncoder().encode("ed25519");
  const whole = new Uint8Array(kind.length + publicKey.length);
  whole.set(kind);
  whole.set(publicKey, kind.length);
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", whole)));
}

type State = "valid" | "ended" | "lost" | "stolen";

function stateOf(key: LabelKey): State {
  if (key.stolen_since_ms !== undefined || key.reason === "stolen") return "stolen";
  if (key.reason === "lost") return "lost";
  return key.ended_ms === undefined ? "valid" : "ended";
}

function standing(key: LabelKey, state: State): Line {
  if (state === "valid") return line("off_key_valid", { since: day(key.since_ms) });
  if (state === "stolen") return line("off_key_stolen", { day: day(key.stolen_since_ms ?? key.ended_ms ?? 0) });
  return line(state === "lost" ? "off_key_lost" : "off_key_ended", { day: day(key.ended_ms ?? 0) });
}

function asOf(bundle: Bundle, known: Known): Line[] {
  const told = [line("off_as_of", { moment: moment(bundle.at_ms), size: bundle.size })];
  return known.nowMs <= bundle.until_ms ? told : [...told, line("off_stale")];
}

function isOurs(link: SignedLink, known: Known): boolean {
  return link.host === known.host;
}

function hostLine(link: SignedLink, known: Known): Line {
  return line(isOurs(link, known) ? "off_host_ours" : "off_host_other", { host: link.host });
}

function line(key: Key, blanks: Line["blanks"] = {}): Line {
  return { key, blanks };
}

/** On a Chinese clock, as the ledger writes it. */
function moment(ms: number): string {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
}

function day(ms: number): string {
  return moment(ms).slice(0, 10);
}
