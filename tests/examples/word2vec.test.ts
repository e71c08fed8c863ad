import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runExample } from "./run.js";

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "retrograd-word2vec-"));
const picture = join(folder, "deep", "map.svg");
afterAll(() => rmSync(folder, { recursive: true }));

/** Of each word, two of which must be among its ten neighbours. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  boat: "boats bow bows oar oars stern gunwale line crew craft pulling pulled stove ship whale".split(" "),
  ship: "ships vessel vessels pequod board sail sails sailed hull port craft boat boats stern deck officers".split(" "),
  whale: "whales sperm leviathan fin hump fishery fishermen greenland species shark whalemen hunted".split(" "),
};

const neighboursOf = (stdout: string, word: string) => new RegExp(`^${word}: (.*)$`, "m").exec(stdout)![1]!.split(" ");

test("word2vec: the loss falls, neighbours make sense, and there is a map", () => {
  const { status, stdout } = runExample("word2vec", "--quick", "--seed", "2", "--picture", picture);
  expect(status).toBe(0);
  const [, first, last] = /Loss: ([\d.]+) in the first epoch, ([\d.]+) in the last/.exec(stdout)!.map(Number);
  expect(last).toBeLessThan(0.6 * first!);
  expect(stdout).toMatch(/\d+ words in [\d.]+ seconds: \d+ words per second/);
  for (const [word, expected] of Object.entries(EXPECTED)) {
    const near = neighboursOf(stdout, word);
    expect(near).toHaveLength(10);
    expect(near.filter((other) => expected.includes(other)).length).toBeGreaterThanOrEqual(2);
    const similarity = new RegExp(`of ${word} to words of the sea: ([-\\d.]+), to words of the land: ([-\\d.]+)`);
    const [, sea, land] = similarity.exec(stdout)!.map(Number);
    expect(sea).toBeGreaterThan(land! + 0.05);
  }
  const svg = readFileSync(picture, "utf8");
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const word of ["whale", "pequod", "ocean", "queequeg", "bed"]) expect(svg).toContain(`>${word}</text>`);
  expect(svg).not.toMatch(/NaN|undefined/);
});
