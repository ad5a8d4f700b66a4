// Watches the two things that can leave a page silently dead: it never opens, or the session behind it is gone.
(() => {
  const GIVE_UP = 60_000; // a page that has not opened by then
  const EVERY = 4_000; // with one repeat and its time limit, trouble shows within 15 seconds
  const REPEAT = 1_000;
  const LIMIT = 4_000;

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  function button(text) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", () => location.reload());
    return made;
  }

  function paragraph(text, tag = "p") {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  }

  setTimeout(() => {
    const loading = document.getElementById("loading"); // Voila takes it away when it shows the page
    loading?.replaceChildren(paragraph(loading.dataset.slow), button(loading.dataset.reload));
  }, GIVE_UP);

  const banner = document.getElementById("session");
  function say(state) {
    if (banner.dataset.state === state) return;
    banner.dataset.state = state;
    banner.hidden = state === "";
    if (state === "") return banner.replaceChildren();
    const words = document.createElement("div");
    words.append(paragraph(banner.dataset[`${state}Title`], "strong"), paragraph(banner.dataset[state]));
    banner.replaceChildren(words, button(banner.dataset.goOn));
  }

  // "alive", "ended", or "silent" when no answer came. Behind a hub a script has to show the secret too.
  async function ask(address) {
    const headers = { "X-XSRFToken": document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "" };
    try {
      const answer = await fetch(address, { headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(LIMIT) });
      return answer.status === 204 ? "alive" : answer.status >= 500 ? "silent" : "ended";
    } catch {
      return "silent";
    }
  }

  async function look(address) {
    let answer = await ask(address);
    if (answer === "silent") {
      await pause(REPEAT);
      answer = await ask(address);
    }
    say(answer === "alive" ? "" : answer);
    return answer !== "ended";
  }

  async function watch() {
    const page = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    const address = `${page.baseUrl}kapnb/alive/${page.kernelId}`;
    let wake = () => {};
    document.addEventListener("visibilitychange", () => document.hidden || wake()); // timers sleep in a hidden tab
    window.addEventListener("online", () => wake());
    window.addEventListener("offline", () => wake());
    do {
      await Promise.race([pause(EVERY), new Promise((now) => (wake = now))]);
    } while (await look(address));
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("jupyter-config-data")) watch();
  });
})();
