import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { verdict, withImport } from "./program.mjs";

const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const TYPES = { html: "text/html", js: "text/javascript" };

/** Bundles the program in `folder`, which has the package and none of the optional ones, and runs what comes out. */
export async function checkBundlers(run, folder) {
  writeFileSync(join(folder, "bundled.mjs"), withImport);
  for (const [platform, format] of [
    ["node", "esm"],
    ["node", "cjs"],
    ["browser", "esm"],
  ]) {
    await build({
      absWorkingDir: folder,
      entryPoints: ["bundled.mjs"],
      outfile: `esbuild-${platform}/program.${format === "esm" ? (platform === "node" ? "mjs" : "js") : "cjs"}`,
      bundle: true,
      // Classes lose their names then, which nothing may depend on but messages and pictures.
      minify: true,
      platform,
      format,
      target: "es2022",
      // What is optional may be missing.
      logLevel: "error",
    });
  }
  for (const file of ["esbuild-node/program.mjs", "esbuild-node/program.cjs"]) {
    console.log(verdict(`esbuild for Node, ${file}`, run("node", [file])));
  }
  const page = (script) => `<!doctype html><title>program</title><script type="module" src="${script}"></script>`;
  writeFileSync(join(folder, "esbuild-browser/index.html"), page("/program.js"));
  mkdirSync(join(folder, "vite"));
  writeFileSync(join(folder, "vite/index.html"), page("/main.js"));
  writeFileSync(join(folder, "vite/main.js"), withImport);
  run("node", [resolve("node_modules/vite/bin/vite.js"), "build", "vite", "--logLevel", "error"]);
  await checkPages({ "esbuild for browsers": join(folder, "esbuild-browser"), Vite: join(folder, "vite/dist") });
}

/** Opens the pages in Chromium, on a page that is cross-origin isolated and on one that is not. */
async function checkPages(pages) {
  const executablePath = CHROMIUM.find((path) => path && existsSync(path));
  if (executablePath === undefined) {
    console.log(`${Object.keys(pages).join(", ")}: bundled; not run, Chromium is not installed`);
    return;
  }
  const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  try {
    for (const [name, folder] of Object.entries(pages)) {
      for (const isolated of [false, true]) {
        const where = `${name}, in Chromium ${browser.version()}, ${isolated ? "isolated" : "not isolated"}`;
        console.log(verdict(where, await outputOf(browser, folder, isolated)));
      }
    }
  } finally {
    await browser.close();
  }
}

/** What the page in `folder` prints; errors too. Its files are handed to the browser without a server. */
async function outputOf(browser, folder, isolated) {
  const page = await browser.newPage();
  const headers = isolated
    ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }
    : {};
  await page.route("**/*", (route) => {
    const { pathname } = new URL(route.request().url());
    const file = join(folder, pathname === "/" ? "index.html" : pathname);
    if (!existsSync(file)) return route.fulfill({ status: 404 });
    return route.fulfill({ body: readFileSync(file), contentType: TYPES[file.split(".").pop()], headers });
  });
  const finished = new Promise((finish) => {
    page.on("console", (message) => /^works/.test(message.text()) && finish(message.text()));
    page.on("pageerror", (error) => finish(error.stack));
    setTimeout(() => finish("it neither finished nor failed in a minute"), 60_000).unref();
  });
  await page.goto("http://localhost/");
  const output = await finished;
  await page.close();
  return output;
}
