// @ts-check
// Offers to mark what is selected in a text: `data-selectable` on the text says what the offer is called, `data-action` what it asks
// for, and `data-at` on each piece at which character of the text it begins.

/**
 * @param {HTMLElement} root
 * @param {(text: HTMLElement, place: string) => void} choose  is told the text and "start-end"
 */
export function watchSelection(root, choose) {
  /** @type {{text: HTMLElement, place: string} | null} */
  let chosen = null;
  const offer = Object.assign(document.createElement("button"), { type: "button", className: "offer", hidden: true });

  function look() {
    const selection = getSelection();
    const range = selection?.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    chosen = range && measure(range);
    offer.hidden = !chosen;
    if (!chosen || !range) return;
    const [around, last] = [root.getBoundingClientRect(), [...range.getClientRects()].at(-1) ?? range.getBoundingClientRect()];
    offer.textContent = chosen.text.dataset.selectable ?? "";
    if (offer.parentElement !== root) root.append(offer);
    offer.style.top = `${last.bottom - around.top + 6}px`;
    offer.style.left = `${Math.max(0, Math.min(last.right - around.left, around.width) - offer.offsetWidth)}px`;
  }

  /** Where a selection starts and ends, in characters of the text; null outside of one. @param {Range} range */
  function measure(range) {
    const text = /** @type {HTMLElement | null} */ (root.querySelector("[data-selectable]"));
    const all = /** @type {HTMLElement[]} */ ([...(text?.querySelectorAll("[data-at]") ?? [])]);
    const pieces = all.filter((piece) => range.intersectsNode(piece));
    if (!text || !pieces.length) return null;
    const [first, last] = [pieces[0], /** @type {HTMLElement} */ (pieces.at(-1))];
    const from = first.contains(range.startContainer) ? range.startOffset : 0;
    const to = last.contains(range.endContainer) ? range.endOffset : last.textContent?.length;
    const place = (/** @type {HTMLElement} */ piece, /** @type {number | undefined} */ offset) =>
      Number(piece.dataset.at) + [...(piece.textContent ?? "").slice(0, offset)].length;
    const [start, end] = [place(first, from), place(last, to)];
    return start < end ? { text, place: `${start}-${end}` } : null;
  }

  // A drag over a sentence selects, and does not tick it as well.
  /** @param {MouseEvent} event */
  function spare(event) {
    if (chosen && event.target instanceof Element && event.target.closest("[data-at]")) event.preventDefault();
  }

  offer.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays while it is pressed
  offer.addEventListener("click", () => {
    if (chosen) choose(chosen.text, chosen.place);
    getSelection()?.removeAllRanges();
    look();
  });
  document.addEventListener("selectionchange", look);
  root.addEventListener("click", spare, true);
  return () => {
    document.removeEventListener("selectionchange", look);
    offer.remove();
  };
}
