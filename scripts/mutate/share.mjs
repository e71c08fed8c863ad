import { keyOf } from "./mutants.mjs";

const FOUND = new Set(["Killed", "Timeout", "RuntimeError"]);

/**
 * The share of mutants that were found, in percent, and half the width of its confidence interval at 95 %: that of a ratio of sums
 * over places that were drawn at random (Cochran, Sampling Techniques, 6.3), since mutants of one place often live and die together.
 * A mutant with which not even the modules load is found by every test.
 * @param {readonly { file: string, location: object, status: string }[]} results
 */
export function share(results) {
  const places = new Map();
  for (const { file, location, status } of results) {
    const found = FOUND.has(status);
    if (!found && status !== "Survived" && status !== "NoCoverage") continue;
    const key = keyOf(file, location);
    const place = places.get(key) ?? { killed: 0, tested: 0 };
    place.killed += found ? 1 : 0;
    place.tested++;
    places.set(key, place);
  }
  const all = [...places.values()];
  const killed = all.reduce((sum, place) => sum + place.killed, 0);
  const tested = all.reduce((sum, place) => sum + place.tested, 0);
  const ratio = killed / tested;
  const squares = all.reduce((sum, place) => sum + (place.killed - ratio * place.tested) ** 2, 0);
  const error = (1.96 * Math.sqrt((squares * all.length) / (all.length - 1))) / tested;
  return { killed, tested, score: 100 * ratio, error: 100 * error };
}
