// @ts-check
// Watches what can leave a page silently dead: its session is about to end, or is gone, or its widgets never came. (That it never
// opens is said by the page itself.)
(() => {
  const EVERY = 4_000; // with one repeat and its time limit, trouble shows within 15 seconds
  const REPEAT = 1_000;
  const LIMIT = 4_000;
  const TRIES = 2;

  // anywidget gives up a page whose script does not run after two seconds, as on a slow phone: it would hear nothing from Python any
  // more, but over a new connection eight seconds later.
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => timeout(ms === 2_000 ? 120_000 : ms);

  const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));
  const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

  function button(text = "", act = () => location.reload()) {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.addEventListener("click", act);
    return made;
  }

  const element = (text = "", tag = "p") => Object.assign(document.createElement(tag), { textContent: text });

  // In front of the tab's name: a tab that nobody looks at is the one whose session ends.
  const title = document.title;
  const mark = (text = "") => void (document.title = text ? `${text} · ${title}` : title);

  const banner = find("session");
  /** @param {string} state */
  function say(state) {
    if (banner.dataset.state === state) return;
    banner.dataset.state = state;
    banner.hidden = state === "";
    if (state === "") return banner.replaceChildren();
    const words = document.createElement("div");
    words.append(element(banner.dataset[`${state}Title`], "strong"), element(banner.dataset[state]));
    banner.replaceChildren(words, button(banner.dataset.goOn));
  }

  /** @type {HTMLElement | null} */
  let before = null; // where the focus was in the page
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.closest("main")) before = target;
  });

  const ending = find("ending");
  /** Say in how many minutes the session ends. @param {number | null} seconds  null: not soon @param {() => void} keep */
  function warn(seconds, keep) {
    if (seconds === null) {
      const held = ending.contains(document.activeElement);
      ending.replaceChildren();
      if (held) (before?.isConnected ? before : document.querySelector("main"))?.focus({ preventScroll: true });
      return;
    }
    const words = ending.dataset;
    const text = seconds > 60 ? words.title?.replace("{minutes}", String(Math.ceil(seconds / 60))) : words.titleSoon;
    if (!ending.firstChild) {
      const box = Object.assign(document.createElement("div"), { className: "kapnb shell-banner" });
      const said = document.createElement("div");
      said.append(element("", "strong"), element(words.text));
      box.append(said, button(words.keep, keep));
      ending.append(box);
    }
    const shown = ending.querySelector("strong");
    if (shown && shown.textContent !== text) shown.textContent = text ?? ""; // else a screen reader would say it every time
  }

  /** To keep a session a script has to show the secret. @param {string} address @param {string} method */
  async function send(address, method) {
    const headers = { "X-XSRFToken": document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "" };
    return fetch(address, { method, headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(LIMIT) });
  }

  /** How the session is; and when its end is near, in how many seconds. @param {string} address @returns {Promise<[string, number | null]>} */
  async function ask(address) {
    try {
      const answer = await send(address, "GET");
      const left = answer.headers.get("Kapnb-Ends-In");
      if (answer.status === 204) return ["alive", left === null ? null : Number(left)];
      return [answer.status >= 500 ? "silent" : "ended", null];
    } catch {
      return ["silent", null];
    }
  }

  /** @param {string} address @param {() => void} keep */
  async function look(address, keep) {
    let [state, left] = await ask(address);
    if (state === "silent") {
      await pause(REPEAT);
      [state, left] = await ask(address);
    }
    say(state === "alive" ? "" : state);
    warn(left, keep);
    mark(state === "ended" ? banner.dataset.endedMark : left === null ? "" : ending.dataset.mark);
    return state !== "ended";
  }

  const { slow, reload } = find("loading").dataset; // Voila takes it away when it shows the page
  /** On a busy machine a browser can miss a widget, and says so in its library's words. The page is opened anew: nothing was done in it yet. */
  function mend() {
    const broken = [...document.querySelectorAll(".jupyter-widgets")].find((one) => one.textContent?.startsWith("Error displaying widget"));
    if (!broken) return;
    if (count() <= TRIES) location.reload();
    else broken.replaceChildren(element(slow), button(reload));
  }

  /** How often this tab has missed one. Where nothing may be kept, the page is not opened again and again. */
  function count() {
    try {
      const missed = Number(sessionStorage.getItem("kapnb:missed")) + 1;
      sessionStorage.setItem("kapnb:missed", String(missed));
      return missed;
    } catch {
      return Infinity;
    }
  }

  async function watch() {
    const page = JSON.parse(find("jupyter-config-data").textContent ?? "");
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
      await Promise.race([pause(EVERY), new Promise((now) => (wake = () => now(null)))]);
      mend();
    } while (await look(address, keep));
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (find("jupyter-config-data")) watch();
  });
})();
