import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/activation.js";
import { type FunctionCase, given, real } from "./case.js";

function alongAxis(
  name: string,
  f: (x: Variable, options?: F.SoftmaxOptions) => Variable,
  torch: string,
): FunctionCase[] {
  const shapes: [string, number[], number | undefined][] = [
    ["the last axis, as given by nothing", [3, 4], undefined],
    ["the last axis", [3, 4], -1],
    ["the first axis", [3, 4], 0],
    ["a middle axis", [2, 3, 4], 1],
    ["a negative axis", [2, 3, 4], -3],
    ["a vector", [5], 0],
    ["an axis of length 1", [3, 1], 1],
    ["one element", [1, 1], 0],
    ["an empty batch", [0, 3], 1],
    ["an empty axis", [3, 0], 1],
  ];
  const at = (label: string, shape: number[], values: number[]): FunctionCase => ({
    name,
    label,
    inputs: [given(shape, values)],
    call: (x) => f(x),
    torch: `torch.${torch}(x0, -1)`,
  });
  return [
    ...shapes.map(
      ([label, shape, axis]): FunctionCase => ({
        name,
        label,
        inputs: [real(shape, -3, 3)],
        call: (x) => (axis === undefined ? f(x) : f(x, { axis })),
        torch: `torch.${torch}(x0, ${axis ?? -1})`,
      }),
    ),
    at("equal entries", [2, 3], [0.5, 0.5, 0.5, -1, -1, 2]),
    at("large entries", [2, 3], [1000, 1001.5, 999, -1000, -1002, -1000.5]),
    at("entries far apart", [2, 3], [1000, -1000, 0, -300, 20, 21]),
  ];
}

/** An elementwise function around 0, far from it and in several shapes. */
function elementwise(
  name: string,
  f: (x: Variable) => Variable,
  torch: string,
  { variant = "", kinks = [0] }: { variant?: string; kinks?: number[] } = {},
): FunctionCase[] {
  const drawn: [string, number[]][] = [
    ["matrix", [3, 4]],
    ["three axes", [2, 1, 5]],
    ["scalar", []],
    ["one element", [1, 1]],
    ["empty", [0, 3]],
  ];
  const label = (text: string) => (variant === "" ? text : `${variant}, ${text}`);
  const call = (x: Variable) => f(x);
  return [
    ...drawn.map(
      ([text, shape]): FunctionCase => ({ name, label: label(text), inputs: [real(shape, -4, 4, kinks)], call, torch }),
    ),
    { name, label: label("saturated"), inputs: [given([6], [1000, -1000, 60, -60, 9, -9])], call, torch },
  ];
}

export const activationCases: FunctionCase[] = [
  ...alongAxis("softmax", F.softmax, "softmax"),
  ...alongAxis("logSoftmax", F.logSoftmax, "log_softmax"),
  ...elementwise("relu", F.relu, "F.relu(x0)"),
  ...elementwise("leakyRelu", F.leakyRelu, "F.leaky_relu(x0, 0.3)"),
  ...elementwise("leakyRelu", (x) => F.leakyRelu(x, { alpha: 0.01 }), "F.leaky_relu(x0, 0.01)", {
    variant: "alpha 0.01",
  }),
  ...elementwise("leakyRelu", (x) => F.leakyRelu(x, { alpha: -2 }), "F.leaky_relu(x0, -2.0)", { variant: "alpha -2" }),
  ...elementwise("elu", F.elu, "F.elu(x0)"),
  ...elementwise("elu", (x) => F.elu(x, { alpha: 0.4 }), "F.elu(x0, 0.4)", { variant: "alpha 0.4" }),
  ...elementwise("selu", F.selu, "F.selu(x0)"),
  ...elementwise("gelu", F.gelu, 'F.gelu(x0, approximate="tanh")'),
  ...elementwise("gelu", (x) => F.gelu(x, { approximate: false }), "F.gelu(x0)", { variant: "exact" }),
  ...elementwise("softplus", F.softplus, "F.softplus(x0, threshold=40)"),
  ...elementwise("hardSigmoid", F.hardSigmoid, "torch.clip(0.2 * x0 + 0.5, 0, 1)", { kinks: [-2.5, 2.5] }),
  ...elementwise("affine", F.affine, "x0 * 1.0", { kinks: [] }),
  ...elementwise("affine", (x) => F.affine(x, { slope: -2.5, intercept: 0.75 }), "-2.5 * x0 + 0.75", {
    variant: "slope -2.5, intercept 0.75",
    kinks: [],
  }),
];
