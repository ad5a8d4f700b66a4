// `node snapshot.mjs FOLDER`: starts the Pyodide of a folder, has it import our pages, and writes its memory into FOLDER/python.snapshot.
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const { variables, pages } = JSON.parse(await readFile(`${folder}/settings.json`, "utf8"));
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const env = { HOME: "/home", PYTHONDONTWRITEBYTECODE: "1", PYTHONHASHSEED: "0", ...variables };
const python = await loadPyodide({ indexURL: `${folder}/`, env, _makeSnapshot: true });
python.unpackArchive(new Uint8Array(await readFile(`${folder}/kapnb.zip`)), "zip", { extractDir: "/kapnb" });
python.runPython("import sys; sys.path.insert(0, '/kapnb')");
for (const name of ["worker", ...pages]) python.runPython(`import kapnb.ui.${name}`);
python.runPython("import gc; gc.collect()");
await writeFile(`${folder}/python.snapshot`, python.makeMemorySnapshot());
