// @ts-check
// What phone, wall and desk have in common: an open line that comes back by itself, and drawing what Python wrote, of which only
// what differs is changed, so that the focus, what is typed and what is folded open stay. Nothing is decided here.

import { watchTerms } from "./terms.js";

/** @typedef {{html?: string, phase?: string, turn?: number, now?: number, gone?: boolean, told?: string, said?: string, yours?: string, label?: string}} State */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
/** Without a sign of life for so long the line is taken for dead: the server says every 15 seconds that it is there. */
const SILENCE = 40_000;
/** An answer that has not begun after so many times the wait is asked for anew: a browser may hold on to a connection that is dead. */
const PATIENCE = 20;

export const { base = "", code = "", lost = "", gone = "", sending = "" } = document.body.dataset;
const view = /** @type {HTMLElement} */ (document.getElementById("view"));
const line = /** @type {HTMLElement} */ (document.getElementById("line"));
/** How far the server's clock is ahead of this one, in milliseconds. */
let ahead = 0;

/** @param {string} text */
export function say(text) {
  if (line.textContent !== text) line.textContent = text;
}

/** @param {string} name */
export function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing: the page works until it is closed
  }
}

/** @param {string} name @param {string | null} value */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // as above
  }
}

/** What follows a beginning in the names of what is kept. @param {string} start */
export function list(start) {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(start)).map((name) => name.slice(start.length)).sort();
  } catch {
    return [];
  }
}

/** A random key of 32 signs. */
export function makeKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Blob} content @param {string} name */
export function handOut(content, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Draw what Python wrote. @param {string} html */
export function draw(html) {
  const fresh = document.createElement("div");
  fresh.id = "view";
  fresh.innerHTML = html;
  const morph = /** @type {any} */ (globalThis).morphdom;
  morph(view, fresh, {
    getNodeKey: (/** @type {HTMLElement} */ node) => node.id || (node.dataset?.key && `${node.localName} ${node.dataset.key}`) || undefined,
    onBeforeElUpdated(/** @type {HTMLElement} */ old, /** @type {HTMLElement} */ next) {
      if ("stays" in old.dataset) return false; // what the script told there is no part of the state
      if (old instanceof HTMLDetailsElement && old.dataset.key === next.dataset.key) next.toggleAttribute("open", old.open);
      const typed = old instanceof HTMLTextAreaElement || old instanceof HTMLSelectElement;
      if (typed && old.dataset.key === next.dataset.key) /** @type {HTMLTextAreaElement} */ (next).value = old.value;
      if (old instanceof HTMLInputElement && next instanceof HTMLInputElement && old.type === "radio" && old.form?.id === "vote") {
        next.checked = old.checked && old.dataset.key === next.dataset.key;
      }
      return !old.isEqualNode(next) || typed;
    },
  });
  count();
}

function count() {
  for (const clock of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".clock[data-until]"))) {
    const left = Math.max(0, Math.round(Number(clock.dataset.until) - (Date.now() + ahead) / 1000));
    const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (clock.textContent !== text) clock.textContent = text;
  }
}
setInterval(count, 500);
watchTerms(view);

/** @param {AbortController} stop @param {number} wait */
function giveUp(stop, wait) {
  return setTimeout(() => stop.abort(), PATIENCE * wait);
}

/**
 * Keep a line open and hand on the newest state.
 * @param {string} path @param {Record<string, string>} headers @param {(state: State) => void} show @param {(status: number, state: State) => void} refused
 */
export function listen(path, headers, show, refused) {
  let wait = FIRST_WAIT;
  let stop = new AbortController();
  let last = Date.now();

  async function open() {
    stop = new AbortController();
    last = Date.now();
    const patience = giveUp(stop, wait);
    try {
      const answer = await fetch(path, { headers, signal: stop.signal, cache: "no-store" });
      if (!answer.ok || !answer.body) {
        const state = await answer.json().catch(() => ({}));
        if (answer.status < 500 && answer.status !== 429) return refused(answer.status, state);
        throw new Error("later");
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(patience);
        last = Date.now();
        wait = FIRST_WAIT;
        if (line.textContent === lost) say("");
        text += value;
        const parts = text.split("\n\n");
        text = parts.pop() ?? "";
        const newest = parts.filter((part) => part.startsWith("data: ")).pop();
        if (!newest) continue;
        const state = JSON.parse(newest.slice(6));
        if (state.now) ahead = state.now * 1000 - Date.now();
        if (state.gone) return refused(404, state);
        show(state);
      }
    } catch {
      // whatever cut the line: it is opened again
    } finally {
      clearTimeout(patience);
    }
    say(lost);
    setTimeout(open, wait + Math.random() * wait);
    wait = Math.min(LONGEST_WAIT, wait * 2);
  }

  setInterval(() => Date.now() - last > SILENCE && stop.abort(), 5000);
  // A phone that wakes up, or has another network, does not wait for the old line to time out.
  addEventListener("online", () => stop.abort());
  document.addEventListener("visibilitychange", () => document.hidden || Date.now() - last < 20_000 || stop.abort());
  open();
}

/**
 * Send something until the server answers, however often the network is cut meanwhile.
 * @param {string} path @param {Record<string, string>} headers @param {object} value @param {() => void} [waiting]
 * @returns {Promise<{status: number, state: State}>}
 */
export async function send(path, headers, value, waiting = () => say(sending)) {
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * 2)) {
    const stop = new AbortController();
    const patience = giveUp(stop, wait);
    try {
      const init = { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(value) };
      const answer = await fetch(path, { ...init, signal: stop.signal });
      const state = await answer.json();
      if (answer.status < 500) {
        say("");
        return { status: answer.status, state };
      }
    } catch {
      // as above
    } finally {
      clearTimeout(patience);
    }
    waiting();
    await new Promise((go) => setTimeout(go, wait));
  }
}
