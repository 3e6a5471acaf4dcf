// The picture of a trace: moved by drag, touch and keys, zoomed by wheel, pinch, keys and buttons, its groups opened in place.
// It draws nothing itself: what a group opens to comes from the server, as it does without script. Whatever fails is a link that leads there.
"use strict";

(() => {
  const frame = document.querySelector("[data-picture]");
  const tools = document.querySelector("[data-picture-tools]");
  const said = document.querySelector("[data-picture-said]");
  if (!frame || !tools || !said) return;

  const SMALLEST = 0.08, LARGEST = 4, STEP = 1.25, PUSH = 60, DRAG_PX = 6, EDGE = 40;
  let ground = frame.querySelector(".picture-ground");
  const open = new Set(new URLSearchParams(location.search).getAll("open"));
  const view = { x: 0, y: 0, scale: 1 };

  const drawing = () => [...ground.children].find((one) => one.getBoundingClientRect().width > 0);
  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  // How large the frame is, and the drawing in it. Asking makes a browser lay out the page: never while something moves.
  const room = { width: 1, height: 1 }, drawn = { width: 1, height: 1 };
  const measure = () => {
    const box = drawing()?.viewBox.baseVal;
    Object.assign(drawn, { width: box?.width || 1, height: box?.height || 1 });
    Object.assign(room, { width: frame.clientWidth, height: frame.clientHeight });
  };

  let asked = 0;
  const show = () => {
    asked = 0;
    ground.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  };
  const place = (x, y, scale = view.scale) => {
    const { width, height } = drawn;
    view.scale = clamp(scale, SMALLEST, LARGEST);
    // Some of the picture stays in the frame, wherever it is pushed.
    view.x = clamp(x, EDGE - width * view.scale, room.width - EDGE);
    view.y = clamp(y, EDGE - height * view.scale, room.height - EDGE);
    if (!asked) asked = requestAnimationFrame(show);
  };
  const zoom = (factor, x = room.width / 2, y = room.height / 2) => {
    const scale = clamp(view.scale * factor, SMALLEST, LARGEST);
    const by = scale / view.scale;
    place(x - (x - view.x) * by, y - (y - view.y) * by, scale);
  };
  const whole = (largest) => {
    const { width, height } = drawn;
    const scale = Math.min(room.width / width, room.height / height, largest);
    place((room.width - width * scale) / 2, Math.max((room.height - height * scale) / 2, 0), scale);
  };
  // As it is first seen: as wide as the frame, no letter larger than it was drawn nor too small to read.
  const reset = () => {
    const { width, height } = drawn;
    const scale = clamp(room.width / width, 0.75, 1);
    place(Math.max((room.width - width * scale) / 2, 0), Math.max((room.height - height * scale) / 2, 0), scale);
  };
  const gliding = (act) => {
    frame.classList.add("picture-glides");
    act();
  };
  const still = () => frame.classList.remove("picture-glides");

  // Fingers and the mouse

  const fingers = new Map();
  let pinch = 0, pushed = 0, held = false;
  const at = (event) => {
    const box = frame.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { by: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  frame.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    still();
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 1) pushed = 0;
    if (fingers.size === 2) pinch = spread().by;
  });
  frame.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    if (fingers.size === 1) {
      pushed += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (pushed > DRAG_PX && !held) {
        held = true;
        frame.setPointerCapture(event.pointerId);
        frame.classList.add("picture-held");
      }
      if (held) place(view.x + now.x - before.x, view.y + now.y - before.y);
    }
    fingers.set(event.pointerId, now);
    if (fingers.size === 2) {
      const wide = spread();
      if (pinch > 0) zoom(wide.by / pinch, wide.x, wide.y);
      pinch = wide.by;
      pushed = DRAG_PX + 1;
    }
  });
  const lifted = (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size === 0) {
      held = false;
      frame.classList.remove("picture-held");
    }
    pinch = 0;
  };
  frame.addEventListener("pointerup", lifted);
  frame.addEventListener("pointercancel", lifted);
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  // A wheel scrolls the page, until the picture was touched or Ctrl is held.
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey && !frame.contains(document.activeElement)) return;
      event.preventDefault();
      still();
      const where = at(event);
      zoom(Math.exp(-clamp(event.deltaY, -120, 120) / 400), where.x, where.y);
    },
    { passive: false },
  );

  // Keys

  const KEYS = {
    ArrowLeft: () => place(view.x + PUSH, view.y),
    ArrowRight: () => place(view.x - PUSH, view.y),
    ArrowUp: () => place(view.x, view.y + PUSH),
    ArrowDown: () => place(view.x, view.y - PUSH),
    "+": () => zoom(STEP),
    "=": () => zoom(STEP),
    "-": () => zoom(1 / STEP),
    0: () => reset(),
    Home: () => reset(),
  };
  frame.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    gliding(act);
  });
  // Whatever the keyboard comes to is brought into sight.
  frame.addEventListener("focusin", (event) => {
    frame.scrollTo(0, 0);
    if (event.target === frame || held || !event.target.matches(":focus-visible")) return;
    const inner = event.target.getBoundingClientRect(), outer = frame.getBoundingClientRect();
    const left = inner.left - outer.left, top = inner.top - outer.top;
    const dx = left < 0 ? EDGE - left : left + inner.width > outer.width ? outer.width - EDGE - left - inner.width : 0;
    const dy = top < 0 ? EDGE - top : top + inner.height > outer.height ? outer.height - EDGE - top - inner.height : 0;
    if (dx || dy) place(view.x + dx, view.y + dy);
  });

  tools.addEventListener("click", (event) => {
    const what = event.target.closest("[data-zoom]")?.dataset.zoom;
    const acts = { in: () => zoom(STEP), out: () => zoom(1 / STEP), whole: () => whole(1), reset };
    if (what) gliding(acts[what]);
  });

  // Groups

  const fetched = async (groups) => {
    const address = new URL(frame.dataset.fragment, location.href);
    for (const group of groups) address.searchParams.append("open", group);
    const answer = await fetch(address, { credentials: "same-origin", headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return document.importNode(page.querySelector(".picture-ground"), true);
  };
  const turn = async (link) => {
    const group = link.dataset.group, groups = new Set(open);
    const opens = !groups.has(group) && !groups.has("all");
    if (opens) groups.add(group);
    else for (const one of [group, "all"]) groups.delete(one);
    const before = link.getBoundingClientRect();
    frame.classList.add("picture-waiting");
    try {
      const next = await fetched(groups);
      still();
      ground.replaceWith(next);
      ground = next;
      open.clear();
      for (const one of groups) open.add(one);
      measure();
      place(view.x, view.y);
      show();
      // The group stays where it was clicked, and the keyboard stays on it.
      const same = drawing()?.querySelector(`a[data-group="${CSS.escape(group)}"]`) ?? drawing()?.querySelector("a[data-group]");
      if (same) {
        const now = same.getBoundingClientRect();
        if (frame.contains(link) || link.dataset.group !== "all") place(view.x + before.left - now.left, view.y + before.top - now.top);
        same.focus({ preventScroll: true });
      }
      if (group === "all") whole(1);
      said.textContent = opens ? said.dataset.opened : said.dataset.closed;
      const shown = new URL(location.href);
      shown.searchParams.delete("open");
      for (const one of open) shown.searchParams.append("open", one);
      history.replaceState(null, "", shown);
    } catch {
      said.textContent = said.dataset.failed;
      location.assign(link.href.baseVal ?? link.href);
    } finally {
      frame.classList.remove("picture-waiting");
    }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-group]");
    if (frame.contains(event.target) && pushed > DRAG_PX) {
      event.preventDefault();
      pushed = 0;
      return;
    }
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    turn(link);
  });

  // Ready: first all that changes the page, then what asks for sizes, so that it is laid out once.

  frame.classList.add("picture-live");
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", frame.dataset.moving);
  tools.hidden = false;
  measure();
  // A short chain needs no tall frame; what opens later has at least this much room.
  const wanted = drawn.height * clamp(room.width / drawn.width, 0.75, 1) + 2 * EDGE;
  if (wanted < room.height) {
    const height = Math.round(Math.max(wanted, 280)), edges = frame.offsetHeight - room.height;
    frame.style.height = `${height}px`;
    room.height = height - edges;
  }
  reset();
  show();
  new ResizeObserver(measure).observe(frame);
})();
