/*
 * Takes the picture of the page for the README: npx tsx tests/examples/web/picture.ts
 * The page shows for how long it was blocked, so nothing else should run on the machine; as root, `chrt -r 1` before the command lets
 * nothing else run.
 */
import { chromiumPath, launchChromium } from "./chromium.js";
import { DRAWN, draw } from "./digits.js";
import { serveForDevelopment } from "./servers.js";

async function main(): Promise<void> {
  if (chromiumPath === undefined) throw new Error("Chromium is not installed: apt-get install chromium");
  const server = await serveForDevelopment();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1160, height: 1250 } });
    page.setDefaultTimeout(300_000);
    await page.goto(server.url);
    await page.click("#train:enabled");
    await page.waitForSelector("body[data-state=finished]");
    await draw(page, DRAWN["4"]!);
    await page.waitForFunction(() => document.getElementById("reading")!.textContent === "4");
    await page.mouse.move(5, 5);
    const { y: height } = (await page.locator("#graph").boundingBox())!;
    await page.screenshot({
      path: "docs/pictures/web.png",
      clip: { x: 0, y: 0, width: 1160, height: Math.round(height) },
    });
    console.log(await page.textContent("#block"));
  } finally {
    await browser.close();
    server.close();
  }
}

main();
