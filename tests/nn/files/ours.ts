import type { NDArray } from "../../../core/index.js";
import { array, randomNormal, seed } from "../../../core/index.js";
import { encodeNpy, encodeNpz, encodeSafetensors, toTorchState } from "../../../nn/index.js";
import { runTwin, TWINS } from "./twins.js";

/*
 * The files tests/golden/files/ours-*, which retrograd wrote and NumPy and PyTorch read (tests/golden/files.py).
 */

/** The files by their names. `inputs` are those of the twins. */
export function ours(inputs: (twin: string) => NDArray[]): Record<string, Uint8Array> {
  const W = array([
    [1.5, -2, 3],
    [0.25, 5, -0],
  ]);
  const arrays = {
    W,
    "a.b/c": array(Int32Array.of(-1, 2 ** 31 - 1)),
    größe: array([true, false]),
    scalar: array(1 / 3, { dtype: "float64" }),
    turned: W.transpose(),
    empty: array([]).reshape([0, 2]),
  };
  return {
    "ours.npy": encodeNpy(W),
    "ours-stored.npz": encodeNpz(arrays),
    "ours-compressed.npz": encodeNpz(arrays, { compress: true }),
    "ours.safetensors": encodeSafetensors(arrays, { metadata: { about: "ü" } }),
    "ours-twins.npz": encodeNpz(twinArrays(inputs)),
  };
}

/** The states of all twins, drawn at random, with what they make of the inputs. */
function twinArrays(inputsOf: (twin: string) => NDArray[]): Record<string, NDArray> {
  const arrays: Record<string, NDArray> = {};
  seed(20240518);
  for (const [name, twin] of Object.entries(TWINS)) {
    if (twin.newerForm) continue;
    const layer = twin.make(false);
    const inputs = inputsOf(name);
    runTwin(twin, layer, inputs);
    for (const parameter of layer.parameters()) {
      parameter.data = randomNormal(parameter.shape, { dtype: "float64" });
    }
    const y = runTwin(twin, layer, inputs).data;
    for (const [key, value] of Object.entries(toTorchState(layer, twin.writing)))
      arrays[`${name}: state ${key}`] = value;
    for (const [i, x] of inputs.entries()) arrays[`${name}: x${i}`] = x;
    arrays[`${name}: y`] = y;
  }
  return arrays;
}
