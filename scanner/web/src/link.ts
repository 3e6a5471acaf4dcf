// A link taken apart as `ledger/identifiers/link_signature.py` does: what it says of goods, in the one spelling that is signed, and its signature.
// Both were tried on the same links (`test/signed-links.json`). What the server's own reader would refuse for finer reasons, such as the check digit
// of a batch code, is not asked here: nobody has signed it.

/** GS1's own field for a signature, where the link names a pack; the private one where it names a batch or a product. */
const DIGSIG = "8030";
const PRIVATE = "dsig";
const FNC1 = "\x1d";
const SIGNATURE = /^[A-Za-z0-9_-]{90}$/;
const VERSION_ED25519 = 1;
/** What may stand in AI 10 and 21 (GS1 General Specifications, figure 7.11-1). */
const AI_VALUE = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+$/;
const AI_CHARACTERS_MAX = 20;
const LINK_CHARACTERS_MAX = 2000;
const LINK = /^https?:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/i;
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const URI = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const BATCH_PAGE = /^(?:\/.*)?\/c\/([0-9A-Za-z-]{1,40})\/?$/i;
const GS1_PATH = /\/01\/[0-9]{14}(?:\/|$)/;

export interface LinkSignature {
  /** The first two bytes of the key's id, in hex. */
  readonly hint: string;
  readonly bytes: Uint8Array;
}

export interface SignedLink {
  /** The host as it came, in small letters: not covered by the signature. */
  readonly host: string;
  /** What is signed of the goods. */
  readonly text: string;
  /** The same for a person. */
  readonly shown: string;
  readonly signature: LinkSignature;
}

/** Why a link carries no signature that could be checked. `unsigned`: it has none; `malformed`: it has something that is none. */
export type NoSignature = "unsigned" | "malformed";

export function readSignedLink(link: string): SignedLink | NoSignature {
  const parts = LINK.exec(link);
  if (parts === null || link.length > LINK_CHARACTERS_MAX) return "unsigned";
  const [, host = "", path = "", query = ""] = parts;
  const pairs = query.split(/[&;]/).map((one): [string, string] => {
    const at = one.indexOf("=");
    return at < 0 ? [one, ""] : [one.slice(0, at), one.slice(at + 1)];
  });
  const signatures = pairs.filter(([key]) => key === DIGSIG || key === PRIVATE);
  if (signatures.length === 0) return "unsigned";
  if (!HOST.test(host) || !URI.test(link)) return "malformed";
  try {
    const [form, elements, isPack] = goodsOf(path);
    for (const element of attributesOf(pairs)) elements.push(element);
    const [[parameter, value]] = signatures as [[string, string]];
    if (signatures.length > 1 || parameter !== (isPack ? DIGSIG : PRIVATE)) return "malformed";
    const texts = elements.map(([key, one]) => (key ? `(${key})${one}` : one));
    return {
      host: host.toLowerCase(),
      text: `${form}\n${texts.map((one) => one + FNC1).join("")}`,
      shown: texts.join(""),
      signature: readSignature(value),
    };
  } catch {
    return "malformed";
  }
}

type Element = [key: string, value: string];

class NotGoods extends Error {}

function goodsOf(path: string): [form: string, elements: Element[], isPack: boolean] {
  const page = BATCH_PAGE.exec(path);
  if (page !== null && !GS1_PATH.test(path)) return ["batch-code", [["", batchCode(page[1] ?? "")]], false];
  const segments = path.replace(/\/$/, "").split("/");
  const start = segments.findIndex((one, at) => at > 0 && segments[at - 1] === "01" && /^[0-9]{14}$/.test(one));
  const gtin = segments[start];
  if (gtin === undefined || start < 0) throw new NotGoods();
  const elements: Element[] = [["01", gtin]];
  const rest = segments.slice(start + 1);
  for (let at = 0; at < rest.length; at += 2) {
    const key = rest[at] ?? "";
    const last = elements[elements.length - 1]?.[0] ?? "";
    if (!(key === "10" && last === "01") && !(key === "21" && last !== "21")) throw new NotGoods();
    const value = aiValue(rest[at + 1] ?? "");
    if (value.length > AI_CHARACTERS_MAX || value === "." || value === "..") throw new NotGoods();
    elements.push([key, value]);
  }
  return ["gs1", elements, elements.some(([key]) => key === "21")];
}

/** Small letters without the groups; what is misread for a digit is one (`ledger.identifiers.batch_code`). */
function batchCode(text: string): string {
  const code = text.toLowerCase().replace(/-/g, "").replace(/o/g, "0").replace(/[il]/g, "1");
  if (!/^[0-9a-hjkmnp-tv-z]{17}$/.test(code)) throw new NotGoods();
  return code;
}

/** GS1's own elements in the query, by their numbers, each once. */
function attributesOf(pairs: readonly [string, string][]): Element[] {
  const found = pairs
    .filter(([key]) => /^[0-9]+$/.test(key) && key !== DIGSIG)
    .map(([key, value]): Element => [key, aiValue(value)])
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  found.forEach(([key], at) => {
    if (found[at + 1]?.[0] === key || key === "01" || key === "10" || key === "21") throw new NotGoods();
  });
  return found;
}

function aiValue(escaped: string): string {
  const value = decodeURIComponent(escaped);
  if (!AI_VALUE.test(value)) throw new NotGoods();
  return value;
}

function readSignature(text: string): LinkSignature {
  if (!SIGNATURE.test(text)) throw new NotGoods();
  const bytes = fromBase64(text.replace(/-/g, "+").replace(/_/g, "/") + "==");
  // Encoding again catches the four bits at the end that a decoder drops: one signature has one spelling.
  const again = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  if (again !== text || bytes[0] !== VERSION_ED25519) throw new NotGoods();
  return { hint: hex(bytes.subarray(1, 3)), bytes: bytes.slice(3) };
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}
