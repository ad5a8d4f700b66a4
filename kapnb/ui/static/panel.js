// The explanation beside the form: markup that Python wrote and escaped, and what has to survive when it is replaced.

const CONFIRMED = "kapnb:invented"; // in the tab's own storage: the gate is passed once a session

function render({ model, el }) {
  const words = model.get("words");
  const said = make("p", { className: "hushed", role: "status" });
  const aside = make("aside", { className: "answer", ariaLabel: words.explanation, tabIndex: -1 });
  const line = make("p");
  const first = make("p", { className: "first" });
  const why = make("button", { type: "button" });
  const bar = make("div", { className: "bar" }, make("div", {}, line, first), why);
  const behind = make("p", { className: "late", role: "status" });
  const up = openLine(model, "panel");
  const open = new Map(); // details that the reader opened or closed
  let shown = null;
  let late = false; // answers have been given that are not in it

  function draw() {
    const { html, outcome, line: text, first: support } = model.get("state");
    bar.dataset.outcome = outcome;
    line.textContent = late ? words.behind_bar.replace("{line}", text) : text;
    first.textContent = support;
    why.textContent = outcome ? words.why : words.gate_go;
    if (html === shown) return;
    const held = aside.contains(document.activeElement) ? keyed(document.activeElement) : null;
    aside.innerHTML = html; // the one place: kapnb/ui/markup.py has escaped every text in it
    for (const [key, wanted] of open) aside.querySelector(`details[data-key="${key}"]`)?.toggleAttribute("open", wanted);
    if (held) (aside.querySelector(held) ?? aside).focus({ preventScroll: true });
    if (shown !== null && said.textContent !== text) said.textContent = text;
    shown = html;
  }

  function confirm() {
    try {
      sessionStorage.setItem(CONFIRMED, "yes");
    } catch {
      // asked again after a reload, no more than that
    }
    up.send({ action: "confirm" });
  }

  function confirmed() {
    try {
      return sessionStorage.getItem(CONFIRMED) === "yes";
    } catch {
      return false;
    }
  }

  aside.addEventListener("submit", (event) => {
    event.preventDefault();
    confirm();
  });
  aside.addEventListener("click", (event) => {
    const summary = event.target.closest("summary");
    if (summary) open.set(summary.dataset.key, !summary.parentElement.open); // it toggles after this event
    const go = event.target.closest("[data-go]");
    if (go) question(go.dataset.go)?.dispatchEvent(new CustomEvent("kapnb:go"));
  });
  why.addEventListener("click", () => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    aside.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
    (aside.querySelector("input") ?? aside).focus({ preventScroll: true });
  });

  const onLate = ({ target, detail }) => {
    if (!target.contains(el)) return;
    late = detail;
    behind.textContent = late ? words.behind : "";
    el.classList.toggle("is-late", late);
    draw();
  };
  document.addEventListener("kapnb:late", onLate);

  const question = (name) => el.closest(".kapnb-page")?.querySelector(`[data-field="${name}"], [data-part="${name}"]`);

  // On paper everything stands open.
  const folded = () => [...aside.querySelectorAll("details:not([open])")];
  const unfold = () => folded().forEach((one) => one.toggleAttribute("data-unfolded", (one.open = true)));
  const fold = () => aside.querySelectorAll("[data-unfolded]").forEach((one) => one.toggleAttribute("data-unfolded", (one.open = false)));
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);

  // The bar at the foot of a phone's page steps aside while the outcome itself is in view.
  const watch = new IntersectionObserver(([entry]) => bar.classList.toggle("away", entry.isIntersecting), { rootMargin: "0px 0px -96px" });
  watch.observe(aside);

  aside.dataset.lmSuppressShortcuts = "true";
  el.classList.add("kapnb", "kapnb-panel");
  el.append(said, make("div", {}, behind), aside, bar);
  model.on("change:state", draw);
  draw();
  if (aside.querySelector("form") && confirmed()) up.send({ action: "confirm" });
  const warming = setTimeout(() => up.send({ action: "warm" }), 500); // once this is on view, and before the first answer
  return () => {
    model.off("change:state", draw);
    document.removeEventListener("kapnb:late", onLate);
    up.close();
    watch.disconnect();
    clearTimeout(warming);
    removeEventListener("beforeprint", unfold);
    removeEventListener("afterprint", fold);
  };
}

const keyed = (element) => `${element.localName}[data-key="${element.dataset.key}"]`;

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export default { render };
