// @ts-check
// Python in a worker of the browser. In front of this file stand Pyodide's own loader and module; see kapnb/site/build.py.
//
// It is told which files there are, opens pages, and passes messages on in both directions. It fetches nothing but those files.

/**
 * @typedef {{address?: string, integrity?: string, bytes?: Uint8Array}} Packed  packed by brotli or gzip: where it is and its hash, or what it holds
 * @typedef {{files: Record<string, Packed[]>, variables: Record<string, string>, lock: object, quick: boolean}} Settings  a file may be
 *   packed in several ways; the first that the browser unpacks and the host has is taken
 * @typedef {(text: string, files: any) => void} Post
 */

const scope = /** @type {any} */ (globalThis);

/** @param {Packed[]} choices @param {string} type @returns {Promise<Response>} */
async function openFile([{ address, integrity, bytes }, ...others], type) {
  const packing = address?.endsWith(".br") ? "brotli" : "gzip"; // some browsers do not unpack brotli
  try {
    const unpack = new DecompressionStream(/** @type {CompressionFormat} */ (packing));
    const answer = bytes ? new Response(new Blob([/** @type {BlobPart} */ (bytes)])) : await scope.unpatchedFetch(address, { integrity });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return new Response(answer.body.pipeThrough(unpack), { headers: { "Content-Type": type } });
  } catch (problem) {
    if (others.length) return openFile(others, type);
    throw problem;
  }
}

/** @param {Settings} settings @param {(done: number) => void} tell */
async function start({ files, variables, lock, quick }, tell) {
  scope.unpatchedFetch ??= scope.fetch.bind(scope);
  const types = /** @type {Record<string, string>} */ ({ wasm: "application/wasm" });
  // Pyodide asks for its own files by name: they are handed to it from where they are, checked and unpacked.
  scope.fetch = (/** @type {any} */ request) => {
    const name = String(request.url ?? request).split("/").at(-1) ?? "";
    return files[name] ? openFile(files[name], types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream") : Promise.reject(new Error(name));
  };
  const read = (/** @type {string} */ name) => openFile(files[name], "").then((answer) => answer.arrayBuffer());
  const starting = scope.loadPyodide({
    indexURL: "https://files.invalid/",
    stdLibURL: "https://files.invalid/python_stdlib.zip",
    createPyodideModule: scope.createPyodideModule,
    lockFileContents: lock,
    env: { HOME: "/home", PYTHONDONTWRITEBYTECODE: "1", ...variables },
    ...(quick && { _loadSnapshot: read("python.snapshot") }),
  });
  const [python, ours] = await Promise.all([starting, read("kapnb.zip")]);
  tell(2);
  python.unpackArchive(ours, "zip", { extractDir: "/kapnb" });
  python.runPython("import importlib, random, sys; sys.path.insert(0, '/kapnb'); importlib.invalidate_caches(); random.seed()");
  const pages = python.pyimport("kapnb.ui.worker");
  tell(3);
  return pages;
}

/** @type {Promise<any>} */
let ready;
/** @type {Map<string, (message: string, files: Uint8Array[]) => void>} */
const pages = new Map();

/** @param {string} page @returns {Post} */
const poster = (page) => (text, files) => {
  const parts = files.toJs ? files.toJs() : files;
  scope.postMessage({ page, text, files: parts }, parts.map((/** @type {Uint8Array} */ part) => part.buffer));
};

scope.onmessage = async (/** @type {MessageEvent} */ { data }) => {
  const { settings, open: opened, page, session, message, files, ping } = data;
  if (ping) return scope.postMessage({ pong: true });
  try {
    if (settings) {
      const tell = (/** @type {number} */ done) => scope.postMessage({ done });
      tell(1);
      ready = start(settings, tell);
    }
    const python = await ready;
    if (opened) {
      const hear = python.open_page(opened, session, poster(opened));
      pages.set(opened, hear);
      scope.postMessage({ page: opened, opened: true });
    }
    if (message) pages.get(page)?.(message, files);
  } catch (problem) {
    scope.postMessage({ page: opened ?? page, failed: String(/** @type {Error} */ (problem).message ?? problem).slice(-2000) });
  }
};
