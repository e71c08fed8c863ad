import type { Page } from "playwright-core";

type Point = [x: number, y: number];

/** Lines that make up digits, on a canvas from (0, 0), top left, to (1, 1). */
export const DRAWN: Record<string, Point[][]> = {
  1: [
    [
      [0.5, 0.15],
      [0.5, 0.85],
    ],
  ],
  0: [Array.from({ length: 25 }, (_, i): Point => around((2 * Math.PI * i) / 24))],
  7: [
    [
      [0.25, 0.2],
      [0.75, 0.2],
      [0.42, 0.85],
    ],
  ],
  4: [
    [
      [0.35, 0.15],
      [0.3, 0.55],
      [0.75, 0.55],
    ],
    [
      [0.65, 0.15],
      [0.65, 0.9],
    ],
  ],
};

function around(angle: number): Point {
  return [0.5 + 0.22 * Math.sin(angle), 0.5 - 0.35 * Math.cos(angle)];
}

/** Draws lines on the page's pad with the mouse. */
export async function draw(page: Page, strokes: readonly Point[][]): Promise<void> {
  await page.locator("#pad").scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await page.locator("#pad").boundingBox())!;
  for (const stroke of strokes) {
    for (const [i, [across, down]] of stroke.entries()) {
      await page.mouse.move(x + across * width, y + down * height, { steps: 4 });
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}
