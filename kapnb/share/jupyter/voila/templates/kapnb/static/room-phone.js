// @ts-check
// The phone: makes its own key and keeps it, keeps what is typed until it counts, and sends each vote under one key.
import { betweenPresses } from "./press.js";
import { writeSigns } from "./room-signs.js";
import { base, code as given, draw, gone, handOut, keep, list, listen, makeKey, recall, say, send } from "./room.js";

const KEYS = "kapnb-room-"; // then the code; what is kept of a room begins with it
let code = given;
let headers = {};
let place = "";

/** @param {string} rest */
const name = (rest) => `${KEYS}${code}${rest}`;

/** @param {string} text */
function askCode(text) {
  draw(/** @type {HTMLTemplateElement} */ (document.getElementById("join")).innerHTML);
  const told = document.getElementById("told");
  if (told) told.textContent = text;
  const field = /** @type {HTMLInputElement} */ (document.getElementById("code"));
  field.value = code;
  field.focus();
}

async function join() {
  const key = recall(name("")) || makeKey();
  keep(name(""), key);
  headers = { "Kapnb-Key": key };
  const { status, state } = await send(`${base}/${code}/join`, headers, {});
  if (status !== 200) return refuse(status, state);
  listen(`${base}/${code}/stream/phone`, headers, show, refuse);
}

/** @param {number} status @param {import("./room.js").State} state */
function refuse(status, state) {
  const kept = recall(name(" yours"));
  if (kept && (status === 404 || status === 410)) return showKept(kept);
  askCode(state.said ?? gone);
}

/** What somebody gave stays on their phone when the room is gone. @param {string} text */
function showKept(text) {
  const main = document.createElement("main");
  main.id = "main";
  const { goneTitle = "", yours = "" } = document.body.dataset;
  main.append(Object.assign(document.createElement("h1"), { textContent: goneTitle }), Object.assign(document.createElement("h2"), { textContent: yours }));
  main.append(Object.assign(document.createElement("pre"), { id: "yours", className: "card", textContent: text }));
  draw(main.outerHTML);
}

const show = betweenPresses((/** @type {import("./room.js").State} */ state) => {
  const moved = place !== `${state.phase} ${state.turn}`;
  place = `${state.phase} ${state.turn}`;
  if (state.yours) keep(name(" yours"), state.yours);
  draw(state.html ?? "");
  restore();
  showUnsent();
  sitOut();
  if (!moved) return;
  say("");
  scrollTo(0, 0);
});

// What is typed

/** @returns {HTMLFormElement | null} */
const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("vote"));

/** @param {HTMLFormElement} from */
const read = (from) => Object.fromEntries(/** @type {[string, string][]} */ ([...new FormData(from)]));

/** What was typed and chosen, and was not taken yet. @param {string} [of] @returns {Record<string, string>} */
const recallDraft = (of) => JSON.parse(recall(name(` draft ${of}`)) ?? "{}");

function restore() {
  const now = form();
  if (!now || now.dataset.restored) return;
  now.dataset.restored = "yes";
  const kept = recallDraft(now.dataset.draft);
  for (const control of /** @type {Iterable<HTMLInputElement>} */ (now.elements)) {
    if (!(control.name in kept)) continue;
    if (control.type === "radio") control.checked = control.value === kept[control.name];
    else control.value = kept[control.name];
  }
}

function keepDraft() {
  const now = form();
  if (now) keep(name(` draft ${now.dataset.draft}`), JSON.stringify({ ...recallDraft(now.dataset.draft), ...read(now) }));
}

/** What was typed where nothing is taken any more stays in sight, and goes into the text to keep. */
function showUnsent() {
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-unsent]"))) {
    const drafts = one.dataset.unsent ? [one.dataset.unsent] : list(name(" draft "));
    const typed = drafts.map(recallDraft).flatMap((kept) => ["reason", "line-1", "line-2"].map((field) => kept[field]?.trim())).filter(Boolean);
    one.textContent = typed.length ? `\n\n${[one.dataset.says, ...typed].join("\n")}` : "";
  }
}

/** @param {HTMLFormElement} now */
async function give(now) {
  const { post = "", caseId = "", round = "", place = "", draft = "" } = now.dataset;
  const key = recallDraft(draft)["vote key"] ?? makeKey(); // the same however often it is sent, also after a reload
  const values = { ...read(now), key, case: caseId, round, place };
  keep(name(` draft ${draft}`), JSON.stringify({ ...read(now), "vote key": key }));
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("button[form=vote]"));
  if (button) button.disabled = true;
  const { status, state } = await send(`${base}/${code}/${post}`, headers, values, () => tellSigns(now));
  if (button) button.disabled = false;
  if (status === 200 || status === 409) {
    if (["counted", "again"].includes(state.told ?? "")) keep(name(` draft ${draft}`), null);
    show(state);
    if (state.told !== "counted") say(state.said ?? "");
    /** @type {HTMLElement | null} */ (document.getElementById("main"))?.focus();
    return;
  }
  const told = now.querySelector(".told");
  if (told) told.textContent = state.said ?? "";
  told?.scrollIntoView({ block: "center" });
}

/** Where nothing gets through, the judgment can be read out. @param {HTMLFormElement} now */
function tellSigns(now) {
  const { sending = "", signs = "" } = document.body.dataset;
  /** @param {string} name */
  const chosen = (name) => [...now.querySelectorAll(`input[name=${name}]`)].findIndex((one) => /** @type {HTMLInputElement} */ (one).checked);
  const [outcome, confidence] = [chosen("outcome"), chosen("confidence")];
  if (outcome < 0 || confidence < 0) return say(sending);
  const [turn, round, salt] = [now.dataset.turn, now.dataset.round, now.dataset.salt].map(Number);
  say(`${sending} ${signs} ${writeSigns(code, { turn, round, outcome, confidence, salt })}`);
}

// Sitting a case out is known to the phone alone

function sitOut() {
  const here = /** @type {HTMLElement | null} */ (document.querySelector("[data-case]"));
  document.body.classList.toggle("sits-out", Boolean(here) && recall(name(" out")) === here?.dataset.case);
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const now = /** @type {HTMLFormElement} */ (event.target);
  if (now.id === "join-form") {
    code = String(read(now).code).replace(/[\s·.-]/g, "").toUpperCase();
    history.replaceState(null, "", `${base}/${encodeURIComponent(code)}`);
    join();
  } else give(now);
});
document.addEventListener("input", keepDraft);
document.addEventListener("click", async (event) => {
  const pressed = /** @type {HTMLElement} */ (event.target).closest?.("button");
  if (!pressed) return;
  const { do: action, out, save } = pressed.dataset;
  if (out !== undefined) {
    keep(name(" out"), out || null);
    sitOut();
    scrollTo(0, 0);
  } else if (action === "leave" || action === "join") {
    await send(`${base}/${code}/${action}`, headers, {});
    location.reload();
  } else if (save) {
    handOut(new Blob([document.getElementById("yours")?.textContent ?? ""], { type: "text/plain" }), save);
  }
});

if (code) join();
else askCode("");
