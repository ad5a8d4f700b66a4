// Tells somebody who found all places taken when one is free. Nothing moves by itself: whoever has gone away takes no place.
(() => {
  const EVERY = 10_000;
  const SPREAD = 5_000; // so that those who wait do not all ask, and come, at the same moment

  const box = document.getElementById("waiting");
  const again = document.getElementById("again");
  const headers = { "X-XSRFToken": document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "" }; // a hub asks a script for it
  const usual = { title: document.title, go: again.textContent };

  let told = null;
  function say(free) {
    if (free === told) return;
    told = free;
    const said = document.createElement("p");
    said.textContent = free ? box.dataset.free : box.dataset.waiting;
    box.replaceChildren(said);
    again.textContent = free ? box.dataset.go : usual.go;
    document.title = free ? `${box.dataset.free} ${usual.title}` : usual.title;
  }

  async function look() {
    try {
      const { sessions, limit } = await (await fetch(box.dataset.address, { headers, cache: "no-store" })).json();
      say(sessions < limit);
    } catch {
      // no answer is no news
    }
    setTimeout(look, EVERY + Math.random() * SPREAD);
  }

  say(false);
  setTimeout(look, Math.random() * SPREAD);
})();
