// Runs Python for the browser in node: `node parity.mjs PACKAGE ARCHIVE SCRIPT` prints what the script's last line gives.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [folder, archive, script] = process.argv.slice(2);
try {
  const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
  const python = await loadPyodide({ indexURL: `${folder}/` });
  python.unpackArchive(new Uint8Array(await readFile(archive)), "zip", { extractDir: "/kapnb" });
  python.runPython("import sys; sys.path.insert(0, '/kapnb')");
  console.log(python.runPython(await readFile(script, "utf8")));
} catch (problem) {
  console.error(String(problem.message ?? problem)); // node would show the line it stands in, which is a megabyte long
  process.exitCode = 1;
}
