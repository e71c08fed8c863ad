import type { NDArray } from "../core/ndarray.js";
import { checkOptions } from "../core/options.js";
import * as recurrent from "../core/recurrent.js";
import type { Operand, Variable } from "../core/variable.js";
import { add, mul } from "./arithmetic.js";
import { split } from "./joining.js";
import { linear, matmul } from "./linalg.js";
import { sigmoid, tanh } from "./math.js";
import { activationOf, overSteps, Recurrence, type RecurrentActivation, recurrentOperands } from "./recurrent.js";

/** Options of `lstm`. */
export interface LstmOptions {
  /** From the last step to the first; the output at t still belongs to the input at t. */
  reverse?: boolean;
  /** Of the candidate and of the cell: "tanh" unless given. Anything else runs step by step. */
  activation?: RecurrentActivation;
  /** Of the gates: "sigmoid" unless given. Anything else runs step by step. */
  gate?: RecurrentActivation;
}

type Activation = (x: Variable) => Variable;

class Lstm extends Recurrence {
  private pass: recurrent.LstmPass | null = null;

  constructor(private readonly reverse: boolean) {
    super();
  }

  override forward(...[x, h0, c0, Wx, Wh, b]: NDArray[]): NDArray[] {
    const pass = recurrent.lstm(x!, h0!, c0!, Wx!, Wh!, b!, this.reverse);
    this.pass = pass;
    this.keep(pass.states);
    return [recurrent.outputsOf(pass), recurrent.lastOf(pass, pass.states), recurrent.lastOf(pass, pass.cells)];
  }

  protected override composed(xs: readonly Variable[]): Variable[] {
    return composedLstm(xs, this.reverse, tanh, sigmoid);
  }

  protected override gradients([gy, gh, gc]: readonly NDArray[]): (NDArray | null)[] {
    const pass = this.pass!;
    const made = recurrent.lstmGrad(pass, this.input(4).data, gy!, gh!, gc!);
    const { initial, shares } = made;
    const gxs = [
      this.needs(0) ? recurrent.inputGrad(pass, shares, this.input(3).data) : null,
      this.needs(1) ? initial[0]! : null,
      this.needs(2) ? initial[1]! : null,
      this.needs(3) ? recurrent.inputWeightGrad(this.input(0).data, shares) : null,
      this.needs(4) ? recurrent.stateWeightGrad(pass, shares) : null,
      this.needs(5) ? recurrent.biasGrad(shares) : null,
    ];
    recurrent.discard(made);
    return gxs;
  }
}

function composedLstm(xs: readonly Variable[], reverse: boolean, activation: Activation, gate: Activation): Variable[] {
  const [x, h0, c0, Wx, Wh, b] = xs as [Variable, Variable, Variable, Variable, Variable, Variable];
  return overSteps(linear(x, Wx, b), [h0, c0], reverse, (share, [h, c]) => {
    const gates = split(add(share, matmul(h!, Wh)), 4, { axis: 1 });
    const [i, f, g, o] = gates as [Variable, Variable, Variable, Variable];
    const cell = add(mul(gate(f), c!), mul(gate(i), activation(g)));
    return [mul(gate(o), activation(cell)), cell];
  });
}

/**
 * A long short-term memory (Hochreiter and Schmidhuber 1997) over a sequence `x` (steps, N, in), from the states `h0` and the
 * cells `c0` (N, H) on, zeros when null:
 *
 *     i, f, g, o = x_t @ Wx + h @ Wh + b        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
 *                                               h = sigmoid(o) * tanh(c)
 *
 * `Wx` is (in, 4 H), `Wh` (H, 4 H) and `b` (4 H,) or null; their columns are in four blocks in the order i (input or update), f
 * (forget), g (candidate), o (output). Returns `[outputs, h, c]`: the state after each step (steps, N, H), and the last
 * state and cell (N, H). In PyTorch: `nn.LSTM` with `weight_ih_l0 = Wx.T`, `weight_hh_l0 = Wh.T` and the sum of its biases `b`.
 * @throws ShapeError when the shapes do not fit; ArgumentError for an unknown activation.
 */
export function lstm(
  x: Operand,
  h0: Operand | null,
  c0: Operand | null,
  Wx: Operand,
  Wh: Operand,
  b: Operand | null,
  options: LstmOptions = {},
): [outputs: Variable, h: Variable, c: Variable] {
  checkOptions("lstm", options, ["reverse", "activation", "gate"]);
  const { reverse = false } = options;
  const activation = activationOf("lstm", "activation", options.activation ?? "tanh");
  const gate = activationOf("lstm", "gate", options.gate ?? "sigmoid");
  const xs = recurrentOperands("lstm", 4, { x, states: { h0, c0 }, Wx, Wh, biases: { b } });
  const fused = activation === tanh && gate === sigmoid;
  const ys = fused ? new Lstm(reverse).applyMany(...xs) : composedLstm(xs, reverse, activation, gate);
  return ys as [Variable, Variable, Variable];
}
