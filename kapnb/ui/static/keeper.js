// What the training page asks of a browser beyond its sheets.
//
// It keeps the training, as Python saved it, in the browser's own storage, and hands it back after a reload; it offers to mark a
// passage that is selected in the story; and it leads the focus to a part that has just come into view. It decides nothing.

const KEPT = "kapnb:training";
const ASIDE = "kapnb:training-aside"; // what was kept and could not be used any more, as a list of texts

function render({ model, el }) {
  const words = model.get("words");
  let waiting = ""; // what was handed back to Python, until it answers
  let keeps = true; // the browser does
  let stuck = false; // what is kept can be neither used nor set aside, so it stays as it is
  let elsewhere = false; // another tab goes on with the training
  let { turn } = model.get("state");
  const line = openLine(model, "keeper");

  // --- keep -----------------------------------------------------------------------------------------------------------------

  function keep() {
    const { text, refused } = model.get("state");
    if (waiting && refused) stuck = !setAside(waiting);
    if (text === null || elsewhere || stuck) return;
    if (waiting && !text && !refused) return; // not answered yet
    waiting = "";
    tellKept(put("localStorage", text) || !text);
    put("sessionStorage", keeps ? "" : text); // for a reload at least
  }

  function put(storage, text) {
    try {
      if (text) window[storage].setItem(KEPT, text);
      else window[storage].removeItem(KEPT);
      return true;
    } catch {
      return false;
    }
  }

  function read(storage) {
    try {
      return window[storage].getItem(KEPT) ?? "";
    } catch {
      return ""; // keep() says so
    }
  }

  function tellKept(kept) {
    if (kept === keeps) return;
    keeps = kept;
    promise(kept, words.unkept);
    const save = button(words.aside_save, () => download(words.save_file, model.get("state").text || waiting));
    note.replaceChildren(...(kept ? [] : [words.no_storage, " ", save]));
  }

  function restore() {
    waiting = read("sessionStorage") || read("localStorage");
    if (waiting && !model.get("state").text) line.send({ action: "restore", text: waiting });
  }

  // Two tabs would write over one another: the one that was not touched last stops keeping.
  function watch({ key, newValue }) {
    if (key !== KEPT || !newValue || newValue === model.get("state").text) return;
    elsewhere = true;
    promise(false, words.unkept);
    note.textContent = words.elsewhere;
  }

  function setAside(text) {
    try {
      putAside([...new Set([...listAside(ASIDE), text])]);
      return true;
    } catch {
      tellKept(false);
      return false;
    }
  }

  function putAside(texts) {
    if (texts.length) localStorage.setItem(ASIDE, JSON.stringify(texts));
    else localStorage.removeItem(ASIDE);
    drawAside();
  }

  const aside = document.createElement("div");
  const note = Object.assign(document.createElement("p"), { className: "note", role: "status" });
  aside.className = "aside";

  function drawAside() {
    const texts = listAside(ASIDE);
    const rows = texts.map((text) => {
      const row = document.createElement("p");
      const drop = () => putAside(texts.filter((other) => other !== text));
      row.append(words.aside, " ", button(words.aside_save, () => download(words.aside_file, text)), button(words.aside_forget, drop));
      return row;
    });
    aside.replaceChildren(...rows);
  }

  // --- mark what is selected ------------------------------------------------------------------------------------------------

  const offer = button(words.mark_selected, () => {
    if (chosen) line.send({ action: "mark", name: `${chosen.start}-${chosen.end}` });
    getSelection().removeAllRanges();
    look();
  });
  offer.className = "offer";
  offer.hidden = true;
  offer.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays while it is pressed
  let chosen = null;

  function look() {
    const selection = getSelection();
    const range = selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    chosen = range && measure(range);
    offer.hidden = !chosen;
    const page = el.closest(".kapnb-page");
    if (!chosen || !page) return;
    const [around, last] = [page.getBoundingClientRect(), [...range.getClientRects()].at(-1)];
    if (offer.parentElement !== page) page.append(offer);
    offer.style.top = `${last.bottom - around.top + 6}px`;
    offer.style.left = `${Math.max(0, Math.min(last.right - around.left, around.width) - offer.offsetWidth)}px`;
  }

  // Where a selection in the story starts and ends, in characters of the story; null outside of it.
  function measure(range) {
    const text = el.closest(".kapnb-page")?.querySelector(".text[data-selectable]");
    const pieces = text ? [...text.querySelectorAll("[data-at]")].filter((piece) => range.intersectsNode(piece)) : [];
    if (!pieces.length) return null;
    const [first, last] = [pieces[0], pieces.at(-1)];
    const start = first.contains(range.startContainer) ? range.startOffset : 0;
    const end = last.contains(range.endContainer) ? range.endOffset : last.textContent.length;
    const place = (piece, offset) => Number(piece.dataset.at) + [...piece.textContent.slice(0, offset)].length;
    const found = { start: place(first, start), end: place(last, end) };
    return found.start < found.end ? found : null;
  }

  // A drag over a sentence selects, and does not tick it as well.
  function spare(event) {
    if (chosen && event.target.closest?.("[data-at]")) event.preventDefault();
  }

  // --- lead -----------------------------------------------------------------------------------------------------------------

  function lead() {
    const { focus, turn: latest } = model.get("state");
    if (latest === turn) return;
    turn = latest;
    const target = document.getElementById(focus);
    if (!target) return;
    target.focus({ preventScroll: true });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }

  const onState = () => {
    keep();
    lead();
  };

  el.classList.add("kapnb", "kapnb-keeper");
  el.append(note, aside);
  drawAside();
  model.on("change:state", onState);
  addEventListener("storage", watch);
  document.addEventListener("selectionchange", look);
  document.addEventListener("click", spare, true);
  restore();
  return () => {
    model.off("change:state", onState);
    line.close();
    removeEventListener("storage", watch);
    document.removeEventListener("selectionchange", look);
    document.removeEventListener("click", spare, true);
    offer.remove();
  };
}

function button(label, onClick) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: label });
  made.addEventListener("click", onClick);
  return made;
}

export default { render };
