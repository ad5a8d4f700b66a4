// @ts-check
// The one view of every page: regions of markup that Python wrote and escaped, of which only what differs is changed, so that the
// focus, what is folded open, what is typed and the place on the page stay. It says what a reader does, and decides nothing.
//
// What an element says by attributes is written down in kapnb/ui/page.py.

import morphdom from "./vendor/morphdom.js";
import { showAddresses, watchCopying } from "./address.js";
import { openConnection } from "./connection.js";
import { addMoves, lead } from "./moves.js";
import { betweenPresses } from "./press.js";
import { openStorage } from "./storage.js";
import { watchTerms } from "./terms.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

const TICKED = ["checkbox", "radio"];
const CONTROLS = ["input", "select", "textarea"];
const OPENS = ["details", "dialog"];
const REFERENCES = ["id", "for", "name", "aria-labelledby", "aria-describedby", "data-opens", "data-copies", "data-sheet", "popovertarget", "href"];

/** @param {{model: import("./connection.js").Model, el: HTMLElement}} given */
function render({ model, el }) {
  const { name: page, keeps } = model.get("options");
  const storage = openStorage(model.get("options"), (status) => send("kapnb:storage", { value: status }));
  const isKept = (/** @type {import("./connection.js").Message} */ { action, about }) => (keeps || about !== undefined) && !action.startsWith("kapnb:");
  const connection = openConnection(model, storage.memory, isKept, tellLate);
  const shared = document.documentElement.dataset;
  const apart = shared.kapnb ? `view-${Math.random().toString(36).slice(2)}-` : ""; // begins every id of a second view on one document
  const root = document.createElement("div");
  const spoken = Object.assign(document.createElement("p"), { className: "visually-hidden", role: "status" });
  /** @type {Map<string, string>} */
  const drawn = new Map();
  /** Regions in which something was done that Python has not answered; it may have refused it. @type {Set<string | undefined>} */
  const touched = new Set();
  /** @type {WeakSet<Element>} */
  const restored = new WeakSet();
  let [focused, refused] = [model.get("focus").turn, model.get("refused")];
  let late = false;
  let behind = false; // what is drawn is older than what Python said
  let reading = 0; // files that are on their way up
  /** The question that was left by Tab before its answer was heard, which may have drawn another after it. @type {Element | null} */
  let left = null;
  let staysTyped = false; // what the element at hand shows, while regions are drawn

  /** @param {string} action @param {Omit<import("./connection.js").Message, "action">} [more] @param {ArrayBuffer[]} [buffers] */
  function send(action, more = {}, buffers = []) {
    const message = { action, ...more };
    if (connection.repeats(message)) return;
    connection.send(message, buffers);
    mark();
  }

  /** @param {HTMLElement} element @param {unknown} [value] @param {ArrayBuffer[]} [buffers] */
  function act(element, value, buffers) {
    const { dataset } = element;
    left = null;
    touched.add(/** @type {HTMLElement | null} */ (element.closest("[data-region]"))?.dataset.region);
    send(dataset.action ?? "", { name: dataset.name, value, about: dataset.about }, buffers);
  }

  function mark() {
    shared.kapnb = connection.settled && !behind && !reading ? "settled" : "busy";
  }

  function tellLate(now = late) {
    late = now;
    root.classList.toggle("is-late", late);
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-late]"))) {
      const text = late ? (one.dataset.late ?? "") : "";
      if (one.textContent !== text) one.textContent = text;
    }
  }

  // --- drawing --------------------------------------------------------------------------------------------------------------

  /** @param {Node} node */
  function key(node) {
    if (!(node instanceof HTMLElement)) return undefined;
    if (node.id) return node.id;
    const key = node.getAttribute("data-key"); // far quicker than dataset, and asked of every element
    const field = key ? null : node.getAttribute("data-field");
    return key ? `${node.localName} ${key}` : field ? `field ${field}` : undefined;
  }

  /** What a reader typed or chose stays, until Python knows of it or writes something else there. @param {Element} old @param {Element} fresh */
  function prepare(old, fresh) {
    staysTyped = false;
    if (OPENS.includes(old.localName)) fresh.toggleAttribute("open", old.hasAttribute("open"));
    if (!CONTROLS.includes(old.localName)) return true;
    const [now, next] = /** @type {HTMLInputElement[]} */ ([old, fresh]);
    const held = now.dataset.action && connection.pends(now.dataset);
    const ticked = TICKED.includes(now.type);
    if (held && ticked) next.checked = now.checked;
    if (held && old.localName === "select") next.value = now.value;
    const typed = old.localName !== "select" && !ticked;
    staysTyped = typed && (held || now.type === "file" || now === document.activeElement || now.defaultValue === next.defaultValue);
    return true;
  }

  /** Two views on one document share no id and no group of radios, so that no label leads to the other. @param {HTMLElement} part */
  function setApart(part) {
    if (!apart) return;
    for (const name of REFERENCES) {
      for (const one of part.querySelectorAll(name === "href" ? "[href^='#']" : `[${name}]`)) {
        one.setAttribute(name, (one.getAttribute(name) ?? "").replace(/[^\s#]+/g, `${apart}$&`));
      }
    }
  }

  /** @param {string} name */
  function drawRegion(name) {
    const html = model.get(`html_${name}`);
    if (drawn.get(name) === html && !touched.has(name)) return;
    const region = /** @type {HTMLElement | null} */ (root.querySelector(`[data-region="${name}"]`));
    if (!region) return;
    drawn.set(name, html);
    const fresh = /** @type {HTMLElement} */ (region.cloneNode(false));
    fresh.innerHTML = html; // the one place: Python has escaped every text in it
    setApart(fresh);
    morphdom(region, fresh, {
      childrenOnly: true,
      getNodeKey: key,
      onBeforeElUpdated: prepare,
      onBeforeElChildrenUpdated: (old, next) => {
        if (!staysTyped) return true;
        const [now, after] = /** @type {HTMLInputElement[]} */ ([old, next]);
        if (now.type !== "file") now.defaultValue = after.defaultValue;
        return false;
      },
    });
  }

  /** What had the focus keeps it or, where it is gone or hidden, leaves it to what is near. @param {HTMLElement} held */
  function keepFocus(held) {
    if (![held, document.body].includes(/** @type {HTMLElement} */ (document.activeElement))) return;
    const near = held.closest("fieldset, section")?.querySelector("input"); // a button that hides leaves the focus to its question
    const next = [held, ...(near ? [near] : []), ...root.querySelectorAll("[data-focus]")].find((one) => root.contains(one) && one.checkVisibility({ visibilityProperty: true }));
    if (next !== document.activeElement) /** @type {HTMLElement | undefined} */ (next)?.focus({ preventScroll: true });
  }

  function draw() {
    root.className = `kapnb kapnb-page ${model.get("classes")}`;
    const held = document.activeElement;
    const mine = root.contains(held);
    const before = new Set(root.querySelectorAll("[data-field]"));
    for (const name of model.get("regions")) drawRegion(name);
    tellLate();
    showAddresses(root);
    const { id, turn } = model.get("focus");
    const passed = left && mine && [...root.querySelectorAll("[data-field]")].find((one) => !before.has(one) && follows(one, left) && follows(held, one));
    if (turn !== focused) {
      focused = turn;
      const target = /** @type {HTMLElement | null} */ (root.querySelector(`#${CSS.escape(apart + id)}`));
      if (target) lead(target);
    } else if (passed) {
      /** @type {HTMLElement | null} */ (passed.querySelector("summary, input"))?.focus();
    } else if (mine && held instanceof HTMLElement) {
      if (root.contains(held)) requestAnimationFrame(() => keepFocus(held)); // to ask now whether it is hidden would have all styles worked out twice
      else keepFocus(held);
    }
    if (spoken.textContent !== model.get("said")) spoken.textContent = model.get("said");
    root.querySelectorAll("[data-keep]").forEach((one) => restore(/** @type {Control} */ (one)));
    const about = /** @type {HTMLElement | null} */ (root.querySelector("[data-about]"))?.dataset.about;
    if (about && !keeps) connection.replay(about);
  }

  const show = betweenPresses(() => {
    behind = false;
    draw();
    if (connection.settled) {
      touched.clear();
      left = null;
    }
    mark();
  });

  function onChange() {
    if (model.get("refused") !== refused) storage.setAside();
    refused = model.get("refused");
    connection.hear();
    if (keeps && !model.get("fresh") && !connection.waitsFor("kapnb:restore")) storage.keep(model.get("saved"));
    behind = true;
    mark();
    show();
  }

  // --- what a reader does ---------------------------------------------------------------------------------------------------

  /** @param {Event} event */
  function onEdit({ target }) {
    const control = /** @type {Control} */ (target);
    if (control instanceof HTMLInputElement && control.type === "file") return void sendFiles(control);
    if (control.dataset.action === "kapnb:country") storage.country.write(control.value);
    if (control.dataset.action) act(control, control.type === "checkbox" ? /** @type {HTMLInputElement} */ (control).checked : control.value);
  }

  /** Each file is an event. Of one that is larger than `data-most` only the size goes up. @param {HTMLInputElement} input */
  async function sendFiles(input) {
    reading += 1;
    mark();
    for (const file of [...(input.files ?? [])]) {
      const bytes = file.size <= Number(input.dataset.most) ? await file.arrayBuffer().catch(() => null) : null;
      act(input, file.size, bytes ? [bytes] : []);
    }
    reading -= 1;
    mark();
  }

  /** @param {KeyboardEvent} event */
  function onKey({ key, shiftKey, target }) {
    if (key !== "Tab" || shiftKey) left = null;
    else if (!connection.settled) left ??= /** @type {Element} */ (target).closest("[data-field]");
  }

  /** @param {MouseEvent} event */
  function onClick({ target }) {
    if (!(target instanceof Element)) return;
    if (target instanceof HTMLInputElement && target.type === "file") target.value = ""; // the same file, mended, can be chosen again
    const pressed = /** @type {HTMLButtonElement | null} */ (target.closest(":is(button, a)[data-action], [data-aside]")); // a link leads on by itself as well
    if (!pressed || pressed.ariaDisabled === "true") return;
    const { aside, index, value } = pressed.dataset;
    if (aside === "save") download(value ?? "", [storage.aside(Number(index))]);
    else if (aside === "forget") storage.dropAside(Number(index));
    else if (pressed.type !== "submit" || !pressed.form?.dataset.action) act(pressed, pressed.getAttribute("value") ?? value);
  }

  /** A form is sent as one action, once what it requires is filled in. @param {SubmitEvent} event */
  function onSubmit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.dataset.action) return;
    event.preventDefault();
    if (form.dataset.keep) storage.keepTyped(form.dataset.keep, "yes");
    act(form, true);
  }

  // --- what is typed, in the tab's own storage --------------------------------------------------------------------------------

  /** @param {Event} event */
  function onInput({ target }) {
    const one = /** @type {HTMLInputElement} */ (target);
    if (one.dataset.live !== undefined) act(one, one.value);
    if (!one.dataset.keep) return;
    const ticked = TICKED.includes(one.type);
    const kept = storage.keepTyped(one.dataset.keep, ticked ? (one.checked ? "yes" : "") : one.value);
    if (!ticked) storage.tellKept(kept); // a tick is asked for again
  }

  /** @param {Control | HTMLFormElement} one */
  function restore(one) {
    if (restored.has(one)) return;
    restored.add(one);
    const text = storage.typed(one.dataset.keep ?? "");
    if (!text) return;
    if (one instanceof HTMLFormElement) return act(one, true);
    if (one instanceof HTMLInputElement && one.type === "checkbox") {
      if (one.checked) return;
      one.checked = true;
      return act(one, true);
    }
    if (one.value === text) return;
    one.value = text;
    act(one, text);
  }

  // --- start ----------------------------------------------------------------------------------------------------------------

  /** @param {{download?: string, forget?: boolean}} said @param {BlobPart[]} buffers */
  function onMessage(said, buffers) {
    if (said.forget) storage.forget();
    if (said.download) download(said.download, buffers);
  }

  root.innerHTML = model.get("frame");
  setApart(root);
  root.prepend(spoken);
  root.dataset.lmSuppressShortcuts = "true"; // the keys belong to the page, not to the notebook around it
  root.dataset.page = page;
  el.append(root);
  root.addEventListener("change", onEdit);
  root.addEventListener("input", onInput);
  root.addEventListener("keydown", onKey);
  root.addEventListener("click", onClick);
  root.addEventListener("submit", onSubmit);
  model.on("change", onChange);
  model.on("msg:custom", onMessage);
  if (storage.country.read()) send("kapnb:country", { value: storage.country.read() });
  if (storage.status().aside) send("kapnb:storage", { value: storage.status() });
  if (keeps && model.get("fresh") && storage.restored()) send("kapnb:restore", { value: storage.restored() });
  if (model.get("options").reads && location.search) send("kapnb:address", { value: location.search });
  draw();
  if (keeps) connection.replay();
  const stopMoves = addMoves(root);
  const stopTerms = watchTerms(root);
  watchCopying(root);
  mark();
  return () => {
    model.off("change", onChange);
    model.off("msg:custom", onMessage);
    stopMoves();
    stopTerms();
    connection.close();
    storage.close();
  };
}

/** @param {Element | null} one @param {Element | null} other */
const follows = (one, other) => one && other && other.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;

/** @param {string} name @param {BlobPart[]} parts */
function download(name, parts) {
  const address = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export default { render };
