// Checks a proof or a disclosure in this browser. It sends nothing: the page's own rules for content leave it no way to (`api/pages/verifying.py`).
// What is read and how it is judged stands in docs/formats.md; `suyuan verify-proof` and `verify-disclosure` judge the same files on one's own machine.
"use strict";

(() => {
  const root = document.querySelector("[data-verify]");
  if (root === null || root.dataset.ready) return;
  root.dataset.ready = "1";

  const FILE_BYTES_MAX = 16 * 1024 * 1024;
  const VERIFY_MS_MAX = 10_000;
  const PROOF_HEADER = "c2sp.org/tlog-proof@v1";
  const PAYLOAD_TYPE = "application/vnd.suyuan.statement+json";
  const ITEM_DOMAIN = "suyuan/item/v1";
  const [LOG_KEY, WITNESS_KEY] = [1, 4];
  const HEADER = ["v", "log", "id", "type", "issuer", "occurred_at", "items"];
  const HEADER_MAY = ["on_behalf_of", "corrects"];
  const REGISTER_TYPES = ["genesis.v1", "key.v1", "credential.v1", "log_key.v1", "erasure.v1"];
  // RFC 8032 7.1, test 1: the signature over nothing. A way to check is believed once it tells it from another one.
  const PROOF_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  const PROOF_SIGNATURE = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";
  // RFC 6979 A.2.5, the first message with SHA-256: likewise for passkeys.
  const P256_KEY = "BGD+1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p+2eQP+EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk=";
  const P256_SIGNATURE = "79SLKqy2qP0RQN2c1F6B1p0sh3tWqvmRw00OqE6vNxb3yxyULWV8QdQ2x6G24p9l8+kA27mv9AZNxKsvhDrNqA==";
  const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const ASSERTION = ["authenticatorData", "clientDataJSON", "signature"];
  const ASSERTION_BYTES_MAX = 8 * 1024;
  const [PRESENT_AND_VERIFIED, AUTHENTICATOR_BYTES_MIN] = [0x05, 37];

  const WORDS = JSON.parse(root.dataset.words);
  const say = (key, blanks = {}) => WORDS[key].replace(/\{(\w+)\}/g, (_, name) => String(blanks[name]));

  /** The file does not hold: `key` names the sentence. */
  class Wrong extends Error {
    constructor(key, blanks) {
      super(key);
      [this.key, this.blanks, this.state] = [key, blanks, "bad"];
    }
  }
  /** Nothing can be said here, for or against. */
  class Cannot extends Wrong {
    constructor(key, blanks) {
      super(key, blanks);
      this.state = "none";
    }
  }
  const require = (holds, key, blanks) => {
    if (!holds) throw new Wrong(key, blanks);
  };
  const shaped = (holds, what) => require(holds, "malformed", { what });

  // Bytes

  const encode = (text) => new TextEncoder().encode(text);
  const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
  const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  const base64 = (bytes) => btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));
  const joined = (...parts) => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

  const fromBase64 = (text, what) => {
    shaped(typeof text === "string", what);
    let bytes = null;
    try {
      bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    } catch {
      shaped(false, what);
    }
    // Written again it must come out the same: one value has one spelling.
    shaped(base64(bytes) === text, what);
    return bytes;
  };
  const decimal = (text, what) => {
    shaped(/^(0|[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text)), what);
    return Number(text);
  };
  const count = (value, what) => {
    shaped(Number.isSafeInteger(value) && value >= 0, what);
    return value;
  };
  const names = (value, expected, what) => {
    const is = value !== null && typeof value === "object" && !Array.isArray(value);
    shaped(is && Object.keys(value).sort().join() === [...expected].sort().join(), what);
    return value;
  };

  /** RFC 8785 for values without fractions: names by their UTF-16 units, strings and integers as JSON.stringify writes them. */
  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
    if (value !== null && typeof value === "object") {
      const inner = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
      return `{${inner.join()}}`;
    }
    // What the ledger's own reader refuses as well: fractions, U+0000, half a character.
    shaped(typeof value !== "number" || Number.isSafeInteger(value), "JSON");
    shaped(typeof value !== "string" || !/\u0000|\p{Surrogate}/u.test(value), "JSON");
    return JSON.stringify(value);
  };
  const text = (bytes, what) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return shaped(false, what);
    }
  };
  const json = (source, what) => {
    let value = null;
    try {
      value = JSON.parse(source);
    } catch {
      shaped(false, what);
    }
    return value;
  };
  const readCanonical = (bytes, what) => {
    const source = text(bytes, what);
    const value = json(source, what);
    shaped(canonical(value) === source, what);
    return value;
  };

  // Ed25519: the browser's own where it proves itself, else the small program beside the scan page

  const within = (promise) =>
    Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error("too long")), VERIFY_MS_MAX))]);
  const native = async (key, signature, message) => {
    const known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "Ed25519" }, known, signature, message);
  };
  const noble = () => {
    const worker = new Worker(root.dataset.noble);
    const waiting = new Map();
    worker.onmessage = ({ data }) => waiting.get(data.number)?.(data.good);
    worker.onerror = (event) => event.preventDefault();
    return (publicKey, signature, message) =>
      new Promise((take) => {
        const number = waiting.size + 1;
        waiting.set(number, take);
        worker.postMessage({ number, publicKey, signature, message });
      });
  };
  let found = null;
  const provenWay = async () => {
    for (const [way, make] of [["native", () => native], ["noble", noble]]) {
      try {
        const verify = make();
        const [key, signature] = [fromBase64(PROOF_KEY), fromBase64(PROOF_SIGNATURE)];
        const good = await within(verify(key, signature, new Uint8Array()));
        if (good && !(await within(verify(key, signature, Uint8Array.of(1))))) {
          root.dataset.way = way;
          return verify;
        }
      } catch {
        // It is not there, or does not know the curve: the next one.
      }
    }
    throw new Cannot("cannot");
  };
  const verify = async (key, signature, message) => {
    found ??= provenWay();
    return within((await found)(key, signature, message));
  };

  // ECDSA with P-256: browsers have had it for long, and it proves itself all the same

  const ecdsa = async (key, signature, message) => {
    const known = await crypto.subtle.importKey("raw", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, known, signature, message);
  };
  let proven = null;
  const provenEcdsa = async () => {
    const [key, signature] = [fromBase64(P256_KEY), fromBase64(P256_SIGNATURE)];
    try {
      if ((await within(ecdsa(key, signature, encode("sample")))) && !(await within(ecdsa(key, signature, encode("simple"))))) return;
    } catch {
      // As below.
    }
    throw new Cannot("cannot");
  };
  /** The 64 bytes that browsers take, of RFC 3279 2.2.3 in DER in its one spelling: two integers from 1 to below the order. */
  const fixed = (der) => {
    const [parts, what] = [[], say("what_signature")];
    shaped(der[0] === 0x30 && der[1] === der.length - 2 && der.length <= 72, what);
    for (let at = 2; at < der.length; ) {
      const bytes = der.subarray(at + 2, at + 2 + der[at + 1]);
      shaped(der[at] === 0x02 && bytes.length > 0 && bytes.length === der[at + 1] && bytes[0] < 0x80, what);
      shaped(bytes[0] > 0 || bytes[1] >= 0x80, what);
      const digits = hex(bytes).replace(/^00/, "").padStart(64, "0");
      shaped(BigInt(`0x${digits}`) < P256_ORDER, what);
      parts.push(Uint8Array.from(digits.match(/../g), (one) => parseInt(one, 16)));
      at += 2 + bytes.length;
    }
    shaped(parts.length === 2, what);
    return joined(...parts);
  };
  const verifyEcdsa = async (key, der, message) => {
    await (proven ??= provenEcdsa());
    return within(ecdsa(key, fixed(der), message));
  };

  // Passkeys (WebAuthn level 2, 7.2, without what belongs to a session)

  /** JSON as a browser wrote it, blanks and escapes and all; no name twice, for then it would depend on the reader. */
  const readObject = (bytes, what) => {
    const source = text(bytes, what);
    const value = json(source, what);
    shaped(value !== null && typeof value === "object" && !Array.isArray(value), what);
    canonical(value);
    const named = (one) =>
      one === null || typeof one !== "object" ? 0 : Object.values(one).reduce((sum, inner) => sum + named(inner), Array.isArray(one) ? 0 : Object.keys(one).length);
    const written = source.match(/"(?:[^"\\]|\\.)*"(?:\s*:)?/g).filter((one) => one.endsWith(":"));
    shaped(written.length === named(value), what);
    return value;
  };

  /** Whether it is an assertion of this passkey, made at its site to sign these very bytes, by a person who was there and was verified. */
  const verifyPasskey = async (key, wrapper, message) => {
    const what = say("what_signature");
    shaped(wrapper.length <= ASSERTION_BYTES_MAX, what);
    const parts = names(readCanonical(wrapper, what), ASSERTION, what);
    const [authenticator, client, signature] = ASSERTION.map((name) => fromBase64(parts[name], what));
    const told = readObject(client, what);
    const challenge = base64(await sha256(message)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const origin = typeof told.origin === "string" ? /^(?:https:\/\/([a-z0-9.-]{1,253})|http:\/\/(localhost))(?::[0-9]{1,5})?$/.exec(told.origin) : null;
    const host = origin === null ? "" : (origin[1] ?? origin[2]);
    return (
      told.type === "webauthn.get" &&
      told.challenge === challenge &&
      (host === key.rp || host.endsWith(`.${key.rp}`)) &&
      (!("crossOrigin" in told) || told.crossOrigin === false) &&
      authenticator.length >= AUTHENTICATOR_BYTES_MIN &&
      same(authenticator.subarray(0, 32), await sha256(encode(key.rp))) &&
      (authenticator[32] & PRESENT_AND_VERIFIED) === PRESENT_AND_VERIFIED &&
      verifyEcdsa(key.raw, signature, joined(authenticator, await sha256(client)))
    );
  };

  const isSignedBy = (key, signature, message) => {
    if (key.kind === "ed25519") return verify(key.raw, signature, message);
    return key.rp === null ? verifyEcdsa(key.raw, signature, message) : verifyPasskey(key, signature, message);
  };

  // Notes and checkpoints (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature)

  const readVkey = async (line) => {
    const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(line);
    require(parts !== null, "key_malformed", { given: line.slice(0, 80) });
    const raw = fromBase64(parts[3], say("what_key"));
    require(raw.length === 33 && [LOG_KEY, WITNESS_KEY].includes(raw[0]), "key_malformed", { given: line.slice(0, 80) });
    const id = (await sha256(encode(`${parts[1]}\n`), raw)).subarray(0, 4);
    require(hex(id) === parts[2], "key_malformed", { given: line.slice(0, 80) });
    return { name: parts[1], id, kind: raw[0], key: raw.slice(1) };
  };

  const readNote = (note) => {
    const end = note.lastIndexOf("\n\n");
    shaped(end > 0 && note.endsWith("\n") && !/[\x00-\x09\x0b-\x1f]/.test(note), say("what_note"));
    const lines = note.slice(end + 2, -1).split("\n");
    const signatures = lines.map((line) => {
      const parts = /^— ([^+\s]+) (\S+)$/u.exec(line);
      shaped(parts !== null, say("what_note"));
      const raw = fromBase64(parts[2], say("what_note"));
      shaped(raw.length > 4, say("what_note"));
      return { name: parts[1], id: raw.subarray(0, 4), signature: raw.slice(4) };
    });
    return { text: note.slice(0, end + 1), signatures };
  };

  const checkOne = (key, body, signature) => {
    if (key.kind === LOG_KEY) return verify(key.key, signature, encode(body));
    if (signature.length !== 72) return false;
    const seconds = signature.subarray(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
    return verify(key.key, signature.slice(8), encode(`cosignature/v1\ntime ${seconds}\n${body}`));
  };

  const openCheckpoint = async (source, keys) => {
    const note = readNote(source);
    const signers = new Set();
    for (const one of note.signatures) {
      const key = keys.find((known) => known.name === one.name && same(known.id, one.id));
      if (key === undefined) continue;
      require(await checkOne(key, note.text, one.signature), "bad_signature", { who: one.name });
      signers.add(key);
    }
    const logs = [...signers].filter((one) => one.kind === LOG_KEY);
    require(logs.length > 0, "unsigned", { who: note.signatures.map((one) => one.name).join(", ") });
    const [origin, size, hash, ...more] = note.text.split("\n");
    shaped(more.length === 1 && more[0] === "", say("what_checkpoint"));
    require(logs.every((one) => one.name === origin), "another_log", { who: origin });
    const tree = { origin, size: decimal(size, say("what_checkpoint")), root: readHash(hash), note: source };
    tree.witnesses = [...signers].filter((one) => one.kind === WITNESS_KEY).length;
    return tree;
  };

  // Proofs (RFC 6962 2.1, c2sp.org/tlog-proof)

  const readHash = (source) => {
    const hash = fromBase64(source, say("what_hash"));
    shaped(hash.length === 32, say("what_hash"));
    return hash;
  };
  const leafHash = (entry) => sha256(Uint8Array.of(0), entry);

  /** The way from the root down, as the tree is cut: the last hash of the path is the sibling of the topmost half. */
  const rootOf = async (leaf, position, size, path) => {
    if (size === 1) {
      require(path.length === 0, "no_inclusion");
      return leaf;
    }
    require(path.length > 0, "no_inclusion");
    let half = 1;
    while (half * 2 < size) half *= 2;
    const [rest, sibling] = [path.slice(0, -1), path[path.length - 1]];
    return position < half
      ? sha256(Uint8Array.of(1), await rootOf(leaf, position, half, rest), sibling)
      : sha256(Uint8Array.of(1), sibling, await rootOf(leaf, position - half, size - half, rest));
  };
  const checkInclusion = async (entry, proof, tree) => {
    require(proof.position < tree.size, "no_inclusion");
    require(same(await rootOf(await leafHash(entry), proof.position, tree.size, proof.hashes), tree.root), "no_inclusion");
  };

  const readProof = (source) => {
    const what = say("what_proof");
    const end = source.indexOf("\n\n");
    const lines = source.slice(0, end).split("\n");
    shaped(end > 0 && lines.shift() === PROOF_HEADER, what);
    let extra = null;
    if (lines[0]?.startsWith("extra ")) {
      extra = fromBase64(lines.shift().slice(6), what);
      shaped(extra.length > 0, what);
    }
    shaped(lines[0]?.startsWith("index "), what);
    const position = decimal(lines.shift().slice(6), what);
    shaped(lines.length <= 63, what);
    return { position, extra, hashes: lines.map(readHash), note: source.slice(end + 2) };
  };

  const readEntry = (bytes) => {
    const what = say("what_entry");
    const entry = names(readCanonical(bytes, what), ["v", "at", "prev", "statement"], what);
    shaped(entry.v === 1 && fromBase64(entry.prev, what).length === 32, what);
    const statement = fromBase64(entry.statement, what);
    shaped(statement.length === 32, what);
    return { at: count(entry.at, what), statement };
  };

  const moment = (ms) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
  const levelLine = (tree, keys) => ["level", { k: tree.witnesses, n: keys.filter((one) => one.kind === WITNESS_KEY).length }];

  const checkProof = async (proof, bytes, keys) => {
    require(bytes !== null, "no_entry");
    const tree = await openCheckpoint(proof.note, keys);
    await checkInclusion(bytes, proof, tree);
    const entry = readEntry(bytes);
    return [
      ["holds_proof", { origin: tree.origin, position: proof.position, at: moment(entry.at) }],
      ["digest", { digest: hex(entry.statement) }],
      ["checkpoint", { size: tree.size, root: base64(tree.root) }],
      levelLine(tree, keys),
      ["not_checked_proof", {}],
    ];
  };

  // Disclosures (docs/formats.md)

  const readEnvelope = async (value) => {
    const what = say("what_envelope");
    names(value, ["payload", "payloadType", "signatures"], what);
    shaped(value.payloadType === PAYLOAD_TYPE && Array.isArray(value.signatures), what);
    shaped(value.signatures.length >= 1 && value.signatures.length <= 4, what);
    const signatures = value.signatures.map((one) => {
      names(one, ["keyid", "sig"], what);
      shaped(/^[0-9a-f]{64}$/.test(one.keyid), what);
      return { keyid: one.keyid, sig: fromBase64(one.sig, what) };
    });
    signatures.forEach((one, at) => shaped(at === 0 || signatures[at - 1].keyid < one.keyid, what));
    const payload = fromBase64(value.payload, what);
    const header = readCanonical(payload, what);
    shaped(header !== null && header.v === 1 && Array.isArray(header.items), what);
    names(header, [...HEADER, ...HEADER_MAY.filter((name) => name in header)], what);
    for (const name of Object.keys(header)) shaped(["v", "items"].includes(name) || typeof header[name] === "string", what);
    const message = joined(encode(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload);
    return { header, message, signatures, digest: await sha256(encode(canonical(value))) };
  };

  const hmac = async (salt, ...parts) => {
    const key = await crypto.subtle.importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", key, joined(...parts)));
  };

  /** One statement of the file: entry, proof, envelope and items belong together and stand in the tree. */
  const readShown = async (value, tree) => {
    const bytes = fromBase64(value.entry, say("what_entry"));
    const [entry, envelope] = [readEntry(bytes), await readEnvelope(value.envelope)];
    const position = count(value.position, say("what_proof"));
    shaped(typeof value.proof === "string" && Array.isArray(value.items), say("what_disclosure"));
    const proof = readProof(value.proof);
    require(proof.position === position && proof.note === tree.note && proof.extra === null, "apart");
    await checkInclusion(bytes, proof, tree);
    require(same(entry.statement, envelope.digest) && envelope.header.log === tree.origin, "apart");
    const items = new Map();
    let last = -1;
    for (const one of value.items) {
      const item = await readItem(one, envelope.header);
      shaped(one.place > last, say("what_item"));
      items.set((last = one.place), item);
    }
    return { position, entry, ...envelope, items };
  };

  const readItem = async (one, header) => {
    const what = say("what_item");
    names(one, ["place", "item", "salt"], what);
    const [raw, salt] = [fromBase64(one.item, what), fromBase64(one.salt, what)];
    shaped(salt.length === 32, what);
    require(count(one.place, what) < header.items.length, "apart");
    // 0x00 cannot occur in the context, so that context and item cannot be cut in two ways.
    const context = canonical([ITEM_DOMAIN, header.log, header.issuer, header.id, one.place]);
    const commitment = await hmac(salt, encode(`${context}\u0000`), raw);
    require(same(commitment, fromBase64(header.items[one.place], what)), "other_item");
    return readCanonical(raw, what);
  };

  const keyOf = async (sheet, more) => {
    const raw = fromBase64(sheet.public_key, say("what_key"));
    const keyid = hex(await sha256(encode(sheet.kind_of_key), raw));
    return { keyid, raw, kind: sheet.kind_of_key, ...more };
  };

  /** Every signature is good and of a key enrolled before; the keys that count. `offered`: the one that this statement enrols may sign too. */
  const signersOf = async (shown, register, offered = null) => {
    const signers = [];
    for (const one of shown.signatures) {
      const isOffered = offered !== null && one.keyid === offered.keyid;
      const key = isOffered ? offered : register.get(one.keyid);
      require(key !== undefined, "stranger");
      require(isOffered || (key.since < shown.position && (key.until === null || shown.position <= key.until)), "stranger");
      require(await isSignedBy(key, one.sig, shown.message), "bad_signature", { who: key.party });
      if (!isOffered) signers.push(key);
    }
    const issuer = signers.find((one) => one.party === shown.header.issuer);
    require(issuer !== undefined, "stranger");
    return [issuer, signers];
  };

  const only = (shown, kind) => {
    require(shown.items.size === shown.header.items.length && shown.items.size === 1, "apart");
    const sheet = shown.items.get(0);
    require(sheet.kind === kind, "apart");
    return sheet;
  };

  const enrol = async (shown, register) => {
    require(shown.header.type === "key.v1", "apart");
    const sheet = only(shown, "key");
    require(["enrol", "rotate"].includes(sheet.action) && sheet.use !== "label", "apart");
    const old = sheet.action === "rotate" ? register.get(sheet.replaces) : null;
    require(old === null || (old !== undefined && old.until === null), "stranger");
    const whose = old ?? sheet;
    const offered = await keyOf(sheet, {
      party: whose.party,
      role: whose.role,
      custody: old === null ? sheet.custody : "own",
      rp: sheet.rp_id ?? null,
      since: shown.position,
      until: null,
    });
    require(!register.has(offered.keyid), "stranger");
    const [issuer, signers] = await signersOf(shown, register, offered);
    require(offered.custody === "custodial" || shown.signatures.some((one) => one.keyid === offered.keyid), "stranger");
    if (issuer.role !== "registrar" || sheet.action === "rotate") {
      const mine = signers.filter((one) => one.party === shown.header.issuer && one.custody === "own");
      const own = offered.party === shown.header.issuer && offered.custody === "own";
      const may = old === null ? mine.some((one) => one.role === offered.role) : mine.some((one) => one.keyid === sheet.replaces);
      require(own && may, "stranger");
    }
    if (old !== null) old.until = shown.position;
    register.set(offered.keyid, offered);
  };

  const readRegister = async (shown, origin) => {
    const [genesis, ...rest] = shown;
    require(genesis.position === 0 && genesis.header.type === "genesis.v1", "apart");
    const sheet = only(genesis, "genesis");
    require(sheet.origin === origin && sheet.kind_of_key === "ed25519", "apart");
    const whose = { party: genesis.header.issuer, role: "registrar", custody: "own", since: -1, until: null };
    const first = await keyOf(sheet, whose);
    const register = new Map([[first.keyid, first]]);
    await signersOf(genesis, register);
    // From here on it signs what comes after it, and not the genesis again.
    first.since = 0;
    for (const [at, one] of rest.entries()) {
      require(one.position > shown[at].position, "apart");
      await enrol(one, register);
    }
    return register;
  };

  /** Exactly the entries that the signatures need, back to the genesis. */
  const needed = (statement, shown, register) => {
    const [positions, waiting] = [new Set([0]), [statement]];
    while (waiting.length > 0) {
      for (const { keyid } of waiting.pop().signatures) {
        const since = register.get(keyid)?.since;
        require(since !== undefined, "stranger");
        if (positions.has(since)) continue;
        positions.add(since);
        waiting.push(shown.find((one) => one.position === since));
      }
    }
    return positions;
  };

  const checkDisclosure = async (value, source, keys) => {
    const what = say("what_disclosure");
    names(value, ["v", "kind", "position", "entry", "envelope", "items", "proof", "register"], what);
    shaped(canonical(value) === source && value.v === 1 && value.kind === "suyuan/disclosure/v1", what);
    shaped(Array.isArray(value.register) && value.register.length >= 1 && value.register.length <= 256, what);
    shaped(typeof value.proof === "string" && value.position > 0, what);
    const tree = await openCheckpoint(readProof(value.proof).note, keys);
    const shown = [];
    for (const one of value.register) {
      names(one, ["position", "entry", "envelope", "items", "proof"], what);
      shown.push(await readShown(one, tree));
    }
    const register = await readRegister(shown, tree.origin);
    const statement = await readShown(value, tree);
    require(needed(statement, shown, register).size === shown.length, "apart");
    const { header, items } = statement;
    const here = statement.signatures.map((one) => register.get(one.keyid)).find((one) => one?.since === statement.position);
    const [issuer] = await signersOf(statement, register, here ?? null);
    require(!REGISTER_TYPES.includes(header.type) || header.type === "key.v1" || issuer.role === "registrar", "stranger");
    return [
      ["holds_disclosure", { type: header.type, issuer: header.issuer, origin: tree.origin, position: statement.position }],
      [issuer.custody === "own" ? "custody_own" : "custody_custodial", {}],
      ["times", { occurred: header.occurred_at, at: moment(statement.entry.at) }],
      ...[...items.values()].map((one) => ["item", { text: canonical(one) }]),
      ...(items.size < header.items.length ? [["closed", { count: header.items.length - items.size }]] : []),
      ["checkpoint", { size: tree.size, root: base64(tree.root) }],
      levelLine(tree, keys),
      ["not_checked_disclosure", {}],
    ];
  };

  // The page

  const check = async (bytes, vkeys) => {
    if (globalThis.crypto?.subtle === undefined) throw new Cannot("insecure");
    require(bytes.length <= FILE_BYTES_MAX, "too_large");
    const lines = vkeys.split(/\s+/).filter((one) => one !== "");
    const keys = await Promise.all(lines.map(readVkey));
    const source = text(bytes, say("what_file"));
    if (source.startsWith(PROOF_HEADER)) {
      const proof = readProof(source);
      return checkProof(proof, proof.extra, keys);
    }
    const value = json(source, say("what_file"));
    if (value?.kind === "suyuan/disclosure/v1") return checkDisclosure(value, source, keys);
    const answers = Array.isArray(value) ? value : (value?.statements ?? [value]);
    shaped(Array.isArray(answers) && answers.length > 0, say("what_file"));
    const told = [];
    for (const one of answers) {
      const receipt = one?.receipt ?? one;
      shaped(typeof receipt?.proof === "string", say("what_file"));
      told.push(...(await checkProof(readProof(receipt.proof), fromBase64(receipt.entry, say("what_entry")), keys)));
    }
    return told;
  };

  const part = (name) => root.querySelector(`[data-part=${name}]`);
  const show = (state, lines) => {
    part("title").textContent = say(`title_${state}`);
    part("lines").replaceChildren(
      ...lines.map(([key, blanks]) => {
        const line = document.createElement("li");
        line.textContent = say(key, blanks);
        return line;
      }),
    );
    const panel = part("verdict");
    panel.className = `notice ${state === "bad" ? "red" : state === "none" ? "amber" : ""}`;
    panel.hidden = false;
    root.dataset.state = state;
  };

  let turn = 0;
  let kept = null;
  const judge = async () => {
    if (kept === null) return;
    const mine = ++turn;
    delete root.dataset.state;
    let said = null;
    try {
      const bytes = new Uint8Array(await kept.arrayBuffer());
      said = ["good", await check(bytes, part("keys").value)];
    } catch (wrong) {
      said = wrong instanceof Wrong ? [wrong.state, [[wrong.key, wrong.blanks]]] : ["none", [["cannot", {}]]];
    }
    // A file that was chosen while this one was looked at is shown instead.
    if (mine === turn) show(said[0], [["file", { name: kept.name }], ...said[1]]);
  };
  const take = (files) => {
    if (files.length === 0) return;
    kept = files[0];
    void judge();
  };

  part("file").addEventListener("change", (event) => take(event.target.files));
  part("keys").addEventListener("change", () => void judge());
  const drop = part("drop");
  for (const kind of ["dragover", "dragenter"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.dataset.over = "1";
    });
  }
  drop.addEventListener("dragleave", () => delete drop.dataset.over);
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    delete drop.dataset.over;
    take(event.dataTransfer.files);
  });
  root.hidden = false;
})();
