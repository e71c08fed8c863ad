import { chance } from "./chance.js";
import type { Format } from "./formats.js";
import { type Outcome, watched } from "./watch.js";

/**
 * Makes the damaged file that belongs to `seed` and reads it.
 * @throws Defect where it is neither read nor refused as it should be.
 */
export async function attack(format: Format, seed: number): Promise<Outcome | "skipped"> {
  const damaged = format.make(chance(seed));
  if (damaged === null) return "skipped";
  return watched(() => format.take(damaged), format.ratio * damaged.length, format.sizes);
}
