// Passkeys: asks the server for a challenge, the browser for an answer, and hands the answer back. Decides nothing.
// A block with `data-passkey` says what for: "sign-in", "invite" (with data-token) or "add". Without script its button stays hidden.
"use strict";

(() => {
  if (window.suyuanPasskeys || !window.PublicKeyCredential) return;
  window.suyuanPasskeys = true;

  const WAYS = {
    "sign-in": { ask: "/api/v1/sign-in/passkey/options", answer: "/api/v1/sign-in/passkey", create: false },
    invite: { ask: "/api/v1/invites/passkey/options", answer: "/api/v1/invites/passkey", create: true },
    add: { ask: "/api/v1/account/passkeys/options", answer: "/api/v1/account/passkeys", create: true },
  };

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    const said = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw new Error(said.detail || String(answer.status));
    return said;
  };

  const readable = (options) => ({
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    ...(options.allowCredentials && { allowCredentials: options.allowCredentials.map((one) => ({ ...one, id: bytes(one.id) })) }),
    ...(options.excludeCredentials && {
      excludeCredentials: options.excludeCredentials.map((one) => ({ ...one, id: bytes(one.id) })),
    }),
  });

  const written = (credential) => {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
      if (credential.response[name]) response[name] = text(credential.response[name]);
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
  };

  const go = async (block) => {
    const way = WAYS[block.dataset.passkey];
    const known = block.dataset.token ? { invite: block.dataset.token } : {};
    const options = { publicKey: readable(await post(way.ask, known)) };
    const credential = await (way.create ? navigator.credentials.create(options) : navigator.credentials.get(options));
    const who = await post(way.answer, { ...known, credential: written(credential) });
    if (block.dataset.passkey === "add") window.location.reload();
    else window.location.assign(who.role === "authority" ? "/inspect" : "/my");
  };

  for (const block of document.querySelectorAll("[data-passkey]")) {
    const [button, why, hint] = [block.querySelector("button"), block.querySelector(".why"), block.querySelector(".hint")];
    button.hidden = false;
    hint.hidden = true;
    button.addEventListener("click", async () => {
      button.disabled = true;
      why.hidden = true;
      try {
        await go(block);
      } catch (wrong) {
        // What the browser says (nobody touched the key, no key for this site) is not written for people.
        why.textContent = wrong.constructor === Error ? wrong.message : block.dataset.failed;
        why.hidden = false;
        button.disabled = false;
      }
    });
  }
})();
