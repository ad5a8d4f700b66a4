// Watches what can leave a page silently dead: its session is about to end, or is gone. (That it never opens is said by the page itself.)
(() => {
  const EVERY = 4_000; // with one repeat and its time limit, trouble shows within 15 seconds
  const REPEAT = 1_000;
  const LIMIT = 4_000;

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  function button(text, act = () => location.reload()) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  function paragraph(text, tag = "p") {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  }

  // In front of the tab's name: a tab that nobody looks at is the one whose session ends.
  const title = document.title;
  function mark(text) {
    document.title = text ? `${text} · ${title}` : title;
  }

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

  let before = null; // where the focus was in the page
  document.addEventListener("focusin", ({ target }) => {
    if (target.closest("main")) before = target;
  });

  // Says in how many minutes the session ends; null: not soon.
  const ending = document.getElementById("ending");
  function warn(seconds, keep) {
    if (seconds === null) {
      const held = ending.contains(document.activeElement);
      ending.replaceChildren();
      if (held) (before?.isConnected ? before : document.querySelector("main")).focus({ preventScroll: true });
      return;
    }
    const words = ending.dataset;
    const text = seconds > 60 ? words.title.replace("{minutes}", Math.ceil(seconds / 60)) : words.titleSoon;
    if (!ending.firstChild) {
      const box = document.createElement("div");
      const said = document.createElement("div");
      box.className = "kapnb shell-banner";
      said.append(paragraph("", "strong"), paragraph(words.text));
      box.append(said, button(words.keep, keep));
      ending.append(box);
    }
    const shown = ending.querySelector("strong");
    if (shown.textContent !== text) shown.textContent = text; // else a screen reader would say it every time
  }

  // Behind a hub a script has to show the secret, and everywhere to keep a session.
  async function send(address, method) {
    const headers = { "X-XSRFToken": document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "" };
    return fetch(address, { method, headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(LIMIT) });
  }

  // "alive", "ended", or "silent" when no answer came; and when its end is near, in how many seconds.
  async function ask(address) {
    try {
      const answer = await send(address, "GET");
      if (answer.status !== 204) return { state: answer.status >= 500 ? "silent" : "ended" };
      return { state: "alive", left: answer.headers.get("Kapnb-Ends-In") };
    } catch {
      return { state: "silent" };
    }
  }

  async function look(address, keep) {
    let { state, left = null } = await ask(address);
    if (state === "silent") {
      await pause(REPEAT);
      ({ state, left = null } = await ask(address));
    }
    say(state === "alive" ? "" : state);
    warn(left, keep);
    mark(state === "ended" ? banner.dataset.endedMark : left === null ? "" : ending.dataset.mark);
    return state !== "ended";
  }

  async function watch() {
    const page = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    const address = `${page.baseUrl}kapnb/alive/${page.kernelId}`;
    let wake = () => {};
    document.addEventListener("visibilitychange", () => document.hidden || wake()); // timers sleep in a hidden tab
    window.addEventListener("online", () => wake());
    window.addEventListener("offline", () => wake());
    async function keep() {
      await send(address, "PUT").catch(() => {}); // looking again says what came of it
      wake();
    }
    do {
      await Promise.race([pause(EVERY), new Promise((now) => (wake = now))]);
    } while (await look(address, keep));
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("jupyter-config-data")) watch();
  });
})();
