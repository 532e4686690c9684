// Assembles frontend/built from frontend/static and the npm packages:
//   app.css   every style sheet, each in the cascade layer of its folder, with the fonts' faces before them
//   htmx.js, app.js, theme.js   scripts, loaded as they are
//   everything under static/images and the fonts
// File names carry a hash of their content; manifest.json maps the plain name to the hashed one. Texts also get a .br
// and a .gz beside them. Files of the last build stay until the next one, for pages that are already open.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import subsetFont from "subset-font";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "static");
const built = join(here, "built");
const modules = join(here, "node_modules");

const LAYERS = ["tokens", "base", "parts", "pages", "print"];
const WEIGHTS = [400, 600, 700];
// Running text keeps its instructions for screens of few dots. Headings are large enough without, at half the bytes.
const HINTED = new Set([400]);
const SUBSETS = ["vietnamese", "latin"];
const TEXTS = new Set([".css", ".js", ".svg", ".json"]);

const manifest = {};

function files(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && (!ending || path.endsWith(ending)))
    .sort();
}

function put(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const ending = extname(name);
  const hashed = `${name.slice(0, -ending.length)}.${hash}${ending}`;
  const path = join(built, hashed);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  if (TEXTS.has(ending)) {
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    const size = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: size }));
  }
  manifest[name] = hashed;
  return hashed;
}

// Takes out comments and needless white space, leaving what stands in quotes alone.
function shorten(css) {
  const pieces = css.split(/(\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/);
  return pieces
    .map((piece, index) => {
      if (index % 2) return piece.startsWith("/*") ? "" : piece;
      return piece
        .replace(/\s+/g, " ")
        .replace(/\s*([{};,])\s*/g, "$1")
        .replace(/:\s+/g, ":")
        .replace(/;}/g, "}");
    })
    .join("")
    .replace(/([{};])\s+/g, "$1")
    .trim();
}

async function face(path, weight) {
  const bytes = readFileSync(path);
  if (HINTED.has(weight)) return bytes;
  return subsetFont(bytes, undefined, { keepAllGlyphs: true, noHinting: true, targetFormat: "woff2" });
}

async function fontFaces() {
  const folder = join(modules, "@fontsource", "be-vietnam-pro");
  const ranges = JSON.parse(readFileSync(join(folder, "unicode.json"), "utf8"));
  const faces = [];
  for (const weight of WEIGHTS) {
    for (const subset of SUBSETS) {
      const name = `fonts/be-vietnam-pro-${subset}-${weight}.woff2`;
      const file = join(folder, "files", `be-vietnam-pro-${subset}-${weight}-normal.woff2`);
      const hashed = put(name, await face(file, weight));
      faces.push(
        `@font-face{font-family:"Be Vietnam Pro";font-style:normal;font-weight:${weight};font-display:swap;` +
          `src:url("${hashed}") format("woff2");unicode-range:${ranges[subset]}}`,
      );
    }
  }
  return faces.join("");
}

async function styles() {
  const sheets = [`@layer ${LAYERS.join(",")};`, await fontFaces()];
  for (const layer of LAYERS) {
    const own = join(source, "css", `${layer}.css`);
    for (const path of [...(existsSync(own) ? [own] : []), ...files(join(source, "css", layer), ".css")]) {
      sheets.push(`@layer ${layer}{${shorten(readFileSync(path, "utf8"))}}`);
    }
  }
  return sheets.join("\n");
}

function sweep(keep) {
  for (const path of files(built)) {
    const name = relative(built, path).replaceAll("\\", "/");
    if (name === "manifest.json" || name === ".techmart") continue;
    if (!keep.has(name.replace(/\.(br|gz)$/, ""))) rmSync(path);
  }
}

mkdirSync(built, { recursive: true });
const manifestPath = join(built, "manifest.json");
const before = existsSync(manifestPath) ? Object.values(JSON.parse(readFileSync(manifestPath, "utf8"))) : [];

put("app.css", await styles());
put("htmx.js", readFileSync(join(modules, "htmx.org", "dist", "htmx.min.js")));
for (const path of files(join(source, "js"), ".js")) put(relative(join(source, "js"), path), readFileSync(path));
for (const path of files(join(source, "images"))) {
  put(relative(source, path).replaceAll("\\", "/"), readFileSync(path));
}

writeFileSync(`${manifestPath}.new`, JSON.stringify(manifest, null, 1));
renameSync(`${manifestPath}.new`, manifestPath);
sweep(new Set([...before, ...Object.values(manifest)]));

const sizeOf = (name) => statSync(join(built, `${manifest[name]}.br`)).size;
const kilobytes = (["app.css", "htmx.js", "app.js", "theme.js"].reduce((sum, name) => sum + sizeOf(name), 0) / 1000).toFixed(1);
console.log(`front end: built ${Object.keys(manifest).length} files; style and scripts ${kilobytes} kB as sent`);
