// Signing with a passkey: shows nothing of its own, decides nothing. What is signed is the payload in the page's draft; its words stand beside it.
// `data-signing`: drafts to be signed and sent. `data-enrolling`: a new key, its enrolment signed by itself.
"use strict";

(() => {
  if (window.suyuanSigning || !window.PublicKeyCredential || !window.crypto?.subtle) return;
  window.suyuanSigning = true;

  const TYPE = "application/vnd.suyuan.statement+json";
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const fromUrl = (text) => bytes(text.replace(/-/g, "+").replace(/_/g, "/"));
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const random = (count) => crypto.getRandomValues(new Uint8Array(count));

  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail || String(answer.status));
    return said;
  };

  // DSSE's pre-authentication encoding: reckoned here from the payload, so that what is signed is what is sent.
  const digest = async (payload) => {
    const head = new TextEncoder().encode(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} `);
    const message = new Uint8Array(head.length + payload.length);
    message.set(head);
    message.set(payload, head.length);
    return crypto.subtle.digest("SHA-256", message);
  };

  const sign = async (draft, rpId, known) => {
    const challenge = await digest(bytes(draft.payload));
    const credential = await navigator.credentials.get({
      publicKey: {
        challenge,
        rpId,
        userVerification: "required",
        allowCredentials: known.map((one) => ({ type: "public-key", id: fromUrl(one.credential) })),
      },
    });
    const { authenticatorData, clientDataJSON, signature } = credential.response;
    // RFC 8785: three names in order, base64 values, no white space.
    const wrapped = JSON.stringify({
      authenticatorData: base64(authenticatorData),
      clientDataJSON: base64(clientDataJSON),
      signature: base64(signature),
    });
    const keyid = known.find((one) => one.credential === credential.id).keyid;
    const signatures = [{ keyid, sig: btoa(wrapped) }];
    return { envelope: { payload: draft.payload, payloadType: TYPE, signatures }, items: draft.items };
  };

  const show = (list, words) => {
    const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
    list.replaceChildren(
      ...words.flatMap((line) => {
        const [name, value] = [document.createElement("dt"), document.createElement("dd")];
        name.textContent = line.label[language];
        value.textContent = line.value[language];
        return [name, value];
      }),
    );
  };

  const attempt = (block, button, does) => {
    const [why, working] = [block.querySelector(".why"), block.querySelector(".working")];
    button.addEventListener("click", async () => {
      button.disabled = true;
      why.hidden = true;
      working.hidden = false;
      try {
        await does();
      } catch (wrong) {
        why.textContent = block.dataset.failed + " " + (wrong.message || wrong.name);
        why.hidden = false;
        button.disabled = false;
      }
      working.hidden = true;
    });
  };

  const done = (block, recorded) => {
    block.querySelector(".doing").hidden = true;
    const place = block.querySelector(".done");
    place.hidden = false;
    place.querySelector("a").href = `/entries/${recorded.position}`;
    place.querySelector(".code").textContent = `#${recorded.position} ${recorded.id}`;
  };

  for (const block of document.querySelectorAll("[data-signing]")) {
    const button = block.querySelector("button");
    button.hidden = false;
    attempt(block, button, async () => {
      const drafts = JSON.parse(block.querySelector("textarea").value).statements;
      const statements = [];
      for (const draft of drafts) statements.push(await sign(draft, block.dataset.rp, JSON.parse(block.dataset.keys)));
      const recorded = (await post("/api/v1/statements", { statements })).statements;
      done(block, recorded[recorded.length - 1]);
    });
  }

  for (const block of document.querySelectorAll("[data-enrolling]")) {
    const [start, confirm] = block.querySelectorAll("button");
    const [invite, rp] = [block.querySelector("input"), block.dataset.rp];
    let draft = null;
    let credential = null;
    start.hidden = false;
    attempt(block, start, async () => {
      const made = await navigator.credentials.create({
        publicKey: {
          challenge: random(32),
          rp: { id: rp, name: block.dataset.name },
          user: { id: random(16), name: block.dataset.name, displayName: block.dataset.name },
          pubKeyCredParams: [{ type: "public-key", alg: -7 }],
          authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
          attestation: "none",
        },
      });
      // SubjectPublicKeyInfo of a P-256 key ends in the point: 65 bytes.
      const point = new Uint8Array(made.response.getPublicKey()).slice(-65);
      credential = made.id;
      draft = await post("/api/v1/key-enrolments/draft", {
        invite: invite.value.trim(),
        kind_of_key: "es256",
        public_key: base64(point),
        rp_id: rp,
      });
      show(block.querySelector("dl"), draft.words);
      start.hidden = true;
      confirm.hidden = false;
      block.querySelector(".told").hidden = false;
    });
    attempt(block, confirm, async () => {
      const statement = await sign(draft, rp, [{ credential, keyid: draft.keyid }]);
      done(block, await post("/api/v1/key-enrolments", { invite: invite.value.trim(), statement, credential }));
    });
  }
})();
