// Copies what the binary needs from node_modules to internal/assets/dist, where
// Go embeds it: the WebAssembly engines, the style sheet, fonts, icons and
// scripts of the pages, and every licence text that goes with them. axe-core is
// for the browser tests alone and lands in testdata, which is never embedded.
// The table of places of birth is made here too, by places.mjs.
//
// Run after `npm ci`, from any folder: node scripts/assets.mjs
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { placesTable } from "./places.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const home = join(root, "internal", "assets");
const dist = join(home, "dist");

const bootstrap = "bootstrap-italia/dist";
const belfiore = "@marketto/belfiore-connector-embedded";

// [from, below node_modules] → [to, below internal/assets].
const copies = [
  ["@hyzyla/pdfium/dist/pdfium.wasm", "dist/engine/pdfium.wasm"],
  ["@undecaf/zbar-wasm/dist/zbar.wasm", "dist/engine/zbar.wasm"],
  ["rxing-wasm/rxing_wasm_bg.wasm", "dist/engine/rxing.wasm"],
  [`${bootstrap}/svg/sprites.svg`, "dist/web/svg/sprites.svg"],
  [`${bootstrap}/fonts/Lora/OFL.txt`, "dist/web/licences/font-lora.txt"],
  [`${bootstrap}/fonts/Titillium_Web/OFL.txt`, "dist/web/licences/font-titillium-web.txt"],
  [`${bootstrap}/fonts/Roboto_Mono/LICENSE.txt`, "dist/web/licences/font-roboto-mono.txt"],
  [`${belfiore}/asset/MINISTERO_DELL_INTERNO.LICENSE`, "dist/web/licences/places-ministero-interno.txt"],
  [`${belfiore}/asset/AGENZIA_DELLE_ENTRATE.LICENSE`, "dist/web/licences/places-agenzia-entrate.txt"],
  [`${belfiore}/asset/ISTITUTO_NAZIONALE_DI_STATISTICA.LICENSE`, "dist/web/licences/places-istat.txt"],
  ["htmx.org/dist/htmx.min.js", "dist/web/js/htmx.min.js"],
  ["axe-core/axe.min.js", "testdata/axe.min.js"],
  ["axe-core/LICENSE", "testdata/axe-core.LICENSE.txt"],
];

async function copy(from, to) {
  const target = join(home, to);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(modules, from), target);
}

// The style sheet without its pointer to a source map that we do not ship, and
// without the font of a video player that no page has: its data: address breaks
// the pages' content policy, and every browser would say so on every page.
async function copyStyle() {
  const css = await readFile(join(modules, bootstrap, "css/bootstrap-italia.min.css"), "utf8");
  const target = join(dist, "web/css/bootstrap-italia.min.css");
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, css
    .replace(/@font-face\{font-family:VideoJS;[^}]*\}/, "")
    .replace(/\s*\/\*# sourceMappingURL=.*?\*\/\s*$/, "\n"));
}

// Bootstrap Italia adds its fonts by script (loadFonts). Pages must look right
// without JavaScript, so the same declarations go into a style sheet.
async function writeFonts() {
  const families = { Titillium_Web: "Titillium Web", Lora: "Lora", Roboto_Mono: "Roboto Mono" };
  const rules = [];
  for (const [folder, family] of Object.entries(families)) {
    const files = (await readdir(join(modules, bootstrap, "fonts", folder))).filter((f) => f.endsWith(".woff2"));
    for (const file of files.sort()) {
      await copy(`${bootstrap}/fonts/${folder}/${file}`, `dist/web/fonts/${file}`);
      rules.push(fontFace(family, file));
    }
  }
  await writeFile(join(dist, "web/css/fonts.css"), rules.join(""));
}

async function writePlaces() {
  await mkdir(join(dist, "data"), { recursive: true });
  await writeFile(join(dist, "data/places.tsv"), await placesTable(join(root, "scripts/places.tsv")));
}

function fontFace(family, file) {
  const variant = file.replace(/^.*_latin-/, "").replace(".woff2", "");
  const weight = /^\d+/.exec(variant)?.[0] ?? "400";
  const style = variant.endsWith("italic") ? "italic" : "normal";
  return `@font-face{font-family:"${family}";font-style:${style};font-weight:${weight};` +
    `font-display:swap;src:url("../fonts/${file}") format("woff2")}\n`;
}

// The packages that have a part in what is embedded. Splide, Popper, Video.js
// and just-validate are in it by the style sheet alone.
const embedded = [
  belfiore,
  "@hyzyla/pdfium", "@undecaf/zbar-wasm", "bootstrap-italia", "design-tokens-italia", "htmx.org",
  "rxing-wasm", "@popperjs/core", "@splidejs/splide", "just-validate", "video.js",
];

async function copyLicences() {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  const forgotten = Object.keys(lock.packages[""].dependencies).filter((name) => !embedded.includes(name));
  if (forgotten.length > 0) throw new Error(`no licence is kept of ${forgotten.join(", ")}`);
  await mkdir(join(dist, "web/licences"), { recursive: true });
  for (const name of embedded) {
    const path = `node_modules/${name}`;
    const notice = await licenceOf(join(root, path), name, lock.packages[path]);
    await writeFile(join(dist, "web/licences", `${name.replace("/", "__")}.txt`), notice);
  }
}

// libheif and libde265 come in a Go module, which is fetched and checked as all are,
// but never built: its own way to run the engine knows no limits.
const heif = "github.com/gen2brain/heic@v0.4.5";
const heifSum = "04e7804a4ef20096660ac9347face433661b3c06e4da825c2dac15c06f101657";

async function copyHEIF() {
  const out = execFileSync("go", ["mod", "download", "-json", heif], { cwd: root, encoding: "utf8" });
  const { Dir } = JSON.parse(out);
  const code = gunzipSync(await readFile(join(Dir, "lib/heif.wasm.gz")));
  const sum = createHash("sha256").update(code).digest("hex");
  if (sum !== heifSum) throw new Error(`heif.wasm of ${heif} is not the one that was looked at: ${sum}`);
  await writeFile(join(dist, "engine/heif.wasm"), code);
  const names = ["LICENSE", "lib/LICENSE.libheif", "lib/LICENSE.libde265"];
  const texts = await Promise.all(names.map((name) => readFile(join(Dir, name), "utf8")));
  const head = `${heif}: libheif 1.18.2 and libde265 1.0.15 (LGPL-3.0), in a wrapping under MIT; sources and Makefile in the module\n\n`;
  await writeFile(join(dist, "web/licences/heif.txt"), head + texts.join("\n\n"));
}

async function licenceOf(folder, name, info) {
  const texts = (await readdir(folder)).filter((f) => /^(licen[cs]e|notice|copying)/i.test(f)).sort();
  const head = `${name} ${info.version}, ${info.license ?? "licence as below"}\n\n`;
  const bodies = await Promise.all(texts.map((f) => readFile(join(folder, f), "utf8")));
  return head + bodies.join("\n\n");
}

async function report(folder) {
  const totals = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const top = relative(folder, dirname(file)) || ".";
    totals[top] = (totals[top] ?? 0) + (await stat(file)).size;
  }
  for (const [name, bytes] of Object.entries(totals)) {
    console.log(`${String(Math.ceil(bytes / 1024)).padStart(7)} KiB  ${name}`);
  }
}

for (const folder of ["engine", "data", "web"]) await rm(join(dist, folder), { recursive: true, force: true });
for (const [from, to] of copies) await copy(from, to);
await copyStyle();
await writeFonts();
await writePlaces();
await copyLicences();
await copyHEIF();
await report(dist);
