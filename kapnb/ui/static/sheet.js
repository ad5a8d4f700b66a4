// A part of a page that is read more than filled in: markup that Python wrote and escaped.
//
// What a reader chooses goes up as one message, the new markup comes down, and only what differs is changed: the focus, what is
// folded open and the place on the page stay. An element says with data-action what it asks for, and with data-name of what.
//
// data-most on a file input: larger files stay here, and only their size goes up. data-keep: what is typed or ticked is kept in the
// tab's own storage under that name, and said again after a reload. data-about: the case that something is said about; where a session
// ends before it has taken that, it is said again when the case is on view. data-focus: takes the focus when what had it is gone.
// data-region: names the box of another widget, by its class, as a region that can be scrolled.

function render({ model, el }) {
  const said = Object.assign(document.createElement("p"), { className: "hushed", role: "status" });
  const body = Object.assign(document.createElement("div"), { className: "sheet" });
  const note = Object.assign(document.createElement("p"), { className: "note", role: "status" });
  const foot = document.createElement("div");
  const words = model.get("words");
  const restored = new WeakSet();
  let keeps = true; // the browser does
  let typed = "";
  const line = openLine(model, "sheet");
  let sent = model.get("state").seq;

  function draw() {
    const { html, said: text, seq } = model.get("state");
    if (seq < sent) return; // the answer to a choice that has been overtaken
    const fresh = document.createElement("template");
    fresh.innerHTML = html; // the one place: Python has escaped every text in it
    const held = body.contains(document.activeElement);
    matchChildren(body, fresh.content);
    if (held && !body.contains(document.activeElement)) body.querySelector("[data-focus]")?.focus();
    if (said.textContent !== text) said.textContent = text;
    body.querySelectorAll("[data-region]").forEach(nameRegion);
    body.querySelectorAll("[data-keep]").forEach(restore);
    const about = body.querySelector("[data-about]")?.dataset.about;
    if (about) line.resume(about).forEach((message) => line.send({ ...message, seq: ++sent }));
  }

  function act({ dataset }, value, buffers = []) {
    const message = { action: dataset.action, name: dataset.name ?? "", value, about: dataset.about };
    if (!line.waitsFor(message)) line.send({ ...message, seq: ++sent }, buffers);
  }

  async function sendFile(input) {
    const [file] = input.files;
    if (!file) return;
    const bytes = file.size <= Number(input.dataset.most) ? await file.arrayBuffer().catch(() => null) : null;
    act(input, file.size, bytes ? [bytes] : []);
  }

  function save({ download, type }, buffers) {
    if (!download) return;
    const address = URL.createObjectURL(new Blob(buffers, { type }));
    Object.assign(document.createElement("a"), { href: address, download }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  function keep(element) {
    const value = element.type === "checkbox" ? (element.checked ? "yes" : "") : element.value;
    try {
      if (value) sessionStorage.setItem(keptAs(element), value);
      else sessionStorage.removeItem(keptAs(element));
      tellKept(true, element);
    } catch {
      if (element.type !== "checkbox") tellKept(false, element); // a tick is asked for again
    }
  }

  function tellKept(kept, { value }) {
    typed = value;
    if (kept === keeps) return;
    keeps = kept;
    promise(kept, words.unkept);
    const take = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: words.typed_save });
    take.addEventListener("click", () => download(words.typed_file, typed));
    note.replaceChildren(...(kept ? [] : [words.not_typed, " ", take]));
  }

  function restore(element) {
    if (restored.has(element)) return;
    restored.add(element);
    let value = null;
    try {
      value = sessionStorage.getItem(keptAs(element));
    } catch {
      return;
    }
    if (!value || element.checked || element.value === value) return;
    if (element.type === "checkbox") element.checked = true;
    else element.value = value;
    act(element, element.type === "checkbox" ? true : value);
  }

  function nameRegion({ dataset }) {
    const box = el.closest(".kapnb-page")?.querySelector(`.${dataset.region}`);
    if (box) Object.assign(box, { role: "region", ariaLabel: dataset.label, tabIndex: 0 });
  }

  body.addEventListener("change", ({ target }) => {
    if (!target.dataset.action) return;
    if (target.type === "file") sendFile(target);
    else act(target, target.type === "checkbox" ? target.checked : target.value);
  });
  body.addEventListener("input", ({ target }) => target.dataset.keep && keep(target));
  body.addEventListener("click", ({ target }) => {
    const pressed = target.closest(":is(button, a)[data-action]"); // a link leads on by itself as well
    if (pressed && pressed.ariaDisabled !== "true") act(pressed, pressed.value ?? pressed.dataset.value);
    else if (target.type === "file") target.value = ""; // so that the same file, mended, can be chosen again
  });

  // On paper everything stands open.
  const unfold = () => body.querySelectorAll("details:not([open])").forEach((one) => one.toggleAttribute("data-unfolded", (one.open = true)));
  const fold = () => body.querySelectorAll("[data-unfolded]").forEach((one) => one.toggleAttribute("data-unfolded", (one.open = false)));
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);

  body.dataset.lmSuppressShortcuts = "true";
  el.classList.add("kapnb", "kapnb-sheet");
  foot.append(note);
  el.append(said, body, foot);
  model.on("change:state", draw);
  model.on("msg:custom", save);
  draw();
  return () => {
    model.off("change:state", draw);
    model.off("msg:custom", save);
    line.close();
    removeEventListener("beforeprint", unfold);
    removeEventListener("afterprint", fold);
  };
}

const keptAs = ({ dataset }) => `kapnb:${dataset.keep}`;

// Make an element's children like those of fresh markup, and touch nothing that is the same already.
function matchChildren(old, fresh) {
  const news = [...fresh.childNodes];
  const olds = [...old.childNodes];
  news.forEach((wanted, index) => (index < olds.length ? match(olds[index], wanted) : old.append(wanted)));
  olds.slice(news.length).forEach((extra) => extra.remove());
}

function match(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE && old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id || old.nodeType !== Node.ELEMENT_NODE) return old.replaceWith(fresh);
  const kept = old.localName === "details" ? ["open"] : [];
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  for (const name of fresh.getAttributeNames()) {
    if (!kept.includes(name) && old.getAttribute(name) !== fresh.getAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
  }
  if (old.localName === "textarea") return; // what is typed belongs to whoever types
  matchChildren(old, fresh);
  if (old.localName === "input" && old.type !== "file") old.checked = fresh.checked;
  if (old.localName === "select") old.value = fresh.value;
}

export default { render };
