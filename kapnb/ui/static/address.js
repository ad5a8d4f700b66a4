// @ts-check
// Links that are to be sent: shown with their whole address, and copied by a button. Where all pages are one file, which lies elsewhere
// on each machine, only the part that others add to the address of theirs is sent.

/** What is to be sent of a link. @param {HTMLAnchorElement} link */
const tell = ({ dataset, href, hash, search }) => (dataset.address === "part" ? hash + search : href);

/** Show what is to be sent of each link that is. @param {HTMLElement} root */
export function showAddresses(root) {
  for (const one of /** @type {NodeListOf<HTMLAnchorElement>} */ (root.querySelectorAll("a[data-address]"))) {
    if (one.textContent !== tell(one)) one.textContent = tell(one);
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
      await navigator.clipboard.writeText(tell(link));
      done = true;
    } catch {
      done = document.execCommand("copy"); // over plain http there is no clipboard
    }
    const told = pressed?.nextElementSibling;
    if (told && done) told.textContent = pressed?.dataset.done ?? "";
  }
  root.addEventListener("click", onClick);
}
