// How what a reader does gets to Python: once and in order, whatever becomes of the connection.
//
// Python counts in `heard` the messages that it has taken; until then a message waits here, and is said again over a new connection.
// A connection can be gone without a word, and Jupyter stops looking for one after some minutes. So a new one is asked for when a
// message goes unanswered, and when the page's banner about the server goes away.
//
// This text stands in front of a widget's script: see `kapnb/ui/skin.py`.

const UNHEARD = "kapnb:unheard"; // in the tab's own storage: what was said about a case and not taken, to be said again after a reload
const LATE = 2_500; // from then on a reader notices that nothing happens
const PATIENCE = 8_000;
const MOST_PATIENCE = 60_000;
const SLOWEST = 50; // bytes in a millisecond, for files
const lines = (globalThis.kapnbLines ??= []); // of all widgets of the page, so that what is said again is said in order

// `name` tells the widgets of a page apart; `follow` hears whether an answer is late.
function openLine(model, name, follow = () => {}) {
  const kernel = () => model.widget_manager?.kernel; // none outside of Jupyter
  const banner = document.getElementById("session");
  let said = model.get("heard");
  let waiting = []; // the oldest first
  const own = new Set(); // of what is stored
  let tries = 0;
  let timers = [];

  function send(message, buffers = []) {
    said = Math.max(said, model.get("heard")) + 1;
    waiting.push({ message, turn: said, buffers, since: performance.now(), id: Math.random() });
    put(waiting.at(-1));
    store();
    if (waiting.length === 1) time();
  }

  function put({ message, turn, buffers }) {
    if ((kernel()?.connectionStatus ?? "connected") !== "connected") return; // Jupyter would send it before what was lost
    try {
      model.send({ ...message, turn }, undefined, buffers);
    } catch {
      // The session is gone. The page's banner says so.
    }
  }

  function hear() {
    const before = waiting.length;
    waiting = waiting.filter(({ turn }) => turn > model.get("heard"));
    if (waiting.length === before) return;
    tries = 0;
    store();
    time();
  }

  function time() {
    timers.forEach(clearTimeout);
    if (!waiting.length) return follow(false);
    const [{ since, buffers }] = waiting;
    const size = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const patience = Math.min(PATIENCE * 2 ** tries, MOST_PATIENCE) + size / SLOWEST;
    const late = Math.max(0, since + size / SLOWEST + LATE - performance.now());
    timers = [setTimeout(() => follow(true), late), setTimeout(renew, patience)];
  }

  function renew() {
    tries += 1;
    kernel()?.reconnect?.().catch(() => {});
    time();
  }

  // Is this pressed again only because nothing seems to happen?
  function waitsFor(message) {
    const said = ({ seq, ...rest }) => JSON.stringify(rest);
    const late = lines.some((one) => performance.now() - one.waiting()[0]?.since > LATE);
    return late && waiting.length > 0 && said(waiting.at(-1).message) === said(message);
  }

  function store() {
    const others = listUnheard().filter(({ id }) => !own.has(id));
    const mine = waiting.flatMap(({ id, message }) => (message.about ? [{ id, name, message }] : []));
    mine.forEach(({ id }) => own.add(id));
    if (!own.size) return;
    try {
      if (others.length + mine.length) sessionStorage.setItem(UNHEARD, JSON.stringify([...others, ...mine]));
      else sessionStorage.removeItem(UNHEARD);
    } catch {
      // lost with the page, no more than that
    }
  }

  // One line does it for all. Python takes none of them twice.
  function onStatus(_, status) {
    const together = lines.filter((line) => line.kernel() === kernel());
    if (status !== "connected" || together[0] !== line) return;
    const all = together.flatMap((one) => one.waiting().map((said) => [said, one]));
    all.sort(([a], [b]) => a.since - b.since).forEach(([said, one]) => one.put(said));
  }

  const onBanner = new MutationObserver(() => {
    const lost = waiting.length || kernel()?.connectionStatus !== "connected";
    if (!banner.dataset.state && lost) renew();
  });
  const signal = kernel()?.connectionStatusChanged;
  signal?.connect(onStatus);
  if (banner) onBanner.observe(banner, { attributeFilter: ["data-state"] });
  model.on("change:heard", hear);

  const line = {
    kernel,
    waiting: () => waiting,
    put,
    send,
    waitsFor,
    // What an earlier session did not live to take of a case that is on view: it is to be said again.
    resume(about) {
      const left = listUnheard().filter((one) => one.name === name && one.message.about === about && !own.has(one.id));
      left.forEach(({ id }) => own.add(id));
      return left.map(({ message }) => message);
    },
    close() {
      lines.splice(lines.indexOf(line), 1);
      timers.forEach(clearTimeout);
      signal?.disconnect(onStatus);
      onBanner.disconnect();
      model.off("change:heard", hear);
    },
  };
  lines.push(line);
  return line;
}

function listUnheard() {
  try {
    return JSON.parse(sessionStorage.getItem(UNHEARD)).filter((one) => one?.name && one.message?.action);
  } catch {
    return [];
  }
}
