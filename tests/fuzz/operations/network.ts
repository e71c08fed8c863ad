import * as F from "../../../functions/index.js";
import type { Draw } from "../draw.js";
import { clearOf, elements, type Json, type Operation, operation, py, within } from "../operation.js";

interface Gates {
  reverse: boolean;
  state: boolean;
  bias: boolean;
}

/** Operands of a recurrent network: x, then states, weights and biases where they are wanted. */
function recurrent(d: Draw, gates: number, states: number, biases: number): { args: number[]; params: Gates } {
  const x = d.ofRank(3, { nonEmpty: true, fits: ({ shape }) => shape[0]! <= 5 && shape[1]! <= 6 && shape[2]! <= 9 });
  const [, rows, inputs] = d.values[x]!.shape as [number, number, number];
  const width = d.integer(1, d.chance(0.8) ? 4 : 9);
  const params = { reverse: d.chance(0.4), state: d.chance(0.7), bias: d.chance(0.7) };
  const dtype = d.values[x]!.dtype;
  const weight = (shape: number[]) => d.leaf(shape, { low: -1, high: 1, dtype });
  const args = [x];
  if (params.state)
    for (let i = 0; i < states; i++) args.push(d.chance(0.5) ? weight([rows, width]) : d.like([rows, width]));
  args.push(weight([inputs, gates * width]), weight([width, gates * width]));
  if (params.bias) for (let i = 0; i < biases; i++) args.push(weight([gates * width]));
  return { args, params };
}

const calm = (xs: Parameters<typeof within>[0][]) => xs.every((x) => within(x, -3, 3));

/** The vectors along the last axis. */
function vectors(x: Parameters<typeof elements>[0]): number[][] {
  const flat = elements(x);
  const width = x.shape.at(-1)!;
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
}

/** Two numbers are normalized to -1 and 1 wherever they are: all derivatives are differences of equals. */
const spread = (group: number[]) => group.length > 2 && Math.max(...group) - Math.min(...group) > 0.5;

/** Normalization and recurrent networks. */
export const networks: Record<string, Operation<Json>> = {
  layerNorm: operation<{ epsilon: number; scaled: boolean }>({
    functions: ["layerNorm"],
    draw: (d) => {
      const x = d.operand({ least: 1, nonEmpty: true });
      const width = d.values[x]!.shape.at(-1)!;
      const scaled = d.chance(0.7);
      const epsilon = d.pick([1e-5, 0.1]);
      return { args: scaled ? [x, d.like([width]), d.like([width])] : [x], params: { epsilon, scaled } };
    },
    run: ([x, gamma, beta], { epsilon, scaled }) =>
      F.layerNorm(x!, scaled ? gamma! : null, scaled ? beta! : null, { epsilon }),
    torch: ({ epsilon }) => `F.layer_norm(x0, x0.shape[-1:], *xs[1:], eps=${epsilon})`,
    smooth: ([x], { epsilon }) => epsilon > 0.01 || vectors(x!).every(spread),
  }),
  batchNorm: operation<{ epsilon: number; scaled: boolean; given: number[] | null }>({
    functions: ["batchNorm"],
    draw: (d) => {
      const x = d.operand({ least: 2, nonEmpty: true });
      const width = d.values[x]!.shape.at(-1)!;
      const scaled = d.chance(0.7);
      const given = d.chance(0.3) ? Array.from({ length: width }, () => d.number(0.5, 2)) : null;
      const params = { epsilon: d.pick([1e-5, 0.1]), scaled, given };
      return { args: scaled ? [x, d.like([width]), d.like([width])] : [x], params };
    },
    run: ([x, gamma, beta], { epsilon, scaled, given }) =>
      F.batchNorm(
        x!,
        scaled ? gamma! : null,
        scaled ? beta! : null,
        given === null ? { epsilon } : { epsilon, mean: given, variance: given },
      ),
    torch: ({ epsilon, given }) => `batch_norm(x0, xs[1:], ${epsilon}, ${py(given)})`,
    smooth: ([x], { epsilon, given }) => {
      const columns = x!.reshape([-1, x!.shape.at(-1)!]).transpose();
      return given !== null || epsilon > 0.01 || vectors(columns).every(spread);
    },
  }),
  rnn: operation<Gates & { activation: "tanh" | "relu" }>({
    functions: ["rnn"],
    draw: (d) => {
      const { args, params } = recurrent(d, 1, 1, 1);
      return { args, params: { ...params, activation: d.pick(["tanh", "tanh", "relu"] as const) } };
    },
    run: ([x, ...rest], { reverse, state, bias, activation }) => {
      const h0 = state ? rest.shift()! : null;
      const [Wx, Wh, b] = rest;
      const result = F.rnn(x!, h0, Wx!, Wh!, bias ? b! : null, { reverse, activation });
      // A relu of 0 or nearly so is a kink, which no operand shows.
      if (activation === "relu" && !clearOf(result[0].data, 0)) throw new RangeError("too near a kink");
      return result;
    },
    torch: ({ activation, ...params }) => `recurrent("rnn_${activation}", 1, xs, ${py(params)})`,
    smooth: calm,
  }),
  gru: operation<Gates>({
    functions: ["gru"],
    draw: (d) => recurrent(d, 3, 1, 2),
    run: ([x, ...rest], { reverse, state, bias }) => {
      const h0 = state ? rest.shift()! : null;
      const [Wx, Wh, bx, bh] = rest;
      return F.gru(x!, h0, Wx!, Wh!, bias ? bx! : null, bias ? bh! : null, { reverse });
    },
    torch: (params) => `recurrent("gru", 3, xs, ${py(params)})`,
    smooth: calm,
  }),
  lstm: operation<Gates>({
    functions: ["lstm"],
    draw: (d) => recurrent(d, 4, 2, 1),
    run: ([x, ...rest], { reverse, state, bias }) => {
      const [h0, c0] = state ? rest.splice(0, 2) : [null, null];
      const [Wx, Wh, b] = rest;
      return F.lstm(x!, h0!, c0!, Wx!, Wh!, bias ? b! : null, { reverse });
    },
    torch: (params) => `recurrent("lstm", 4, xs, ${py(params)})`,
    smooth: calm,
  }),
};
