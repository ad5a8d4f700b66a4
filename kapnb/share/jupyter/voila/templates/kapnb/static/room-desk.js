// @ts-check
// The desk: sends what is pressed together with the step it was pressed in, so that a key pressed twice takes one step.
import { betweenPresses } from "./press.js";
import { base, code, draw, gone, handOut, keep, listen, recall, say, send } from "./room.js";

const KEPT = `kapnb-desk-${code}`;
const given = location.hash.slice(1);
if (given) {
  keep(KEPT, given);
  history.replaceState(null, "", location.pathname); // the key is in no bookmark and no shared screen
}
const key = given || recall(KEPT) || "";
const headers = { "Kapnb-Desk": key };
const room = `${base}/${code}`;
const sure = /** @type {HTMLDialogElement} */ (document.getElementById("sure"));
/** Of a file: a request holds no more, written as text. */
const MOST_BYTES = 47_000;
let at = { phase: "", turn: 0 };
/** What is on its way: the next thing waits for it. */
let doing = Promise.resolve();
/** From where a step is on its way: pressed twice, it is one step. */
let leaving = "";

const show = betweenPresses((/** @type {import("./room.js").State} */ state) => {
  at = { phase: state.phase ?? "", turn: state.turn ?? 0 };
  if (state.html) draw(state.html);
});

/** @param {string} text */
async function ask(text) {
  /** @type {HTMLElement} */ (sure.querySelector("p")).textContent = text;
  sure.returnValue = "";
  sure.showModal();
  await new Promise((done) => sure.addEventListener("close", done, { once: true }));
  return sure.returnValue === "yes";
}

/** @param {HTMLElement} pressed */
async function act(pressed) {
  const { do: action = "", sure: question, ...data } = pressed.dataset;
  if (pressed instanceof HTMLInputElement && pressed.type === "file") return bring(pressed);
  const from = action === "move" || action === "twin" ? `${at.phase} ${at.turn}` : "";
  if ((from && from === leaving) || (question && !(await ask(question)))) return;
  leaving = from || leaving;
  const value = pressed instanceof HTMLInputElement ? pressed.value : action === "signs" ? /** @type {HTMLTextAreaElement} */ (document.getElementById("chat")).value : "";
  const on = pressed instanceof HTMLInputElement ? pressed.checked : Boolean(data.on);
  const given = { ...data, ...at, value, on };
  doing = doing.then(async () => void (await tell(action, given))).finally(() => from === leaving && (leaving = ""));
}

/** A file after the other, each as one request. @param {HTMLInputElement} chooser */
async function bring(chooser) {
  const told = [];
  for (const [place, file] of [...(chooser.files ?? [])].entries()) {
    const number = place + 1;
    if (file.size > MOST_BYTES) {
      told.push((chooser.dataset.large ?? "").replace("#", String(number)));
      continue;
    }
    const value = btoa(Array.from(new Uint8Array(await file.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(""));
    doing = doing.then(async () => void told.push(await tell("file", { number, value })));
    await doing;
  }
  chooser.value = "";
  /** @type {HTMLElement} */ (document.getElementById("chat-told")).textContent = told.join(" ");
}

/** @param {string} action @param {object} given */
async function tell(action, given) {
  const { status, state } = await send(`${room}/desk/${action}`, headers, given);
  if (status === 200 && action === "delete") {
    keep(KEPT, null);
    location.assign(`${base}/new`);
    return;
  }
  if (status === 200) show(state);
  const told = document.getElementById("chat-told");
  if (action === "signs" && status === 200 && told) told.textContent = state.said ?? "";
  else say(status === 200 ? "" : (state.said ?? ""));
  return state.said ?? "";
}

/** @param {string} name */
async function fetchFile(name) {
  const answer = await fetch(`${room}/file/${name}`, { method: "POST", headers });
  if (!answer.ok) return say((await answer.json()).said ?? "");
  const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  handOut(await answer.blob(), named?.[1] ?? name);
}

document.addEventListener("click", (event) => {
  const pressed = /** @type {HTMLElement} */ (event.target).closest?.("button");
  if (!pressed) return;
  const { do: action, get, open } = pressed.dataset;
  if (action) act(pressed);
  else if (get) fetchFile(get);
  else if (open === "wall") window.open(`${room}/wall`, "kapnb-wall", "popup,width=1280,height=720");
  else if (open === "link") {
    const link = /** @type {HTMLElement} */ (document.getElementById("link"));
    /** @type {HTMLElement} */ (document.getElementById("link-text")).textContent = `${location.origin}${room}/desk#${key}`;
    link.hidden = false;
  }
});
document.addEventListener("change", (event) => {
  const changed = /** @type {HTMLElement} */ (event.target);
  if (changed instanceof HTMLInputElement && changed.dataset.do) act(changed);
});
// Whoever ticks with a mouse and then presses Space means the next step, and not the tick again.
let pointed = false;
document.addEventListener("pointerdown", () => (pointed = true), true);
document.addEventListener("keydown", () => (pointed = false), true);
document.addEventListener("click", (event) => {
  const clicked = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("input:not([type=text]), button, summary"));
  if (pointed) clicked?.blur();
});
document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.closest("input, textarea, select, button, a, summary, dialog");
  if (event.key !== " " || event.repeat || event.ctrlKey || event.metaKey || event.altKey || (typing && !target.matches("[data-next]"))) return;
  event.preventDefault();
  const next = /** @type {HTMLElement | null} */ (document.querySelector("[data-next]"));
  next?.click();
});

listen(`${room}/stream/desk`, headers, show, (status, state) => {
  if (status === 403) draw(/** @type {HTMLTemplateElement} */ (document.getElementById("no-key")).innerHTML);
  say(status === 403 ? "" : (state.said ?? gone));
});
