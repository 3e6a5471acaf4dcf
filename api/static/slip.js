// The print dialog for a slip that was just written or is printed again, and a roll that is cut to the slip. Without it the browser's own menu prints.
"use strict";

(() => {
  const slip = document.querySelector(".slip[data-paper]");
  if (!slip) return;
  const MM = 96 / 25.4;
  const [LEAST, MOST, STEP, MARGINS] = [100, 400, 20, 6];
  const { paper } = slip.dataset;

  // The server guessed a length from the number of lines; here it can be measured.
  const roll = [...slip.classList].find((one) => one.startsWith("roll-"));
  if (roll) {
    const wanted = Math.ceil((slip.offsetHeight / MM + MARGINS) / STEP) * STEP;
    slip.classList.replace(roll, `roll-${paper}-${Math.min(Math.max(wanted, LEAST), MOST)}`);
  }

  const next = document.querySelector(".slip-next");
  addEventListener("afterprint", () => next?.focus());
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
  // Loaded again or come back to, the page shows a copy: one slip is printed once.
  if (location.search) history.replaceState(null, "", location.pathname);
  if ("now" in slip.dataset) requestAnimationFrame(() => requestAnimationFrame(() => print()));
})();
