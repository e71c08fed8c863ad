import weak from "weak-napi";
import { mul } from "../../functions/index.js";
import { variable } from "../../index.js";

const x = variable([1, 2, 3]);
let collected = 0;
const references: { isAlive: () => boolean }[] = [];

for (let i = 0; i < 5000; i++) {
  const y = mul(x, i);
  // weak-napi pins nothing: what keeps y alive, if anything does, is the function's own reference.
  const reference = weak(y);
  references.push({ isAlive: () => !weak.isDead(reference) });
  mul(y, 2);
}
(globalThis as unknown as { gc: () => void }).gc();
for (const { isAlive } of references) if (!isAlive()) collected++;

process.stdout.write(JSON.stringify({ alive: references.length - collected, collected }), () => process.exit(0));
