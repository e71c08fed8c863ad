/**
 * What an operation costs when there is almost nothing to compute: a chain of 1,000 multiplications and additions on
 * 10 numbers, forward and backward. Prints microseconds per operation, forward and backward together.
 *
 *     npx tsx bench/chain.ts
 */
import { variable } from "retrograd";

const OPERATIONS = 1000;
const REPEATS = 200;
const ROUNDS = 15;

const start = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const gradient = variable(
  start.map((x) => x / 10),
  { requiresGrad: false },
);

function run(): void {
  const x = variable(start);
  let y = x;
  for (let i = 0; i < OPERATIONS / 2; i++) y = y.mul(1.0001).add(0.5);
  y.backward({ gradient });
}

const rounds = Array.from({ length: ROUNDS }, () => {
  const begin = performance.now();
  for (let i = 0; i < REPEATS; i++) run();
  return ((performance.now() - begin) * 1000) / (REPEATS * OPERATIONS);
}).sort((a, b) => a - b);

console.log(
  `chain of ${OPERATIONS} operations on ${start.length} numbers: median ${rounds[ROUNDS >> 1]!.toFixed(3)}, ` +
    `best ${rounds[0]!.toFixed(3)} microseconds per operation`,
);
