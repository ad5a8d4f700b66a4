// @ts-check
// Links that are to be sent: shown with their whole address, and copied by a button.

/** Show the whole address of each link that is to be sent. @param {HTMLElement} root */
export function showAddresses(root) {
  for (const one of /** @type {NodeListOf<HTMLAnchorElement>} */ (root.querySelectorAll("a[data-address]"))) {
    if (one.textContent !== one.href) one.textContent = one.href;
  }
}

/** Copy the address of a link, and leave it selected, so that it can be copied by hand where a browser forbids it. @param {HTMLElement} root */
export function watchCopying(root) {
  /** @param {Event} event */
  async function onClick({ target }) {
    const pressed = target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest("[data-copies]")) : null;
    const link = pressed && root.querySelector(`#${CSS.escape(pressed.dataset.copies ?? "")}`);
    if (!(link instanceof HTMLAnchorElement)) return;
    getSelection()?.selectAllChildren(link);
    let done = false;
    try {
      await navigator.clipboard.writeText(link.href);
      done = true;
    } catch {
      done = document.execCommand("copy"); // over plain http there is no clipboard
    }
    const told = pressed?.nextElementSibling;
    if (told && done) told.textContent = pressed?.dataset.done ?? "";
  }
  root.addEventListener("click", onClick);
}
