// Imports jax-js and does a first operation on its WebAssembly backend.
import "../twins/jax-globals.mjs";
import { init, numpy as np, valueAndGrad } from "@jax-js/jax";

await init("wasm");
const x = np.array([
  [1, 2],
  [3, 4],
]);
const [value, gradient] = valueAndGrad((a) => np.sum(np.matmul(a.ref, a)))(x);
gradient.dataSync();
if (value.dataSync()[0] !== 54) throw new Error("the sum is not 54");
