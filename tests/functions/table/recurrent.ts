import type { Variable } from "../../../core/variable.js";
import { gru } from "../../../functions/gru.js";
import { lstm } from "../../../functions/lstm.js";
import { rnn } from "../../../functions/rnn.js";
import { type FunctionCase, type Input, real } from "./case.js";

interface Sizes {
  label: string;
  steps: number;
  rows: number;
  inputs: number;
  width: number;
  reverse?: boolean;
}

const sizes: Sizes[] = [
  { label: "3 steps", steps: 3, rows: 2, inputs: 3, width: 5 },
  { label: "reverse", steps: 3, rows: 3, inputs: 2, width: 3, reverse: true },
  { label: "1 step", steps: 1, rows: 3, inputs: 2, width: 4 },
  { label: "1 row", steps: 4, rows: 1, inputs: 2, width: 2 },
  { label: "1 hidden unit", steps: 2, rows: 5, inputs: 2, width: 1 },
  { label: "1 step in reverse, 1 row, 1 unit", steps: 1, rows: 1, inputs: 1, width: 1, reverse: true },
  { label: "7 units", steps: 2, rows: 5, inputs: 3, width: 7 },
  { label: "empty batch", steps: 2, rows: 0, inputs: 2, width: 3 },
];

/** Weights of the size that networks have, so that gates are not all saturated. */
const weights = (shape: readonly number[]): Input => real(shape, -1, 1);

/** PyTorch's network `name` on x0, with its weights transposed; with `reverse` on the sequence turned around. */
function torch(name: string, states: string, parameters: string, outputs: string, reverse = false): string {
  const flipped = (sequence: string) => (reverse ? `${sequence}.flip(0)` : sequence);
  const call = `torch._VF.${name}(${flipped("x0")}, ${states}, (${parameters}), True, 1, 0.0, False, False, False)`;
  return `(lambda y, ${outputs.replaceAll("[0]", "")}: (${flipped("y")}, ${outputs}))(*${call})`;
}

function lstmCase({ label, steps, rows, inputs, width, reverse }: Sizes): FunctionCase {
  const parameters = "x3.t().contiguous(), x4.t().contiguous(), x5, torch.zeros_like(x5)";
  return {
    name: "lstm",
    label,
    inputs: [
      real([steps, rows, inputs]),
      real([rows, width]),
      real([rows, width]),
      weights([inputs, 4 * width]),
      weights([width, 4 * width]),
      real([4 * width]),
    ],
    call: (x, h0, c0, Wx, Wh, b) => lstm(x!, h0!, c0!, Wx!, Wh!, b!, reverse === undefined ? {} : { reverse }),
    ...reference(rows, torch("lstm", "(x1[None], x2[None])", parameters, "h[0], c[0]", reverse)),
  };
}

function gruCase({ label, steps, rows, inputs, width, reverse }: Sizes): FunctionCase {
  return {
    name: "gru",
    label,
    inputs: [
      real([steps, rows, inputs]),
      real([rows, width]),
      weights([inputs, 3 * width]),
      weights([width, 3 * width]),
      real([3 * width]),
      real([3 * width]),
    ],
    call: (x, h0, Wx, Wh, bx, bh) => gru(x!, h0!, Wx!, Wh!, bx!, bh!, reverse === undefined ? {} : { reverse }),
    ...reference(rows, torch("gru", "x1[None]", "x2.t().contiguous(), x3.t().contiguous(), x4, x5", "h[0]", reverse)),
  };
}

function rnnCase({ label, steps, rows, inputs, width, reverse }: Sizes, activation: "tanh" | "relu"): FunctionCase {
  const parameters = "x2.t().contiguous(), x3.t().contiguous(), x4, torch.zeros_like(x4)";
  return {
    name: "rnn",
    label: `${activation}, ${label}`,
    inputs: [
      real([steps, rows, inputs]),
      real([rows, width]),
      weights([inputs, width]),
      weights([width, width]),
      real([width]),
    ],
    call: (x, h0, Wx, Wh, b) =>
      rnn(x!, h0!, Wx!, Wh!, b!, reverse === undefined ? { activation } : { activation, reverse }),
    ...reference(rows, torch(`rnn_${activation}`, "x1[None]", parameters, "h[0]", reverse)),
  };
}

function reference(rows: number, expression: string): { torch: string } | { noTorch: string } {
  return rows > 0 ? { torch: expression } : { noTorch: "PyTorch refuses an empty batch in recurrent networks" };
}

const unrolled = "composed of functions that have references of their own";

export const recurrentCases: FunctionCase[] = [
  ...sizes.map(lstmCase),
  {
    name: "lstm",
    label: "no states and no bias",
    inputs: [real([3, 2, 3]), weights([3, 8]), weights([2, 8])],
    call: (x, Wx, Wh) => lstm(x!, null, null, Wx!, Wh!, null),
    torch: torch(
      "lstm",
      "(torch.zeros(1, 2, 2), torch.zeros(1, 2, 2))",
      "x1.t().contiguous(), x2.t().contiguous(), torch.zeros(8), torch.zeros(8)",
      "h[0], c[0]",
    ),
  },
  {
    name: "lstm",
    label: "one Variable in several places",
    inputs: [real([2, 3, 3]), real([3, 3]), weights([3, 12]), real([12])],
    call: (x: Variable, h: Variable, W: Variable, b: Variable) => lstm(x, h, h, W, W, b),
    torch: torch(
      "lstm",
      "(x1[None], x1[None])",
      "x2.t().contiguous(), x2.t().contiguous(), x3, torch.zeros_like(x3)",
      "h[0], c[0]",
    ),
  },
  {
    name: "lstm",
    label: "other activations",
    inputs: [real([2, 2, 2]), real([2, 3]), real([2, 3]), weights([2, 12]), weights([3, 12]), real([12])],
    call: (x, h0, c0, Wx, Wh, b) => lstm(x!, h0!, c0!, Wx!, Wh!, b!, { activation: "sigmoid", gate: "tanh" }),
    noTorch: unrolled,
  },
  ...sizes.map(gruCase),
  {
    name: "gru",
    label: "no state and no biases",
    inputs: [real([3, 2, 3]), weights([3, 6]), weights([2, 6])],
    call: (x, Wx, Wh) => gru(x!, null, Wx!, Wh!, null, null),
    torch: torch(
      "gru",
      "torch.zeros(1, 2, 2)",
      "x1.t().contiguous(), x2.t().contiguous(), torch.zeros(6), torch.zeros(6)",
      "h[0]",
    ),
  },
  {
    name: "gru",
    label: "other activations",
    inputs: [real([2, 2, 2]), real([2, 3]), weights([2, 9]), weights([3, 9]), real([9]), real([9])],
    call: (x, h0, Wx, Wh, bx, bh) => gru(x!, h0!, Wx!, Wh!, bx!, bh!, { activation: "sigmoid", gate: "tanh" }),
    noTorch: unrolled,
  },
  ...sizes.map((s) => rnnCase(s, "tanh")),
  ...sizes.slice(0, 4).map((s) => rnnCase(s, "relu")),
  {
    name: "rnn",
    label: "no state and no bias",
    inputs: [real([3, 2, 3]), weights([3, 2]), weights([2, 2])],
    call: (x, Wx, Wh) => rnn(x!, null, Wx!, Wh!, null),
    torch: torch(
      "rnn_tanh",
      "torch.zeros(1, 2, 2)",
      "x1.t().contiguous(), x2.t().contiguous(), torch.zeros(2), torch.zeros(2)",
      "h[0]",
    ),
  },
  {
    name: "rnn",
    label: "another activation",
    inputs: [real([2, 2, 2]), real([2, 3]), weights([2, 3]), weights([3, 3]), real([3])],
    call: (x, h0, Wx, Wh, b) => rnn(x!, h0!, Wx!, Wh!, b!, { activation: "sigmoid" }),
    noTorch: unrolled,
  },
];
