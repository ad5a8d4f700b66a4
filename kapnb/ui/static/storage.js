// @ts-check
// What a page keeps in the browser: one text that Python wrote and alone can read, what was set aside because Python could not, and
// what was typed or said and not yet taken. A storage may be full, forbidden, or taken over by another tab; nothing in it gets lost.

/**
 * @typedef {{kept: boolean, elsewhere: boolean, aside: number}} Status
 * @typedef {{name: string, exclusive: boolean, unkept: Record<string, string>, older?: string[], olderAside?: string}} Options
 */

const COUNTRY = "kapnb:country";
const KINDS = /** @type {const} */ (["local", "session"]);

/** @param {"local" | "session"} kind @param {string} key */
function read(kind, key) {
  try {
    return globalThis[`${kind}Storage`].getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** Whether it worked. A browser may have no storage, or no room in it. @param {"local" | "session"} kind @param {string} key @param {string} text */
function write(kind, key, text) {
  try {
    if (text) globalThis[`${kind}Storage`].setItem(key, text);
    else globalThis[`${kind}Storage`].removeItem(key);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} text @returns {string[]} */
function list(text) {
  try {
    const texts = JSON.parse(text);
    return texts.every((/** @type {unknown} */ one) => typeof one === "string") ? texts : [text];
  } catch {
    return text ? [text] : [];
  }
}

/**
 * @param {Options} options  `exclusive`: only one tab goes on with it, and the one that was not touched last stops keeping
 *   `older`: keys under which an earlier version kept a text, the first that holds one counts; `olderAside`: what it set aside
 * @param {(status: Status) => void} tell
 */
export function openStorage({ name, exclusive, unkept, older = [], olderAside = "" }, tell) {
  const key = `kapnb:${name}`;
  const asideKey = `${key}-aside`;
  const unheardKey = `${key}-unheard`;
  const earlier = olderAside ? list(read("local", olderAside)) : [];
  if (earlier.length && write("local", asideKey, JSON.stringify([...list(read("local", asideKey)), ...earlier]))) write("local", olderAside, "");
  const status = { kept: true, elsewhere: false, aside: list(read("local", asideKey)).length };
  const find = (/** @type {string} */ one) => read("session", one) || read("local", one);
  let written = find(key);
  let restored = [key, ...older].map(find).find(Boolean) ?? ""; // until Python has taken it
  let stuck = false; // what is kept can be neither used nor set aside, so it stays as it is

  const dropOlder = () => older.forEach((one) => KINDS.forEach((kind) => write(kind, one, "")));

  /** @param {Partial<Status>} news */
  function change(news) {
    const before = JSON.stringify(status);
    Object.assign(status, news);
    promise(status.kept && !status.elsewhere, unkept);
    if (JSON.stringify(status) !== before) tell({ ...status });
  }

  /** @param {string[]} texts */
  function putAside(texts) {
    const done = write("local", asideKey, texts.length ? JSON.stringify(texts) : "");
    if (done) change({ aside: texts.length });
    return done;
  }

  /** @param {StorageEvent} event */
  function watch(event) {
    if (!exclusive || event.key !== key) return;
    const there = read("local", key); // the event may be late, and tell of what is gone
    if (there && there !== written) change({ elsewhere: true });
  }
  globalThis.addEventListener?.("storage", watch);

  return {
    restored: () => restored,
    status: () => ({ ...status }),

    /** Keep a text, or nothing; null leaves there what is there. @param {string | null} text */
    keep(text) {
      if (text === null || stuck || status.elsewhere) return;
      restored = "";
      if (text === written && status.kept) return; // another tab may have kept something since
      const kept = write("local", key, text) || !text;
      if (kept) dropOlder();
      if (!write("session", key, exclusive && kept ? "" : text)) write("session", key, ""); // what is older is not to come back
      written = text;
      change({ kept });
    },

    /** Python cannot use what was kept, so it makes room and is not lost. */
    setAside() {
      const text = restored || find(key);
      restored = "";
      if (!text) return;
      stuck = !putAside([...new Set([...list(read("local", asideKey)), text])]);
      if (stuck) return change({ kept: false });
      for (const kind of KINDS) if (read(kind, key) === text) write(kind, key, "");
      dropOlder();
      written = "";
    },

    aside: (/** @type {number} */ index) => list(read("local", asideKey))[index] ?? "",
    dropAside: (/** @type {number} */ index) => putAside(list(read("local", asideKey)).filter((_, place) => place !== index)),

    forget() {
      stuck = false;
      restored = "";
      putAside([]);
      for (const kind of KINDS) write(kind, key, "");
      dropOlder();
      written = "";
    },

    /** What was not taken yet, in this tab alone. */
    memory: {
      read: () => read("session", unheardKey),
      write(/** @type {string} */ text) {
        if (!write("session", unheardKey, text) && text) change({ kept: false });
      },
    },

    /** What is typed or ticked, in this tab alone, under a name. */
    typed: (/** @type {string} */ field) => read("session", `kapnb:${field}`),
    keepTyped: (/** @type {string} */ field, /** @type {string} */ text) => write("session", `kapnb:${field}`, text),
    /** The reader's country, for every page and tab. A browser without storage forgets it. */
    country: {
      read: () => read("local", COUNTRY),
      write: (/** @type {string} */ code) => write("local", COUNTRY, code),
    },
    tellKept: (/** @type {boolean} */ kept) => change({ kept }),

    close: () => globalThis.removeEventListener?.("storage", watch),
  };
}

/** The page's banner promises what is kept, and no more. @param {boolean} kept @param {Record<string, string>} unkept */
function promise(kept, unkept) {
  const banner = globalThis.document?.getElementById("session");
  if (!banner) return;
  for (const state of ["ended", "silent"]) {
    banner.dataset[`${state}Kept`] ??= banner.dataset[state];
    banner.dataset[state] = kept ? banner.dataset[`${state}Kept`] : unkept[state];
  }
}
