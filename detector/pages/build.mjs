// SPDX-License-Identifier: Apache-2.0
// Bundles a page into one file: built/NAME.html, without a network and under a policy that lets nothing but its own
// script and style run. `@DATA@` is where the program puts the data. `node build.mjs [DIRECTORY]`
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = process.argv[2] ?? "built";
const libraries = ["preact", "htm"];

async function bundle(entry) {
  const result = await build({
    entryPoints: [entry], bundle: true, minify: true, write: false, format: "iife", target: "es2020", charset: "utf8",
    legalComments: "none", logLevel: "warning",
  });
  return result.outputFiles[0].text.trim();
}

const source = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function licences() {
  const read = (path) => JSON.parse(readFileSync(`node_modules/${path}/package.json`, "utf8"));
  const names = libraries.map((name) => `${name} ${read(name).version} (${read(name).license})`).join(", ");
  const text = readFileSync("node_modules/preact/LICENSE", "utf8").trim();
  return `Contains ${names}.\n\n${text}`.replaceAll("--", "- -");
}

function place(page, mark, text) {
  if (page.split(mark).length !== 2) throw new Error(`${mark} is to be there once`);
  return page.split(mark).join(text);
}

const script = await bundle("tune/main.js");
const style = await bundle("tune/style.css");
if (/<\/(script|style)/i.test(script + style)) throw new Error("the bundle would end its own element");
const csp = `default-src 'none'; script-src ${source(script)}; style-src ${source(style)}; base-uri 'none'; form-action 'none'`;
let page = readFileSync("tune/page.html", "utf8");
for (const [mark, text] of [["@CSP@", csp], ["@LICENCES@", licences()], ["@STYLE@", style], ["@SCRIPT@", script]])
  page = place(page, mark, text);
mkdirSync(out, { recursive: true });
writeFileSync(`${out}/tune.html`, page);
