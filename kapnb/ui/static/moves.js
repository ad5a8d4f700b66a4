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

// On a narrow page a part is shown in a sheet over the page: `data-sheet` names the dialog, beside which the part stands. The way back
// of the browser closes it too, and the place on the page stays as it is.

/** @param {HTMLElement} root @param {HTMLElement} opener */
function openSheet(root, opener) {
  const id = opener.dataset.sheet ?? "";
  const sheet = /** @type {HTMLDialogElement} */ (root.querySelector(`#${CSS.escape(id)}`));
  const part = /** @type {HTMLElement} */ (sheet.parentElement?.querySelector("[data-part]"));
  const inApp = document.body.matches(".kapnb-shell"); // elsewhere the history is not ours
  const home = document.createComment("");
  const shut = () => sheet.close();
  const wide = new ResizeObserver(([entry]) => entry.contentRect.height || shut()); // no button, no sheet
  part.replaceWith(home);
  sheet.append(part);
  sheet.showModal();
  wide.observe(opener);
  sheet.addEventListener("close", clear, { once: true });
  addEventListener("beforeprint", shut);
  if (!inApp) return;
  history.scrollRestoration = "manual";
  history.pushState({ sheet: id }, "");
  addEventListener("popstate", shut);

  function clear() {
    home.replaceWith(part);
    wide.disconnect();
    removeEventListener("popstate", shut);
    removeEventListener("beforeprint", shut);
    if (!inApp) return;
    const rest = () => void (history.scrollRestoration = "auto");
    if (history.state?.sheet !== id) return rest();
    addEventListener("popstate", rest, { once: true });
    history.back();
  }
}

/** @param {HTMLElement} root */
export function addMoves(root) {
  /** @param {Event} event */
  function onClick({ target }) {
    const pressed = target instanceof Element && /** @type {HTMLElement | null} */ (target.closest("[data-go], [data-opens], [data-closes], [data-sheet]"));
    if (target instanceof HTMLDialogElement) target.close(); // beside what it shows
    if (!pressed || pressed.ariaDisabled === "true") return;
    const { go: name, opens, sheet } = pressed.dataset;
    if (sheet !== undefined) return openSheet(root, pressed);
    if (pressed.dataset.closes !== undefined || name !== undefined) pressed.closest("dialog")?.close();
    if (name !== undefined) go(root, name);
    const opened = opens && root.querySelector(`#${CSS.escape(opens)}`);
    if (opened instanceof HTMLElement) opened.click();
  }

  // On paper everything stands open.
  const unfold = () => root.querySelectorAll("details:not([open])").forEach((one) => one.toggleAttribute("data-unfolded", one.toggleAttribute("open", true)));
  const fold = () =>
    root.querySelectorAll("[data-unfolded]").forEach((one) => {
      one.removeAttribute("data-unfolded");
      one.removeAttribute("open");
    });

  // What takes the focus is not to hide under a strip that sticks.
  const size = new ResizeObserver(([strip]) => root.style.setProperty("--strip", `${/** @type {HTMLElement} */ (strip.target).offsetHeight}px`));
  const strip = root.querySelector("[data-sticky]");
  if (strip) size.observe(strip);

  // An address can name a place that is drawn, or shown, later than the browser looks for it.
  const named = location.hash.length > 1 && root.querySelector(`#${CSS.escape(location.hash.slice(1))}`);
  const arrival = new ResizeObserver(() => {
    if (!root.offsetHeight) return;
    arrival.disconnect();
    location.replace(location.hash);
  });
  if (named) arrival.observe(root);

  root.addEventListener("click", onClick);
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  return () => {
    size.disconnect();
    arrival.disconnect();
    removeEventListener("beforeprint", unfold);
    removeEventListener("afterprint", fold);
  };
}
