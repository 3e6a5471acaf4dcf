// Shortens the way on the counter: buyers are found while one types, the total is shown while one writes. The server reckons it again.
"use strict";

(() => {
  // The counter: what does not begin to match is put away; Enter takes the only one that is left.
  const search = document.getElementById("q");
  const buyers = [...document.querySelectorAll("#buyers > li")];
  if (search && buyers.length) {
    const sift = () => {
      const asked = search.value.trim().toLowerCase();
      for (const one of buyers) one.hidden = !one.dataset.find.includes(asked);
    };
    search.addEventListener("input", sift);
    search.form.addEventListener("submit", (event) => {
      const left = buyers.filter((one) => !one.hidden);
      if (!search.value.trim() || left.length !== 1) return;
      event.preventDefault();
      left[0].querySelector("a").click();
    });
    sift();
  }

  // The slip: exact in whole numbers, as the server does it; half a fen and more is one fen.
  const form = document.querySelector("form[data-sell]");
  if (!form) return;
  const out = document.getElementById("sum");
  const later = out.textContent;
  const warning = document.getElementById("more-than-left");
  const plain = (text) => text.normalize("NFKC").replace(/[,¥元\s]/g, "").replace("。", ".");
  const whole = (text, decimals) => {
    const found = /^(\d{1,13})(?:\.(\d+))?$/.exec(plain(text));
    if (!found || (found[2] ?? "").length > decimals) return null;
    return BigInt(found[1] + (found[2] ?? "").padEnd(decimals, "0"));
  };
  const yuan = (fen) => {
    const digits = fen.toString().padStart(3, "0");
    return `¥${digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")}.${digits.slice(-2)}`;
  };
  const reckon = () => {
    let [sum, told, more] = [0n, true, false];
    form.querySelectorAll("[data-line]").forEach((line, number) => {
      const amount = whole(line.querySelector("[data-amount]").value, 6);
      if (number && !line.querySelector("[data-amount]").value.trim()) return;
      const price = whole(line.querySelector("[data-price]").value, 2);
      if (amount === null || price === null) told = false;
      else sum += (amount * price + 500000n) / 1000000n;
      const left = whole(line.querySelector("[data-goods]").selectedOptions[0]?.dataset.left ?? "", 6);
      more ||= amount !== null && left !== null && amount > left;
    });
    const agreed = whole(form.querySelector("[data-total]").value, 2);
    const known = agreed ?? (told ? sum : null);
    out.textContent = known === null ? later : yuan(known);
    out.classList.toggle("reckoned", known !== null);
    warning.hidden = !more;
  };
  form.addEventListener("input", reckon);
  // A number that is already there is typed over, not behind.
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-amount], [data-price]")) event.target.select();
  });
  const first = form.querySelector("[data-amount]");
  if (document.activeElement === first) first.select();
  // A double tap sends one form; the record's own id would see to it anyway.
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);
  reckon();
})();
