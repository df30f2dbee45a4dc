// Bundles the page: `node build.mjs [FOLDER]`. The same sources give the same bytes anywhere.
import { mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../src/curvecircuits/report/static"));

const result = await build({
  absWorkingDir: here,
  entryPoints: { page: "src/main.tsx" },
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "ascii",
  legalComments: "none",
  metafile: true,
  write: false,
  outdir: out,
  logLevel: "warning",
  // The runtime asks where its script came from; here it stands in the page, with its program given.
  logOverride: { "empty-import-meta": "silent" },
});

const notices = await licences(Object.keys(result.metafile.inputs));
await mkdir(out, { recursive: true });
for (const file of result.outputFiles) {
  const name = file.path.endsWith(".js") ? "page.js" : "page.css";
  const text = name === "page.js" ? notices + file.text : file.text;
  // Both stand inside an element of the page; esbuild escapes these, and this makes sure of it.
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error(`${name} would end its own element`);
  await replace(join(out, name), text);
}
await replace(join(out, "runtime.wasm.gz"), await runtime());

/** The program that runs networks in the page, as it travels: packed without a date or a machine. */
async function runtime() {
  const file = join(here, "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");
  const packed = gzipSync(await readFile(file), { level: 9 });
  packed.fill(0, 4, 8); // the time
  packed[9] = 255; // the system it was packed on
  return packed;
}

/** The notices that the licences of the bundled packages ask every copy to carry. */
async function licences(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input);
    if (found) packages.add(input.slice(0, found.index + found[0].length - 1));
  }
  const byText = new Map();
  for (const folder of [...packages].sort()) {
    const { name } = JSON.parse(await readFile(join(here, folder, "package.json"), "utf8"));
    const text = (await licence(join(here, folder), name)).replaceAll("\r\n", "\n").trim();
    byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join(", ")}:\n\n${text}`);
  return `/*! Bundled here:\n\n${parts.join("\n\n---\n\n").replaceAll("*/", "* /")}\n*/\n`;
}

/** The licence that a package brings, or the one kept here for a package that brings none. */
async function licence(folder, name) {
  const file = (await readdir(folder)).sort().find((each) => /^licen[sc]e/i.test(each));
  if (file !== undefined) return readFile(join(folder, file), "utf8");
  try {
    return await readFile(join(here, "licences", `${name.replaceAll("/", "-")}.txt`), "utf8");
  } catch {
    throw new Error(`${name} comes without a licence file`);
  }
}

/** Writes under a temporary name first: a reader never sees half a bundle. */
async function replace(path, text) {
  const temporary = `${path}.${process.pid}.part`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
