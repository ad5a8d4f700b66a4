// @ts-check
// The page's side of a page without a server: it draws what was written when the page was built, starts Python in a worker, and has the
// two talk. What a reader does before Python is there waits, and is taken then.

import view from "../../ui/static/view.js";
import openSilence from "./silence.js";

/**
 * @typedef {{name: string, state: Record<string, any>}} Shown  a page as it was built
 * @typedef {(...given: any[]) => void} Slot
 */

const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const settings = JSON.parse(find("kapnb-settings").textContent ?? "{}");
const banner = find("session");
const opening = find("opening");

/** Pages lead to one another by name. Here each is a file, or a part of this one. @param {unknown} shown */
const lead = (shown) =>
  typeof shown !== "string" ? shown : shown.replace(/href="([a-z]+)(\?[^"#]*)?(?:#([^"]*))?"/g, (whole, name, query = "", anchor = "") => {
    const address = settings.pages[name];
    if (!address) return whole;
    const own = location.pathname.split("/").at(-1); // a view may put something of its own before what begins with #
    if (address.startsWith("#")) return `href="${own}${query || location.search}${address}${anchor && `/${anchor}`}"`;
    return `href="${address}${query}${anchor && `#${anchor}`}"`;
  });

/** What a view takes as its model. @param {Record<string, any>} state @param {(message: object, files: ArrayBuffer[]) => void} post */
function makeModel(state, post) {
  /** @type {Record<string, Set<Slot>>} */
  const slots = { change: new Set(), "msg:custom": new Set() };
  return {
    get: (/** @type {string} */ name) => lead(state[name]),
    on: (/** @type {string} */ event, /** @type {Slot} */ slot) => void slots[event].add(slot),
    off: (/** @type {string} */ event, /** @type {Slot} */ slot) => void slots[event].delete(slot),
    send: (/** @type {any} */ message, /** @type {unknown} */ _ = undefined, /** @type {ArrayBuffer[]} */ files = []) => post(message, files),
    /** @param {{state?: Record<string, any>, message?: object}} told @param {Uint8Array[]} files */
    take(told, files) {
      if (told.state) {
        Object.assign(state, told.state);
        slots.change.forEach((slot) => slot());
      }
      if (told.message) slots["msg:custom"].forEach((slot) => slot(told.message, files));
    },
  };
}

/** A session that cannot go on. What was answered is in the browser's storage, so that a reload goes on with it. */
function giveUp() {
  if (banner.dataset.state) return;
  banner.dataset.state = "ended";
  banner.hidden = false;
  opening.hidden = true;
  const said = document.createElement("div");
  for (const [tag, text] of [["strong", banner.dataset.endedTitle], ["p", banner.dataset.ended]]) {
    said.append(Object.assign(document.createElement(tag ?? "p"), { textContent: text }));
  }
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: banner.dataset.goOn });
  again.addEventListener("click", () => location.reload());
  banner.replaceChildren(said, again);
}

/** @type {Worker | undefined} */
let worker;
/** The pages that it is to open. @type {{open: string, session: string}[]} */
const opened = [];
let quick = "python.snapshot" in settings.files; // by a copy of Python's memory, which fits one build of Python alone
/** @type {Map<string, ReturnType<typeof makeModel>>} */
const models = new Map();
/** What waits for Python to be there. @type {Map<string, [object, ArrayBuffer[]][] | null>} */
const waiting = new Map();
const silence = openSilence();

/** @param {{data: any}} told */
function onWorker({ data }) {
  silence.hear();
  if (data.done) return opening.style.setProperty("--done", String(data.done));
  if (data.failed) {
    console.error(data.failed);
    return onTrouble();
  }
  if (data.text) models.get(data.page)?.take(JSON.parse(data.text), data.files);
  if (data.opened) {
    quick = false;
    silence.begin("answering");
    opening.hidden = true;
    document.documentElement.dataset.python = "ready";
    const early = waiting.get(data.page) ?? [];
    waiting.set(data.page, null);
    early.forEach(([message, files]) => post(data.page, message, files));
  }
}

/** @param {string} page @param {object} message @param {ArrayBuffer[]} files */
function post(page, message, files) {
  const early = waiting.get(page);
  if (early) return void early.push([message, files]);
  silence.wait();
  worker?.postMessage({ page, message: JSON.stringify(message), files: files.map((one) => new Uint8Array(one)) });
}

function watch() {
  const wanted = document.hidden ? "" : silence.look();
  if (wanted === "gone") onTrouble();
  else if (wanted) worker?.postMessage({ ping: true });
}

/** The page as it was built: its state, and each region as it stands in the document. @param {HTMLElement} place @returns {Shown} */
function read(place) {
  const state = JSON.parse(place.querySelector("script")?.textContent ?? "{}");
  for (const name of state.regions) state[`html_${name}`] = place.querySelector(`[data-region="${name}"]`)?.innerHTML ?? "";
  return { name: place.dataset.page ?? "", state };
}

/** A file that stands in this document itself. @param {string} id */
const embedded = (id) => Uint8Array.from(atob(find(id).textContent ?? ""), (sign) => sign.charCodeAt(0));

/** In one file Python stands at the end, and may be on its way still. */
const arrived = new Promise((resolve) => {
  if (document.readyState !== "loading") resolve(undefined);
  else addEventListener("DOMContentLoaded", resolve);
});

async function startWorker() {
  await arrived;
  const { worker: script, files, variables, lock } = settings;
  let address = script.address;
  if (!address) {
    const text = await new Response(new Blob([embedded(script.id)]).stream().pipeThrough(new DecompressionStream("gzip"))).blob();
    address = URL.createObjectURL(text);
  }
  const base = document.baseURI;
  const locate = (/** @type {any} */ { id, address: path, ...rest }) => ({ ...rest, ...(id ? { bytes: embedded(id) } : { address: new URL(path, base).href }) });
  const given = Object.entries(files).map(([name, choices]) => [name, choices.map(locate)]);
  worker = new Worker(address);
  worker.onmessage = onWorker;
  worker.onerror = onTrouble;
  silence.begin(quick ? "remembering" : "beginning"); // what is not the right memory may run in circles
  worker.postMessage({ settings: { files: Object.fromEntries(given), variables, lock, quick } });
  opened.forEach((one) => worker?.postMessage(one));
}

/** What the copy of Python's memory cannot do, the ordinary start can: what waits goes on to wait. */
function onTrouble() {
  if (!quick) return giveUp();
  quick = false;
  Object.assign(worker ?? {}, { onmessage: null, onerror: null });
  worker?.terminate();
  startWorker().catch(giveUp);
}

/** @type {Promise<void> | undefined} */
let starting;

/** Show a page of this document, and open it in Python. @param {HTMLElement} place */
async function show(place) {
  const { name, state } = read(place);
  if (models.has(name)) return;
  const session = crypto.getRandomValues(new Uint32Array(2)).join("-");
  waiting.set(name, []);
  const model = makeModel({ ...state, session }, (message, files) => post(name, message, files));
  models.set(name, model);
  const root = /** @type {HTMLElement} */ (place.querySelector("[data-root]"));
  root.replaceChildren();
  view.render({ model, el: root });
  if (typeof WebAssembly !== "object" || typeof DecompressionStream !== "function" || typeof Worker !== "function") {
    opening.textContent = opening.dataset.unfit ?? "";
    return;
  }
  opening.hidden = false;
  document.documentElement.dataset.python = "waiting";
  opened.push({ open: name, session });
  worker?.postMessage(opened.at(-1));
  await (starting ??= startWorker());
}

const places = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("main[data-page]")]);

/** @type {HTMLElement | undefined} */
let shown;

let led = ""; // where turn() led last, as the address says it

/** In one file each page is a part of the document, and the address says after # which is on view, and what in it. */
function turn() {
  if (led && led === location.hash) return;
  const [, page, query] = /#([a-z]+)(\?.+)$/.exec(location.hash) ?? []; // a set, added to the address of this file
  if (query) return location.replace(`${location.pathname}${query}#${page}`);
  const [name, anchor] = location.hash.slice(1).split("/");
  const asked = places.find(({ dataset }) => dataset.page === name);
  const within = name && (shown ?? places.find((one) => one.querySelector(`#${CSS.escape(name)}`))); // an anchor by itself
  const next = asked ?? (within || places[0]);
  lay(next);
  led = asked && anchor ? location.hash : "";
  const place = led && next.querySelector(`[id="${CSS.escape(anchor)}"], [id$="-${CSS.escape(anchor)}"]`); // its view may have put more before it
  if (!place) return;
  location.replace(`#${place.id}`);
  history.replaceState(null, "", led);
}

/** @param {HTMLElement} next */
function lay(next) {
  if (next === shown) return;
  shown = next;
  for (const one of places) one.hidden = one !== next;
  for (const link of document.querySelectorAll("header nav a")) {
    link.toggleAttribute("aria-current", link.getAttribute("href") === `#${next.dataset.page}`);
  }
  if (next.querySelector("script")) void show(next).catch(giveUp);
  else opening.hidden = true;
  scrollTo(0, 0);
}

if (places.length > 1) addEventListener("hashchange", turn);
setInterval(watch, 2_000);
turn();
