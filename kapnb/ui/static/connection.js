// @ts-check
// How what a reader does gets to Python: once and in order, whatever becomes of the connection, the page or the kernel.
//
// Each message has a number. Python says in `heard` which was the last that it took from this view; until then a message waits here
// and in the tab's own storage. It is sent again over a new connection, and after a reload.

/**
 * @typedef {{action: string, name?: string, value?: unknown, about?: string}} Message
 * @typedef {{turn: number, message: Message, buffers: ArrayBuffer[], since: number, tries: number}} Waiting
 * @typedef {{connectionStatus: string, reconnect?: () => Promise<void>, connectionStatusChanged?: Signal}} Kernel
 * @typedef {{connect: (slot: Function) => void, disconnect: (slot: Function) => void}} Signal
 * @typedef {object} Model  what anywidget gives a view
 * @property {(name: string) => any} get
 * @property {(message: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]) => void} send
 * @property {(event: string, slot: (...given: any[]) => void) => void} on
 * @property {(event: string, slot: (...given: any[]) => void) => void} off
 * @property {{kernel?: Kernel}} [widget_manager]
 */

const LATE = 2_500; // from then on a reader notices that nothing happens
const PATIENCE = 8_000;
const MOST_PATIENCE = 60_000;
const SLOWEST = 50; // bytes in a millisecond, for files
const MOST_TRIES = 3; // a message that ends every kernel that takes it is given up

/** Views that are alive in this document: two of them never share a count. @type {Set<string>} */
const live = new Set();

/**
 * @param {Model} model
 * @param {{read: () => string, write: (text: string) => void}} memory  of this tab, for what was not taken
 * @param {(message: Message) => boolean} isKept  whether a message is to be said again after a reload
 * @param {(late: boolean) => void} follow  hears whether an answer is late
 */
export function openConnection(model, memory, isKept, follow) {
  const kernel = () => model.widget_manager?.kernel; // none outside of Jupyter
  const session = model.get("session");
  /** @type {Waiting[]} */
  let waiting = []; // the oldest first
  /** @type {Waiting[]} */
  let left = []; // what an earlier session did not live to take
  let client = Math.random().toString(36).slice(2);
  let turn = 0;
  let tries = 0;
  /** @type {ReturnType<typeof setTimeout>[]} */
  let timers = [];

  const heard = () => model.get("heard")[client] ?? 0;

  function find() {
    const stored = parse(memory.read());
    if (!stored) return;
    if (stored.session !== session || live.has(stored.client)) {
      left = live.has(stored.client) ? [] : stored.waiting;
      return;
    }
    client = stored.client; // the page was loaded again, and Python is where it was
    turn = heard();
    waiting = stored.waiting.filter((one) => one.turn > heard()).map((one) => ({ ...one, turn: ++turn }));
  }

  function store() {
    const kept = [...left, ...waiting].filter(({ message, buffers }) => !buffers.length && isKept(message));
    const plain = kept.map((one) => ({ turn: one.turn, message: one.message, tries: one.tries }));
    memory.write(plain.length ? JSON.stringify({ session, client, waiting: plain }) : "");
  }

  /** @param {Message} message @param {ArrayBuffer[]} buffers @param {number} tried */
  function send(message, buffers = [], tried = 0) {
    turn = Math.max(turn, heard()) + 1;
    const one = { turn, message, buffers, since: performance.now(), tries: tried };
    waiting.push(one);
    put(one);
    store();
    if (waiting.length === 1) time();
  }

  /** @param {Pick<Waiting, "message" | "turn" | "buffers">} one */
  function put({ message, turn, buffers }) {
    if ((kernel()?.connectionStatus ?? "connected") !== "connected") return; // Jupyter would send it before what was lost
    try {
      model.send({ ...message, turn, client }, undefined, buffers);
    } catch {
      // The session is gone. The page's banner says so.
    }
  }

  /** Put away what Python has taken. */
  function hear() {
    const before = waiting.length;
    waiting = waiting.filter((one) => one.turn > heard());
    if (waiting.length === before) return;
    tries = 0;
    store();
    time();
  }

  function time() {
    timers.forEach(clearTimeout);
    timers = [];
    if (!waiting.length) return follow(false);
    const [{ since, buffers }] = waiting;
    const size = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0) / SLOWEST;
    const late = Math.max(0, since + size + LATE - performance.now());
    timers = [setTimeout(() => follow(true), late), setTimeout(renew, Math.min(PATIENCE * 2 ** tries, MOST_PATIENCE) + size)];
  }

  // A connection can be gone without a word, and Jupyter stops looking for one after some minutes.
  function renew() {
    tries += 1;
    kernel()?.reconnect?.().catch(() => {});
    time();
  }

  /** @param {unknown} _ @param {string} status */
  function onStatus(_, status) {
    if (status !== "connected") return;
    put({ message: { action: "kapnb:again" }, turn: 0, buffers: [] }); // what Python last said may be lost
    waiting.forEach(put); // it takes none of them twice
  }

  const banner = globalThis.document?.getElementById("session"); // about the server; when it goes away, the server is there again
  const onBanner = () => {
    if (banner?.dataset.state === "ended" && waiting.length) {
      waiting[0].tries += 1; // it may be what ended the session
      store();
    }
    const lost = waiting.length || kernel()?.connectionStatus !== "connected";
    if (!banner?.dataset.state && lost) renew();
  };
  const watch = banner && new MutationObserver(onBanner);
  if (banner) watch?.observe(banner, { attributeFilter: ["data-state"] });
  const signal = kernel()?.connectionStatusChanged;
  signal?.connect(onStatus);
  find();
  live.add(client);
  waiting.forEach(put);
  if (waiting.length) time();

  return {
    send,
    hear,
    /** @param {string} action */
    waitsFor: (action) => waiting.some(({ message }) => message.action === action),
    /** Whether something asked of this part of the page was not answered yet. @param {DOMStringMap} about */
    pends: ({ action, name = "", about }) =>
      waiting.some(({ turn, message: one }) => turn > heard() && one.action === action && (one.name ?? "") === name && one.about === about),
    /** Whether this is pressed again only because nothing seems to happen. @param {Message} message */
    repeats(message) {
      const late = waiting.length > 0 && performance.now() - waiting[0].since > LATE;
      return late && JSON.stringify(waiting.at(-1)?.message) === JSON.stringify(message);
    },
    get settled() {
      return !waiting.length;
    },
    /** Say again what an earlier session did not take: all of it, or what is about the case on view. @param {string} [about] */
    replay(about) {
      const now = left.filter(({ message }) => about === undefined || message.about === about);
      left = left.filter((one) => !now.includes(one));
      now.filter((one) => one.tries < MOST_TRIES).forEach((one) => send(one.message, [], one.tries + (banner ? 0 : 1))); // without a banner nobody says what ended
      if (now.length) store();
    },
    close() {
      timers.forEach(clearTimeout);
      signal?.disconnect(onStatus);
      watch?.disconnect();
      live.delete(client);
    },
  };
}

/** @param {string} text @returns {{session: string, client: string, waiting: Waiting[]} | null} */
function parse(text) {
  try {
    const { session, client, waiting } = JSON.parse(text);
    const sound = waiting.filter((/** @type {any} */ one) => Number.isInteger(one.turn) && typeof one.message?.action === "string");
    return { session, client, waiting: sound.map((/** @type {any} */ one) => ({ ...one, buffers: [], since: 0, tries: one.tries ?? 0 })) };
  } catch {
    return null;
  }
}
