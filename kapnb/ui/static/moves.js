// @ts-check
// What a page does in the browser alone: lead to a part, open what is folded, make room for what sticks, and unfold for print.

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @param {HTMLElement} root @param {string} name @returns {HTMLElement | null} */
const part = (root, name) => root.querySelector(`[data-field="${CSS.escape(name)}"], [data-part="${CSS.escape(name)}"]`);

/** Lead the eye to an element, and the focus to it or what in it takes it. @param {HTMLElement} target @param {ScrollLogicalPosition} block */
export function lead(target, block = "start", takes = target) {
  takes.focus({ preventScroll: true });
  target.scrollIntoView({ block, behavior: still() ? "auto" : "smooth" });
}

/** Lead to a part: a question, something folded, or a region. @param {HTMLElement} root @param {string} name */
function go(root, name) {
  const target = part(root, name);
  if (!target) return;
  if (target instanceof HTMLDetailsElement) target.open = true;
  const inner = target.querySelector(target.matches("details") ? "summary" : "input:checked") ?? target.querySelector("input");
  lead(target, target.dataset.field ? "center" : "start", /** @type {HTMLElement} */ (inner ?? target));
  if (!target.dataset.field) return;
  target.classList.add("arrived");
  setTimeout(() => target.classList.remove("arrived"), 1600);
}

/** @param {HTMLElement} root */
export function addMoves(root) {
  let last = ""; // the question that was last at hand

  // To the next unanswered question after the one at hand, or else to the first.
  function goOn() {
    const all = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-field]:not([hidden])")]);
    const at = all.findIndex(({ dataset }) => dataset.field === last);
    const open = (/** @type {HTMLElement} */ one) => !one.classList.contains("answered");
    const target = all.slice(at + 1).find(open) ?? all.find(open);
    if (target) go(root, target.dataset.field ?? "");
  }

  /** @param {Event} event */
  function onClick({ target }) {
    const pressed = target instanceof Element && /** @type {HTMLElement | null} */ (target.closest("[data-go], [data-next], [data-opens], [data-closes]"));
    if (!pressed || pressed.ariaDisabled === "true") return;
    const { go: name, next, opens } = pressed.dataset;
    if (name !== undefined) go(root, name);
    if (next !== undefined) goOn();
    if (pressed.dataset.closes !== undefined) pressed.closest("dialog")?.close();
    const opened = opens && root.querySelector(`#${CSS.escape(opens)}`);
    if (opened instanceof HTMLDialogElement) opened.showModal();
    else if (opened instanceof HTMLElement) opened.click(); // a hidden input for a file
  }

  /** @param {Event} event */
  function onFocus({ target }) {
    last = /** @type {HTMLElement} */ (target).closest?.(/** @type {"div"} */ ("[data-field]"))?.dataset.field ?? last;
  }

  // On paper everything stands open.
  const unfold = () => root.querySelectorAll("details:not([open])").forEach((one) => one.toggleAttribute("data-unfolded", one.toggleAttribute("open", true)));
  const fold = () =>
    root.querySelectorAll("[data-unfolded]").forEach((one) => {
      one.removeAttribute("data-unfolded");
      one.removeAttribute("open");
    });

  // What takes the focus is not to hide under a strip that sticks, and a bar steps aside while what it repeats is in view.
  const size = new ResizeObserver(([strip]) => root.style.setProperty("--strip", `${/** @type {HTMLElement} */ (strip.target).offsetHeight}px`));
  const strip = root.querySelector("[data-sticky]");
  if (strip) size.observe(strip);
  const bar = /** @type {HTMLElement | null} */ (root.querySelector("[data-away]"));
  const watch = new IntersectionObserver(([entry]) => bar?.classList.toggle("away", entry.isIntersecting), { rootMargin: "0px 0px -96px" });
  const repeated = bar && part(root, bar.dataset.away ?? "");
  if (repeated) watch.observe(repeated);

  // An address can name a place that is drawn, or shown, later than the browser looks for it.
  const named = location.hash.length > 1 && root.querySelector(`#${CSS.escape(location.hash.slice(1))}`);
  const arrival = new ResizeObserver(() => {
    if (!root.offsetHeight) return;
    arrival.disconnect();
    location.replace(location.hash);
  });
  if (named) arrival.observe(root);

  root.addEventListener("click", onClick);
  root.addEventListener("focusin", onFocus);
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  return () => {
    size.disconnect();
    watch.disconnect();
    arrival.disconnect();
    removeEventListener("beforeprint", unfold);
    removeEventListener("afterprint", fold);
  };
}
