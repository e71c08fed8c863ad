import { seed } from "../../../core/rng.js";
import { dropout } from "../../../functions/random.js";
import { type FunctionCase, real } from "./case.js";

function dropoutCase(label: string, shape: number[], options: { p?: number; training?: boolean }): FunctionCase {
  return {
    name: "dropout",
    label,
    inputs: [real(shape)],
    call: (x) => {
      seed(1);
      return dropout(x, options);
    },
    noTorch: "its masks come from another generator",
  };
}

export const randomCases: FunctionCase[] = [
  dropoutCase("half, as given by nothing", [4, 5], { training: true }),
  dropoutCase("three quarters", [2, 3, 4], { p: 0.75, training: true }),
  dropoutCase("all", [3, 2], { p: 1, training: true }),
  dropoutCase("not in training", [3, 2], { training: false }),
  dropoutCase("scalar", [], { p: 0.3, training: true }),
  dropoutCase("empty", [0, 3], { training: true }),
];
