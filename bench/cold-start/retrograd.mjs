// Imports the built package and does a first operation, which must not start a worker.
let workers = 0;
process.on("worker", () => workers++);

const { variable } = await import("../../dist/esm/index.js");
const F = await import("../../dist/esm/functions/index.js");
const x = variable([
  [1, 2],
  [3, 4],
]);
const y = F.sum(F.matmul(x, x));
y.backward();
if (y.item() !== 54) throw new Error(`the sum is ${y.item()}; expected 54`);

setImmediate(() => {
  if (workers > 0) throw new Error(`${workers} workers were started by the first operation; expected none`);
});
