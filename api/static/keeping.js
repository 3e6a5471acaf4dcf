// A form that must not be lost: a while after something was typed, what stands in it is sent to be kept as a draft. Photos are left to their button.
"use strict";

(() => {
  const form = document.querySelector("form[data-keeping]");
  const said = form?.querySelector("[data-kept]");
  if (!form || !said) return;

  const WAIT_MS = 4000;
  let waiting = 0;
  const keep = async () => {
    const body = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    body.set("do", "keep");
    try {
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin", headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      said.textContent = said.dataset.kept;
    } catch {
      said.textContent = said.dataset.lost;
    }
  };
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    clearTimeout(waiting);
    waiting = setTimeout(keep, WAIT_MS);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
})();
