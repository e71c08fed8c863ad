import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { array, randomNormal, seed } from "../../core/index.js";
import { imageGrid, saveImages } from "../../examples/images.js";
import { LABEL_PLACES, placeLabels } from "../../examples/labels.js";
import { tsne } from "../../examples/tsne.js";

const folder = mkdtempSync(join(tmpdir(), "retrograd-pictures-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The red, green and blue of the pixels of a PNG file, by rows. */
function pixels(file: Uint8Array): number[][][] {
  const { width, height, data } = PNG.sync.read(Buffer.from(file));
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)]),
  );
}
const [WHITE, BLACK] = [
  [255, 255, 255],
  [0, 0, 0],
];

describe("imageGrid", () => {
  test("grey images side by side, with gaps", () => {
    const images = array([[[0, 1]], [[0.5, 2]], [[-1, 0.2]]]);
    const expected = [
      Array.from({ length: 7 }, () => WHITE),
      [WHITE, BLACK, WHITE, WHITE, [128, 128, 128], WHITE, WHITE],
      Array.from({ length: 7 }, () => WHITE),
      [WHITE, BLACK, [51, 51, 51], WHITE, WHITE, WHITE, WHITE],
      Array.from({ length: 7 }, () => WHITE),
    ];
    expect(pixels(imageGrid(images, { gap: 1 }))).toEqual(expected);
    expect(pixels(imageGrid(images.reshape([3, 1, 2, 1]), { gap: 1 }))).toEqual(expected);
  });

  test("coloured images, larger, in so many columns", () => {
    const images = array([[[[1, 0, 0]]], [[[0, 1, 0.2]]]]);
    const [red, green] = [
      [255, 0, 0],
      [0, 255, 51],
    ];
    expect(pixels(imageGrid(images, { scale: 2, gap: 0, columns: 2 }))).toEqual([
      [red, red, green, green],
      [red, red, green, green],
    ]);
    expect(pixels(imageGrid(images, { gap: 0, columns: 1 }))).toEqual([[red], [green]]);
  });

  test("into a file", () => {
    const path = join(folder, "new", "images.png");
    saveImages(path, array([[[1]]]), { gap: 0 });
    expect(pixels(readFileSync(path))).toEqual([[WHITE]]);
  });

  test.each([[array([1])], [array([[[[1, 1]]]])]])("what is no image is refused", (images) => {
    expect(() => imageGrid(images)).toThrow("Expected images (N, rows, cols)");
  });
});

describe("plot", () => {
  /** Runs code that can use what `examples/plot.ts` exports, which is an ES module, and returns what it printed. */
  function run(code: string): string {
    const script = `import { lines, scatter, savePicture } from "./examples/plot.ts"; ${code}`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: join(__dirname, "../.."), encoding: "utf8" });
    return stdout + stderr;
  }

  test("curves with their names, points with theirs and their groups", () => {
    const curves = `[{ name: "sgd", ys: [3, 2, 1] }, { name: "adam", ys: new Float32Array([3, 1]), xs: [0, 5] }]`;
    const svg = run(`console.log(lines(${curves}, { title: "Losses" }))`);
    for (const text of ["sgd", "adam", "Losses"]) expect(svg).toContain(`>${text}</text>`);
    const points = `[{ x: 1, y: 2, group: "sea", label: "ship" }, { x: 2, y: 1, label: "alone" }]`;
    const map = run(`console.log(scatter(${points}))`);
    for (const text of ["ship", "alone", "● sea"]) expect(map).toContain(`>${text}</text>`);
    expect(map.match(/<circle/g)).toHaveLength(2);
  });

  test("in pixels, by the name of the file", () => {
    const path = join(folder, "plot.png");
    expect(run(`savePicture(${JSON.stringify(path)}, scatter([{ x: 1, y: 1 }], { width: 200, height: 100 }))`)).toBe(
      "",
    );
    const found = pixels(readFileSync(path));
    expect([found.length, found[0]!.length]).toEqual([100, 200]);
    expect(found[0]![0]).toEqual(WHITE);
    expect(new Set(found.flat().map(String)).size).toBeGreaterThan(5);
  });
});

test("placeLabels keeps texts off each other and off points where there is room", () => {
  const [above, right, left, below] = LABEL_PLACES;
  const place = (...points: [x: number, y: number][]) =>
    placeLabels(
      points.map(([x, y]) => ({ text: "whale", x, y })),
      10,
    );
  expect(place([0, 0], [100, 0])).toEqual([above, above]);
  // Above, the second text would be on the first one.
  expect(place([0, 0], [2, 1])).toEqual([above, right]);
  expect(place([0, 0], [0, 0], [0, 0], [0, 0])).toEqual([above, below, right, left]);
  // There is a point where the text would be.
  expect(place([0, 0], [0, -10])[0]).not.toEqual(above);
});

test("tsne keeps groups together and apart from each other", () => {
  seed(91);
  const noise = randomNormal([45, 6], { std: 0.1 }).toArray() as number[][];
  const x = noise.map((row, i) => row.map((value, j) => value + (j === i % 3 ? 1 : 0)));
  const y = tsne(array(x), { perplexity: 8, steps: 300 }).toArray() as [number, number][];
  const distance = (i: number, j: number) => Math.hypot(y[i]![0] - y[j]![0], y[i]![1] - y[j]![1]);
  for (let i = 0; i < 45; i++) {
    const others = [...y.keys()].filter((j) => j !== i).sort((a, b) => distance(i, a) - distance(i, b));
    expect(others.slice(0, 8).every((j) => j % 3 === i % 3)).toBe(true);
  }
});
