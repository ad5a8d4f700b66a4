// @ts-check
// Tells somebody who found all places taken when one is free. Nothing moves by itself: whoever has gone away takes no place.
(() => {
  const EVERY = 10_000;
  const SPREAD = 5_000; // so that those who wait do not all ask, and come, at the same moment

  const box = /** @type {HTMLElement} */ (document.getElementById("waiting"));
  const again = /** @type {HTMLElement} */ (document.getElementById("again"));
  const { address = "", waiting = "", free = "", go = "" } = box.dataset;
  const usual = { title: document.title, go: again.textContent };

  /** @type {boolean | null} */
  let told = null;
  /** @param {boolean} isFree */
  function say(isFree) {
    if (isFree === told) return;
    told = isFree;
    box.replaceChildren(Object.assign(document.createElement("p"), { textContent: isFree ? free : waiting }));
    again.textContent = isFree ? go : usual.go;
    document.title = isFree ? `${free} ${usual.title}` : usual.title;
  }

  async function look() {
    try {
      const { sessions, limit } = await (await fetch(address, { cache: "no-store" })).json();
      say(sessions < limit);
    } catch {
      // no answer is no news
    }
    setTimeout(look, EVERY + Math.random() * SPREAD);
  }

  say(false);
  setTimeout(look, Math.random() * SPREAD);
})();
