// A part of a page that is read more than filled in: markup that Python wrote and escaped.
//
// What a reader chooses goes up as one message, the new markup comes down, and only what differs is changed: the focus, what is
// folded open and the place on the page stay. An element says with data-action what it asks for, and with data-name of what.

function render({ model, el }) {
  const said = Object.assign(document.createElement("p"), { className: "hushed", role: "status" });
  const body = Object.assign(document.createElement("div"), { className: "sheet" });
  let sent = model.get("state").seq;

  function draw() {
    const { html, said: text, seq } = model.get("state");
    if (seq < sent) return; // the answer to a choice that has been overtaken
    const fresh = document.createElement("template");
    fresh.innerHTML = html; // the one place: Python has escaped every text in it
    matchChildren(body, fresh.content);
    if (said.textContent !== text) said.textContent = text;
  }

  function act(element, value) {
    try {
      model.send({ action: element.dataset.action, name: element.dataset.name ?? "", value, seq: ++sent });
    } catch {
      // The session is gone; the page's banner says so.
    }
  }

  body.addEventListener("change", ({ target }) => target.dataset.action && act(target, target.value));
  body.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-action]");
    if (button && button.ariaDisabled !== "true") act(button, button.value);
  });

  // On paper everything stands open.
  const unfold = () => body.querySelectorAll("details:not([open])").forEach((one) => one.toggleAttribute("data-unfolded", (one.open = true)));
  const fold = () => body.querySelectorAll("[data-unfolded]").forEach((one) => one.toggleAttribute("data-unfolded", (one.open = false)));
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);

  body.dataset.lmSuppressShortcuts = "true";
  el.classList.add("kapnb", "kapnb-sheet");
  el.append(said, body);
  model.on("change:state", draw);
  draw();
  return () => {
    model.off("change:state", draw);
    removeEventListener("beforeprint", unfold);
    removeEventListener("afterprint", fold);
  };
}

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
  matchChildren(old, fresh);
  if (old.localName === "input") old.checked = fresh.checked;
  if (old.localName === "select") old.value = fresh.value;
}

export default { render };
