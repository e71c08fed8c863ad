import { readFileSync } from "node:fs";
import { Instrumenter } from "@stryker-mutator/instrumenter";

/** @typedef {{ file: string, key: string, start: { line: number, column: number }, end: { line: number, column: number }, mutants: number, length: number }} Place */

const silent = new Proxy({}, { get: () => () => false });

/**
 * The places that have mutants, in the order of the files and of the text, as Stryker numbers lines and columns within: from 0.
 * One expression or statement can have several mutants: `a < b` has four. `length` is that of the file.
 * @param {readonly string[]} files
 * @returns {Promise<Place[]>}
 */
export async function places(files) {
  const found = new Map();
  const texts = files.map((name) => ({ name, mutate: true, content: readFileSync(name, "utf8") }));
  const lengths = new Map(texts.map(({ name, content }) => [name, content.length]));
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { mutants } = await new Instrumenter(silent).instrument(texts, options);
  for (const { fileName: file, location } of mutants) {
    const key = keyOf(file, location);
    const place = found.get(key) ?? { file, key, ...location, mutants: 0, length: lengths.get(file) };
    place.mutants++;
    found.set(key, place);
  }
  return [...found.values()];
}

/** What a place is called: its file, and where it begins and ends. */
export function keyOf(file, { start, end }) {
  return `${file}:${start.line + 1}:${start.column}-${end.line + 1}:${end.column}`;
}

/**
 * A sample of the places that has about `wanted` mutants, from each file its share: of the places, in random order within
 * their files, one in so many, from a random first one.
 * @param {readonly Place[]} all
 * @param {number} wanted
 * @param {number} seed
 * @returns {Place[]}
 */
export function sample(all, wanted, seed) {
  const next = random(seed);
  const total = all.reduce((sum, place) => sum + place.mutants, 0);
  const order = all.map((place) => ({ place, rank: next() }));
  order.sort((a, b) => (a.place.file === b.place.file ? a.rank - b.rank : a.place.file < b.place.file ? -1 : 1));
  const step = Math.max(1, total / wanted);
  const chosen = [];
  for (let at = next() * step; at < order.length; at += step) chosen.push(order[Math.floor(at)].place);
  return chosen;
}

/** Numbers in [0, 1) (mulberry32). */
function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
