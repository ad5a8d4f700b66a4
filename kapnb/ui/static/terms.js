// @ts-check
// A term opens its entry also under the pointer, and the entry closes when the pointer leaves, unless it was opened by a click.

const PATIENCE = 200; // milliseconds: who only passes by opens nothing

/** @param {HTMLElement} root @returns {() => void} */
export function watchTerms(root) {
  /** @type {{term: HTMLButtonElement, entry: HTMLElement} | null} */
  let shown = null;
  let waits = 0;

  /** @param {PointerEvent} event */
  function onOver({ target, pointerType }) {
    const term = /** @type {HTMLButtonElement | null} */ (/** @type {Element} */ (target).closest("button[popovertargetaction=show]"));
    if (pointerType !== "mouse" || shown?.entry.contains(/** @type {Node} */ (target)) || (term && term === shown?.term)) return;
    clearTimeout(waits);
    if (shown) shown.entry.hidePopover();
    shown = null;
    const entry = term && /** @type {HTMLElement | null} */ (root.querySelector(`#${CSS.escape(term.getAttribute("popovertarget") ?? "")}`));
    if (!term || !entry || entry.matches(":popover-open")) return;
    waits = setTimeout(() => {
      entry.showPopover({ source: term });
      shown = { term, entry };
    }, PATIENCE);
  }

  // What is clicked stays until Esc or a tap outside.
  function onClick() {
    clearTimeout(waits);
    shown = null;
  }

  root.addEventListener("pointerover", onOver);
  root.addEventListener("click", onClick);
  return () => clearTimeout(waits);
}
