import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, launchChromium } from "./chromium.js";
import { DRAWN, draw } from "./digits.js";
import { buildPage, type PageServer, serveFolder, serveForDevelopment } from "./servers.js";

jest.setTimeout(240_000);

const folder = mkdtempSync(join(tmpdir(), "retrograd-web-"));
beforeAll(() => buildPage(folder));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the page's own script has none of the engine in it: all computing happens in the worker's", () => {
  const assets = join(folder, "assets");
  const source = (name: RegExp) =>
    readFileSync(join(assets, readdirSync(assets).find((file) => name.test(file))!), "utf8");
  expect(source(/^worker-.*\.js$/)).toContain("WebAssembly");
  const page = source(/^index-.*\.js$/);
  for (const work of ["WebAssembly.", "DecompressionStream", "renderString"]) expect(page).not.toContain(work);
  expect(readFileSync(join(folder, "digits.bin")).length).toBeLessThan(4e6);
});

test("the chart's library, which takes long to start, is loaded when the page is there", () => {
  const scripts = readdirSync(join(folder, "assets")).filter((file) => file.endsWith(".js"));
  const uses = (file: string) => readFileSync(join(folder, "assets", file), "utf8").includes("Intl.NumberFormat");
  const [library] = scripts.filter(uses);
  expect(library).toMatch(/^uPlot/);
  expect(readFileSync(join(folder, "index.html"), "utf8")).not.toContain(library);
});

(chromiumPath === undefined ? describe.skip : describe)("in Chromium (skipped where it is not installed)", () => {
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  const errors: unknown[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(pageServer: PageServer): Promise<void> {
    server = pageServer;
    const context = await browser.newContext({ viewport: { width: 1160, height: 900 } });
    context.setDefaultTimeout(120_000);
    page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(server.url);
    await ready();
  }

  afterEach(async () => {
    await page.context().close();
    server.close();
    expect(errors.splice(0)).toEqual([]);
  });

  const ready = async () => {
    await page.waitForSelector("#train:enabled");
    await textMatches("#accuracy", /^\d/);
  };
  const text = (id: string) => page.locator(id).textContent();
  const threads = async () => Number(/(\d+) thread/.exec((await text("#engine"))!)![1]);
  const isolated = () => page.evaluate(() => crossOriginIsolated);
  const textMatches = (id: string, pattern: RegExp) =>
    page.waitForFunction(
      ([selector, source]) => new RegExp(source!).test(document.querySelector(selector!)!.textContent!),
      [id, pattern.source],
    );

  async function trainTo95(): Promise<void> {
    expect(Number.parseFloat((await text("#accuracy"))!)).toBeLessThan(30);
    await page.click("#train");
    await textMatches("#accuracy", /^(9[5-9]|100)/);
    await page.click("#train");
    await textMatches("#train", /^Go on$/);
    await page.click("#train");
    await textMatches("#train", /^Pause$/);
  }

  async function readsDrawnDigits(): Promise<void> {
    for (const [digit, strokes] of Object.entries(DRAWN)) {
      await page.click("#clear");
      expect(await text("#reading")).toBe("–");
      await draw(page, strokes);
      await textMatches("#reading", new RegExp(`^${digit}$`));
    }
  }

  test("static files on a host without headers: one thread, trains to 95 %, reads drawn digits, shows the graph", async () => {
    await open(await serveFolder(folder));
    expect(await isolated()).toBe(false);
    expect(await threads()).toBe(1);
    expect(await text("#engine")).toContain("WebAssembly");
    await trainTo95();
    await readsDrawnDigits();

    await page.click("#forward");
    await textMatches("#details", /functions on/);
    const names = await page.locator("#picture g.function").allTextContents();
    for (const name of ["Convolve", "MaxPool", "Linear", "SoftmaxCrossEntropy"]) {
      expect(names.some((shown) => shown.includes(name))).toBe(true);
    }
    await page.hover("#picture g.parameter >> nth=0");
    await textMatches("#details", /^Variable 0\.W \(5, 5, 1, 8\) float32, generation 0: a parameter/);
    await page.click("#gradients");
    await page.waitForFunction(
      (before) => document.querySelectorAll("#picture g.function").length > before,
      names.length,
    );
    expect(
      (await page.locator("#picture g.node").allTextContents()).some((shown) => shown.includes("gradient of 0.W")),
    ).toBe(true);
  });

  test("the same files, isolated by the service worker when asked for: threads", async () => {
    await open(await serveFolder(folder));
    expect(await isolated()).toBe(false);
    await page.click("#isolate");
    await page.waitForFunction(() => crossOriginIsolated);
    await ready();
    expect(await threads()).toBeGreaterThan(1);
    expect(await page.locator("#isolate").isHidden()).toBe(true);
    await page.click("#train");
    await textMatches("#epoch", /^1$/);
  });

  test("npm run web: isolated by its headers, threads, trains to 95 %, reads drawn digits, starts again", async () => {
    await open(await serveForDevelopment());
    const { headers } = await fetch(server.url);
    expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    expect(headers.get("Cross-Origin-Embedder-Policy")).toBe("require-corp");
    expect(await isolated()).toBe(true);
    expect(await threads()).toBeGreaterThan(1);
    await trainTo95();
    await readsDrawnDigits();

    const [wrong, loss] = [page.locator("#digits .wrong"), await text("#loss")];
    expect(await wrong.count()).toBeLessThan(10);
    await page.click("#reset");
    await textMatches("#train", /^Train$/);
    await textMatches("#accuracy", /^[1-3]?\d\./);
    expect(await wrong.count()).toBeGreaterThan(24);
    expect(await text("#loss")).not.toBe(loss);
  });

  test("a digit that was clicked on is shown, and read", async () => {
    await open(await serveFolder(folder));
    await page.click("#digits button >> nth=3");
    const reading = await text("#digits button >> nth=3");
    await textMatches("#reading", new RegExp(`^${reading}$`));
  });
});
