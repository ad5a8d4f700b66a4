// The form: questions with native radio buttons, and around them the tools of one case.
//
// Python holds the case. An action goes up as one message, the new state comes down; meanwhile the form already shows what was
// chosen. That copy is kept in the browser as well, so that neither a reload nor a lost session loses an answer.
// Words, sections and examples stand in `form`, which never changes. Text is only ever set as text, never as HTML.

const KEPT = "kapnb:case";
const RECORDED = "kapnb:recorded"; // during a what-if, the case as it was recorded
const ASIDE = "kapnb:aside"; // what was kept and could not be read any more, as a list of texts
const KB = 1024;

function render({ model, el }) {
  const { words, sections, examples, readings, limit } = model.get("form");
  const fields = sections.flatMap((section) => section.fields);
  const line = openLine(model, "form", follow);
  const id = `kapnb-${Math.random().toString(36).slice(2)}`;
  const groups = new Map(); // field name -> what is drawn of it
  const switches = new Map(); // the same of a reading
  const tallies = new Map(); // section name -> what is drawn in its head
  let sent = model.get("state").seq;
  let pending = []; // actions that Python has not answered yet
  let told = null; // a notice of the browser's own; false once it is put away
  let seen = ""; // the notice that last took the focus
  let described = ""; // the title and notes that are drawn
  let last = null; // the question that was last at hand
  let written = JSON.stringify([null, null]); // what is kept, as this tab wrote it last
  let keeps = true; // the browser does
  let stuck = false; // what is kept can be neither read nor set aside, so it stays as it is

  // --- the case -------------------------------------------------------------------------------------------------------------

  const current = () => moment().record;

  // What is on view, and during a what-if the recorded case behind it.
  function moment() {
    const { case: record, recorded } = model.get("state");
    return pending.reduce(foresee, { record, recorded });
  }

  function foresee({ record, recorded }, said) {
    const next = { ...record };
    switch (said.action) {
      case "record":
        if (said.option === null) delete next[said.field];
        else next[said.field] = said.option;
        break;
      case "clear":
        for (const field of sections.find((section) => section.name === said.section).fields) delete next[field.name];
        break;
      case "choose":
        next.readings = { ...record.readings, [said.reading]: said.choice };
        break;
      case "reset":
        delete next.readings;
        break;
      case "whatif":
        return { record, recorded: recorded ?? record };
      case "keep":
        return { record, recorded: null };
      case "back":
        return { record: recorded ?? record, recorded: null };
      case "new":
      case "forget":
        return { record: {}, recorded: null };
    }
    return { record: next, recorded };
  }

  function act(action, details = {}) {
    const { about } = model.get("state");
    const said = { action, ...details, ...(about && { about }) };
    if (line.waitsFor(said)) return;
    const message = { ...said, seq: ++sent };
    pending.push(message);
    told = null;
    line.send(message); // first, so that Python works while the form is drawn
    keep();
    draw();
  }

  // The explanation beside the form says when it is behind.
  function follow(late) {
    el.closest(".kapnb-page")?.dispatchEvent(new CustomEvent("kapnb:late", { detail: late, bubbles: true }));
  }

  function resume() {
    const { about } = model.get("state");
    if (about) line.resume(about).forEach(({ action, ...details }) => act(action, details));
  }

  function tell(text, also = {}) {
    told = { text, lines: [], ...also };
    seen = "";
    draw();
  }

  // --- the browser's storage ------------------------------------------------------------------------------------------------

  // In this tab's own storage, so that two tabs do not lose each other's case, and in the browser's, for when the tab is closed.
  function keep() {
    if (!examples || stuck || pending.some((message) => message.action === "restore")) return;
    const { record, recorded } = moment();
    const held = Object.keys(record).length || recorded ? record : null;
    const text = JSON.stringify([held, recorded]);
    if (text === written) return; // another tab may have kept something since
    const pairs = recorded ? [[RECORDED, recorded], [KEPT, held]] : [[KEPT, held], [RECORDED, null]]; // no what-if passes for a record
    if (!attempt(() => pairs.forEach(([key, value]) => put(sessionStorage, key, value)))) {
      attempt(() => pairs.forEach(([key]) => sessionStorage.removeItem(key))); // what is older is not to come back
    }
    const kept = attempt(() => pairs.forEach(([key, value]) => put(localStorage, key, value)));
    written = kept ? text : null;
    if (kept === keeps) return;
    keeps = kept;
    promise(kept, words.unkept);
    write(foot.firstChild, kept ? words.kept : words.no_storage);
    if (!kept) tell(words.no_storage, { save: true });
  }

  function restore() {
    const find = (storage) => ({ text: storage.getItem(KEPT), recorded: storage.getItem(RECORDED) });
    let found = {};
    attempt(() => (found = find(sessionStorage)));
    if (!found.text) attempt(() => (found = find(localStorage))); // where there is none, keep() says so at the first answer
    if (found.text && model.get("state").fresh) act("restore", found);
  }

  // What Python could not take back is not written over.
  function setAside({ text, recorded }) {
    try {
      putAside([...new Set([...listAside(ASIDE), text, recorded].filter(Boolean))]);
      written = null;
    } catch {
      stuck = true;
      tell(words.no_storage);
    }
  }

  function putAside(texts) {
    put(localStorage, ASIDE, texts.length ? texts : null);
    drawAside();
  }

  // --- files ----------------------------------------------------------------------------------------------------------------

  // Of a what-if the recorded case is saved.
  function save(ending = "json", text = "") {
    const { record: shown, recorded } = moment();
    const record = recorded ?? shown;
    const name = `kapnb-${slug(record.case_id ?? record.title ?? "case")}.${ending}`;
    download(name, text || `${JSON.stringify(record, null, 2)}\n`);
    tell(fill(recorded ? words.whatif_saved : words.saved, { name }));
  }

  async function load(file) {
    if (file.size > limit) return tell(fill(words.too_large, { limit: limit / KB }), { problem: true });
    let text;
    try {
      text = await file.text();
    } catch {
      return tell(words.unreadable, { problem: true });
    }
    act("load", { text });
  }

  // --- drawing, once --------------------------------------------------------------------------------------------------------

  // A question about the case, or about the source, as a group of native radios. `choose` is told the option.
  function drawGroup(question, name, choose) {
    const inputs = new Map();
    const options = question.options.map((option, index) => {
      const input = make("input", { type: "radio", name, value: option.name, id: `${name}-${index}` });
      const usual = option.name === question.default && make("span", { className: "tag", id: `${name}-default` }, words.default);
      const help = option.help && make("span", { className: "hint", id: `${name}-${index}-help` }, option.help);
      describe(input, usual, help);
      input.addEventListener("change", () => choose(option.name));
      inputs.set(option.name, input);
      const label = make("label", { htmlFor: input.id }, option.label);
      return make("div", { className: "option" }, input, make("div", {}, label, usual, help));
    });
    const names = question.instruments.join(", ");
    const help = make(
      "div",
      { className: "help", id: `${name}-help` },
      question.help && make("p", {}, question.help),
      names && make("p", { className: "instruments" }, fill(words.instruments, { names })),
    );
    const was = make("p", { className: "was", id: `${name}-was`, hidden: true });
    const set = make(
      "fieldset",
      { className: question.child ? "question child" : "question" },
      make("legend", {}, question.question),
      help.hasChildNodes() && help,
      make("div", { className: question.options.some((option) => option.help) ? "options roomy" : "options" }, ...options),
      was,
    );
    describe(set, help.hasChildNodes() && help, was); // what it was before a what-if, empty outside of one
    return { set, inputs, was, question };
  }

  function drawQuestion(field) {
    const group = drawGroup(field, `${id}-${field.name}`, (option) => act("record", { field: field.name, option }));
    const { set, inputs } = group;
    const takeBack = () => {
      inputs.values().next().value.focus();
      act("record", { field: field.name, option: null });
    };
    set.append(
      button(words.take_back, takeBack, "quiet back", field.question),
      make("p", { className: "print-only", ariaHidden: "true" }, words.not_recorded),
    );
    set.dataset.field = field.name;
    set.addEventListener("focusin", () => (last = field.name));
    set.addEventListener("kapnb:go", () => goTo(field.name));
    groups.set(field.name, group);
    return set;
  }

  function drawReading(reading) {
    const choose = (choice) => act("choose", { reading: reading.name, choice });
    const group = drawGroup(reading, `${id}-reading-${reading.name}`, choose);
    group.set.classList.add("answered");
    group.set.dataset.reading = reading.name;
    switches.set(reading.name, group);
    return group.set;
  }

  function drawSection(section) {
    const head = `${id}-${section.name}`;
    const count = make("span", { className: "count" });
    const empty = () => {
      goTo(section.fields[0].name, false);
      act("clear", { section: section.name });
    };
    const clear = button(words.clear, empty, "quiet", section.label);
    tallies.set(section.name, { count, clear });
    const drawn = make(
      "section",
      { className: "card" },
      section.label && make("div", { className: "head" }, make("h2", { id: head }, section.label), count, clear),
      ...section.fields.map(drawQuestion),
    );
    if (section.label) drawn.setAttribute("aria-labelledby", head);
    return drawn;
  }

  const undo = button(words.undo, () => undo.ariaDisabled === "true" || act("undo"));
  const next = button(words.next_unanswered, goOn);
  const progress = make("p", { className: "tally" });
  const meter = make("span", { className: "meter", ariaHidden: "true" }, make("span"));
  const notice = make("div", { className: "notice", role: "status" });
  const trouble = make("div", { className: "trouble", tabIndex: -1 });
  const aside = make("div", { className: "aside" });
  const about = make("section", { className: "about", ariaLabel: words.case });
  const changes = make("p");
  const leave = (action) => () => {
    next.focus({ preventScroll: true }); // these buttons go away
    act(action);
  };
  const band = make(
    "div",
    { className: "band", role: "group", ariaLabel: words.whatif_mode, hidden: true },
    changes,
    make("div", { className: "acts" }, button(words.whatif_keep, leave("keep")), button(words.whatif_back, leave("back"))),
  );
  const suppose = button(words.whatif, () => suppose.ariaDisabled === "true" || act("whatif"));
  const note = button(words.note, () => note.ariaDisabled === "true" || act("note")); // Python writes it
  const altered = make("span", { className: "count" });
  const reset = button(words.readings_reset, () => reset.ariaDisabled === "true" || act("reset"));
  // What takes the focus is not to hide under the strip, however much it says.
  const size = new ResizeObserver(([strip]) => root.style.setProperty("--strip", `${strip.target.offsetHeight}px`));
  const tools = examples ? drawTools() : [];
  const source = readings.length ? drawReadings() : "";
  const foot = make("p", { className: "foot" }, make("span", {}, words.kept), " ", button(words.forget, forget, "quiet"));

  function forget() {
    stuck = false;
    try {
      putAside([]);
    } catch {
      // without storage nothing is kept
    }
    act("forget");
  }

  function drawTools() {
    const picker = make("input", { type: "file", accept: ".json,application/json", hidden: true });
    picker.addEventListener("change", () => {
      if (picker.files.length) load(picker.files[0]);
      picker.value = ""; // the same file can be chosen again
    });
    const shelf = drawExamples();
    const bar = make(
      "div",
      { className: "tools", role: "group", ariaLabel: words.tools },
      button(words.examples, () => shelf.showModal()),
      button(words.load, () => picker.click()),
      button(words.save, () => save()),
      note,
      button(words.new_case, () => act("new")),
      suppose,
      undo,
      picker,
      shelf,
    );
    const strip = make("div", { className: "strip" }, band, make("div", { className: "row" }, progress, meter, next), notice);
    size.observe(strip);
    drawAside();
    return [bar, trouble, aside, about, strip];
  }

  function drawReadings() {
    const title = make("summary", { className: "head" }, make("h2", {}, words.readings), altered);
    const lead = make("div", { className: "lead" }, make("p", {}, words.readings_lead), reset);
    const drawn = make("details", { className: "card readings" }, title, lead, ...readings.map(drawReading));
    drawn.dataset.part = "readings";
    drawn.addEventListener("toggle", warm, { once: true });
    drawn.addEventListener("kapnb:go", () => {
      drawn.open = true;
      title.focus({ preventScroll: true });
      drawn.scrollIntoView({ block: "start", behavior: pace() });
    });
    return drawn;
  }

  // While the first question is read, Python gets ready for every choice, a little at a time.
  function warm() {
    const others = readings.flatMap(({ name, default: usual, options }) =>
      options.filter((option) => option.name !== usual).map((option) => ({ action: "warm", reading: name, choice: option.name })),
    );
    const send = () => {
      const message = others.shift();
      if (!message || !root.isConnected) return;
      line.send(message);
      setTimeout(send, 150);
    };
    send();
  }

  function drawExamples() {
    const shelf = make("dialog", { className: "shelf" });
    shelf.setAttribute("aria-labelledby", `${id}-shelf`);
    const rows = examples.map((example) => {
      const row = button("", () => {
        shelf.close();
        act("example", { name: example.name });
      });
      row.append(make("strong", {}, example.title), make("span", {}, example.note));
      return make("li", {}, row);
    });
    shelf.append(
      make("h2", { id: `${id}-shelf` }, words.examples_title),
      make("p", {}, words.examples_lead),
      make("ul", {}, ...rows),
      button(words.close, () => shelf.close()),
    );
    return shelf;
  }

  // --- drawing, on every change ---------------------------------------------------------------------------------------------

  function draw() {
    const state = model.get("state");
    const { record, recorded } = moment();
    for (const { name } of fields) {
      const group = groups.get(name);
      group.set.hidden = !state.shown.includes(name);
      group.set.classList.toggle("answered", name in record);
      check(group, record[name], recorded ? recorded[name] : record[name]);
    }
    for (const { name, default: usual } of readings) {
      const choice = record.readings?.[name] ?? usual;
      switches.get(name).set.classList.toggle("unusual", choice !== usual);
      check(switches.get(name), choice, recorded ? (recorded.readings?.[name] ?? usual) : choice);
    }
    write(altered, state.readings);
    reset.ariaDisabled = String(!Object.keys(record.readings ?? {}).length);
    source && source.classList.toggle("unusual", reset.ariaDisabled === "false");
    for (const section of sections) {
      const { count, clear } = tallies.get(section.name);
      write(count, state.counts[section.name]);
      clear.hidden = !section.fields.some(({ name }) => name in record);
    }
    if (!examples) return;
    write(progress, state.progress);
    meter.firstChild.style.scale = `${state.answered / state.asked} 1`;
    next.ariaDisabled = String(state.answered === state.asked);
    undo.ariaDisabled = String(!state.undo);
    suppose.ariaDisabled = String(Boolean(recorded));
    note.ariaDisabled = String(!state.invented);
    band.hidden = !recorded;
    root.classList.toggle("supposed", Boolean(recorded));
    write(changes, state.whatif);
    drawAbout(record);
    drawNotice(told ?? state.notice);
  }

  // During a what-if a question says what was recorded, where that is another answer.
  function check({ set, inputs, was, question }, option, before) {
    for (const [name, input] of inputs) input.checked = name === option;
    const label = question.options.find(({ name }) => name === before)?.label ?? words.not_recorded;
    was.hidden = option === before;
    set.classList.toggle("changed", !was.hidden);
    write(was, was.hidden ? "" : fill(words.whatif_was, { answer: label }));
  }

  function drawAbout(record) {
    const key = JSON.stringify([record.title, record.vignette, record.note]);
    if (key === described) return;
    described = key;
    const parts = [
      record.title && make("h2", {}, record.title),
      record.vignette && make("p", {}, record.vignette),
      record.note && make("p", {}, record.note),
    ].filter(Boolean);
    about.hidden = !parts.length;
    about.replaceChildren(...parts);
  }

  function drawAside() {
    const texts = listAside(ASIDE);
    const rows = texts.map((text, index) => {
      const name = `kapnb-set-aside-${index + 1}.json`;
      const drop = () => {
        next.focus({ preventScroll: true }); // this button goes away
        putAside(texts.filter((other) => other !== text));
      };
      const take = button(words.aside_save, () => download(name, text), "quiet", name);
      return make("p", {}, words.aside, " ", take, " ", button(words.aside_forget, drop, "quiet", name));
    });
    aside.replaceChildren(...rows);
  }

  function drawNotice(said) {
    const key = told ? said.text : model.get("state").seq + JSON.stringify(said);
    if (key === seen) return;
    seen = key;
    notice.replaceChildren();
    trouble.replaceChildren();
    if (!said) return;
    const saving = said.save && button(words.save, () => save(), "quiet");
    const undoing = said.undo && button(words.undo, () => act("undo"), "quiet");
    const dismiss = button(words.dismiss, putAway, "quiet");
    const place = said.problem ? trouble : notice;
    place.append(
      make("p", {}, said.text),
      said.lines.length ? make("ul", {}, ...said.lines.map((line) => make("li", {}, line))) : "",
      make("span", { className: "acts" }, saving, undoing, dismiss),
    );
    if (said.problem) trouble.focus();
  }

  function putAway() {
    (groups.get(last)?.inputs.values().next().value ?? next).focus({ preventScroll: true });
    if (!told) return act("dismiss");
    told = false;
    draw();
  }

  // To the next unanswered question after the one at hand, or else to the first.
  function goOn() {
    const order = fields.map(({ name }) => name);
    const open = order.filter((name) => !groups.get(name).set.hidden && !(name in current()));
    const target = open.find((name) => order.indexOf(name) > order.indexOf(last)) ?? open[0];
    if (target) goTo(target);
  }

  function goTo(name, show = true) {
    const { set, inputs } = groups.get(name);
    const input = [...inputs.values()].find((one) => one.checked) ?? inputs.values().next().value;
    input.focus({ preventScroll: show });
    if (!show) return;
    set.scrollIntoView({ block: "center", behavior: pace() });
    set.classList.add("arrived");
    setTimeout(() => set.classList.remove("arrived"), 1600);
  }

  // --- start ----------------------------------------------------------------------------------------------------------------

  const root = make("div", { className: "kapnb kapnb-form" }, ...tools, ...sections.map(drawSection), source, examples ? foot : "");
  root.dataset.lmSuppressShortcuts = "true"; // the keys belong to the form, not to the notebook around it
  el.append(root);
  const onState = () => {
    const { seq, notice: said } = model.get("state");
    const restoring = pending.find((message) => message.action === "restore" && message.seq <= seq);
    if (restoring && said?.problem) setAside(restoring);
    pending = pending.filter((message) => message.seq > seq);
    keep();
    draw();
    resume();
  };
  const onNote = (said) => typeof said.note === "string" && save("html", said.note);
  model.on("change:state", onState);
  model.on("msg:custom", onNote);

  // On paper the readings stand open.
  const unfold = () => {
    if (source && !source.open) source.open = source.dataset.unfolded = true;
  };
  const fold = () => {
    if (source?.dataset?.unfolded) source.open = false;
    delete source?.dataset?.unfolded;
  };
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);

  draw();
  if (examples) restore();
  resume();
  return () => {
    model.off("change:state", onState);
    model.off("msg:custom", onNote);
    size.disconnect();
    line.close();
    removeEventListener("beforeprint", unfold);
    removeEventListener("afterprint", fold);
  };
}

// --- small things -------------------------------------------------------------------------------------------------------------

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter(Boolean));
  return element;
}

// Writing what is there already would cost a layout.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// `about` says of what, to those who hear the button and do not see where it stands.
function button(label, onClick, className = "", about = "") {
  const element = make("button", { type: "button", className }, label);
  if (about) element.ariaLabel = `${label}: ${about}`;
  element.addEventListener("click", onClick);
  return element;
}

// Those of the parts that are there describe an element.
function describe(element, ...parts) {
  const ids = parts.filter(Boolean).map((part) => part.id);
  if (ids.length) element.setAttribute("aria-describedby", ids.join(" "));
}

// What is kept in the browser under a key; null is nothing.
function put(storage, key, record) {
  if (record) storage.setItem(key, JSON.stringify(record));
  else storage.removeItem(key);
}

// Whether it worked. A browser may have no storage, or no room in it.
function attempt(step) {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

const pace = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40) || "case";

export default { render };
