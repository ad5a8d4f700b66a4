// The form: questions with native radio buttons, and around them the tools of one case.
//
// Python holds the case. An action goes up as one message, the new state comes down; meanwhile the form already shows what was
// chosen. That copy is kept in the browser as well, so that neither a reload nor a lost session loses an answer.
// Words, sections and examples stand in `form`, which never changes. Text is only ever set as text, never as HTML.

const KEPT = "kapnb:case";
const KB = 1024;

function render({ model, el }) {
  const { words, sections, examples, limit } = model.get("form");
  const fields = sections.flatMap((section) => section.fields);
  const id = `kapnb-${Math.random().toString(36).slice(2)}`;
  const groups = new Map(); // field name -> what is drawn of it
  const tallies = new Map(); // section name -> what is drawn in its head
  let sent = model.get("state").seq;
  let pending = []; // actions that Python has not answered yet
  let told = null; // a notice of the browser's own; false once it is put away
  let seen = ""; // the notice that last took the focus
  let described = ""; // the title and notes that are drawn
  let last = null; // the question that was last at hand

  // --- the case -------------------------------------------------------------------------------------------------------------

  const current = () => pending.reduce(foresee, model.get("state").case);

  function foresee(record, action) {
    const next = { ...record };
    if (action.action === "record") {
      if (action.option === null) delete next[action.field];
      else next[action.field] = action.option;
    } else if (action.action === "clear") {
      for (const field of sections.find((section) => section.name === action.section).fields) delete next[field.name];
    } else if (action.action === "new" || action.action === "forget") {
      return {};
    }
    return next;
  }

  function act(action, details = {}) {
    const message = { action, ...details, seq: ++sent };
    pending.push(message);
    told = null;
    try {
      model.send(message); // first, so that Python works while the form is drawn
    } catch {
      // The session is gone. The page's banner says so; the answers are on the screen and in the browser.
    }
    keep();
    draw();
  }

  function tell(text, problem = false) {
    told = { text, lines: [], problem, undo: false };
    seen = "";
    draw();
  }

  // --- the browser's storage ------------------------------------------------------------------------------------------------

  function keep() {
    if (!examples || pending.some((message) => message.action === "restore")) return;
    const record = current();
    try {
      if (Object.keys(record).length) localStorage.setItem(KEPT, JSON.stringify(record));
      else localStorage.removeItem(KEPT);
    } catch {
      if (!keep.failed) tell(words.no_storage);
      keep.failed = true; // said once
    }
  }

  function restore() {
    let kept = null;
    try {
      kept = localStorage.getItem(KEPT);
    } catch {
      // keep() says so at the first answer
    }
    if (kept && model.get("state").fresh) act("restore", { text: kept });
  }

  // --- files ----------------------------------------------------------------------------------------------------------------

  function save() {
    const record = current();
    const name = `kapnb-${slug(record.case_id ?? record.title ?? "case")}.json`;
    const address = URL.createObjectURL(new Blob([`${JSON.stringify(record, null, 2)}\n`], { type: "application/json" }));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    tell(fill(words.saved, { name }));
  }

  async function load(file) {
    if (file.size > limit) return tell(fill(words.too_large, { limit: limit / KB }), true);
    let text;
    try {
      text = await file.text();
    } catch {
      return tell(words.unreadable, true);
    }
    act("load", { text });
  }

  // --- drawing, once --------------------------------------------------------------------------------------------------------

  function drawQuestion(field) {
    const name = `${id}-${field.name}`;
    const described = field.help || field.instruments.length ? `${name}-help` : null;
    const inputs = new Map();
    const options = field.options.map((option, index) => {
      const input = make("input", { type: "radio", name, value: option.name, id: `${name}-${index}` });
      if (option.help) input.setAttribute("aria-describedby", `${name}-${index}-help`);
      input.addEventListener("change", () => act("record", { field: field.name, option: option.name }));
      inputs.set(option.name, input);
      const label = make("label", { htmlFor: input.id }, option.label);
      const help = option.help && make("span", { className: "hint", id: `${name}-${index}-help` }, option.help);
      return make("div", { className: "option" }, input, make("div", {}, label, help));
    });
    const takeBack = () => {
      inputs.values().next().value.focus();
      act("record", { field: field.name, option: null });
    };
    const back = button(words.take_back, takeBack, "quiet back", field.question);
    const set = make(
      "fieldset",
      { className: field.child ? "question child" : "question" },
      make("legend", {}, field.question),
      described &&
        make(
          "div",
          { className: "help", id: described },
          field.help && make("p", {}, field.help),
          field.instruments.length && make("p", { className: "instruments" }, fill(words.instruments, { names: field.instruments.join(", ") })),
        ),
      make("div", { className: field.options.some((option) => option.help) ? "options roomy" : "options" }, ...options),
      back,
      make("p", { className: "print-only", ariaHidden: "true" }, words.not_recorded),
    );
    if (described) set.setAttribute("aria-describedby", described);
    set.dataset.field = field.name;
    set.addEventListener("focusin", () => (last = field.name));
    set.addEventListener("kapnb:go", () => goTo(field.name));
    groups.set(field.name, { set, inputs });
    return set;
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
  const about = make("section", { className: "about", ariaLabel: words.case });
  const tools = examples ? drawTools() : [];
  const foot = make("p", { className: "foot" }, words.kept, " ", button(words.forget, () => act("forget"), "quiet"));

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
      button(words.save, save),
      button(words.new_case, () => act("new")),
      undo,
      picker,
      shelf,
    );
    const strip = make("div", { className: "strip" }, make("div", { className: "row" }, progress, meter, next), notice);
    return [bar, trouble, about, strip];
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
    const record = current();
    for (const { name } of fields) {
      const { set, inputs } = groups.get(name);
      set.hidden = !state.shown.includes(name);
      set.classList.toggle("answered", name in record);
      for (const [option, input] of inputs) input.checked = record[name] === option;
    }
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
    drawAbout(record);
    drawNotice(told ?? state.notice);
  }

  function drawAbout(record) {
    const key = JSON.stringify([record.title, record.vignette, record.note, record.readings]);
    if (key === described) return;
    described = key;
    const readings = Object.values(record.readings ?? {});
    const parts = [
      record.title && make("h2", {}, record.title),
      record.vignette && make("p", {}, record.vignette),
      record.note && make("p", {}, record.note),
      readings.length && make("p", {}, fill(words.readings, { names: Object.keys(record.readings).join(", ") })),
    ].filter(Boolean);
    about.hidden = !parts.length;
    about.replaceChildren(...parts);
  }

  function drawNotice(said) {
    const key = told ? said.text : model.get("state").seq + JSON.stringify(said);
    if (key === seen) return;
    seen = key;
    notice.replaceChildren();
    trouble.replaceChildren();
    if (!said) return;
    const undoing = said.undo && button(words.undo, () => act("undo"), "quiet");
    const dismiss = button(words.dismiss, putAway, "quiet");
    const place = said.problem ? trouble : notice;
    place.append(
      make("p", {}, said.text),
      said.lines.length ? make("ul", {}, ...said.lines.map((line) => make("li", {}, line))) : "",
      make("span", { className: "acts" }, undoing, dismiss),
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
    set.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    set.classList.add("arrived");
    setTimeout(() => set.classList.remove("arrived"), 1600);
  }

  // --- start ----------------------------------------------------------------------------------------------------------------

  const root = make("div", { className: "kapnb kapnb-form" }, ...tools, ...sections.map(drawSection), examples ? foot : "");
  root.dataset.lmSuppressShortcuts = "true"; // the keys belong to the form, not to the notebook around it
  el.append(root);
  const onState = () => {
    pending = pending.filter((message) => message.seq > model.get("state").seq);
    keep();
    draw();
  };
  model.on("change:state", onState);
  draw();
  if (examples) restore();
  return () => model.off("change:state", onState);
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

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40) || "case";

export default { render };
