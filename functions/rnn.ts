import type { NDArray } from "../core/ndarray.js";
import { checkOptions } from "../core/options.js";
import * as recurrent from "../core/recurrent.js";
import type { Operand, Variable } from "../core/variable.js";
import { relu } from "./activation.js";
import { add } from "./arithmetic.js";
import { linear, matmul } from "./linalg.js";
import { tanh } from "./math.js";
import { activationOf, overSteps, Recurrence, type RecurrentActivation, recurrentOperands } from "./recurrent.js";

/** Options of `rnn`. */
export interface RnnOptions {
  /** From the last step to the first; the output at t still belongs to the input at t. */
  reverse?: boolean;
  /** "tanh" unless given. Anything but that and "relu" runs step by step. */
  activation?: RecurrentActivation;
}

class Rnn extends Recurrence {
  private pass: recurrent.RnnPass | null = null;

  constructor(
    private readonly op: "tanh" | "relu",
    private readonly reverse: boolean,
  ) {
    super();
  }

  override forward(...[x, h0, Wx, Wh, b]: NDArray[]): NDArray[] {
    const pass = recurrent.rnn(x!, h0!, Wx!, Wh!, b!, this.op, this.reverse);
    this.pass = pass;
    this.keep(pass.states);
    return [recurrent.outputsOf(pass), recurrent.lastOf(pass, pass.states)];
  }

  protected override composed(xs: readonly Variable[]): Variable[] {
    return composedRnn(xs, this.reverse, this.op === "tanh" ? tanh : relu);
  }

  protected override gradients([gy, gh]: readonly NDArray[]): (NDArray | null)[] {
    const pass = this.pass!;
    const made = recurrent.rnnGrad(pass, this.input(3).data, gy!, gh!);
    const { initial, shares } = made;
    const gxs = [
      this.needs(0) ? recurrent.inputGrad(pass, shares, this.input(2).data) : null,
      this.needs(1) ? initial[0]! : null,
      this.needs(2) ? recurrent.inputWeightGrad(this.input(0).data, shares) : null,
      this.needs(3) ? recurrent.stateWeightGrad(pass, shares) : null,
      this.needs(4) ? recurrent.biasGrad(shares) : null,
    ];
    recurrent.discard(made);
    return gxs;
  }
}

function composedRnn(xs: readonly Variable[], reverse: boolean, activation: (x: Variable) => Variable): Variable[] {
  const [x, h0, Wx, Wh, b] = xs as [Variable, Variable, Variable, Variable, Variable];
  return overSteps(linear(x, Wx, b), [h0], reverse, (share, [h]) => [activation(add(share, matmul(h!, Wh)))]);
}

/**
 * A plain recurrent network (Elman 1990) over a sequence `x` (steps, N, in), from the states `h0` (N, H) on, zeros when null:
 * `h = tanh(x_t @ Wx + h @ Wh + b)`, with `Wx` (in, H), `Wh` (H, H) and `b` (H,) or null. Returns `[outputs, h]`: the state after
 * each step (steps, N, H), and the last (N, H). In PyTorch: `nn.RNN` with `weight_ih_l0 = Wx.T`, `weight_hh_l0 = Wh.T` and the sum
 * of its biases `b`.
 * @throws ShapeError when the shapes do not fit; ArgumentError for an unknown activation.
 */
export function rnn(
  x: Operand,
  h0: Operand | null,
  Wx: Operand,
  Wh: Operand,
  b: Operand | null,
  options: RnnOptions = {},
): [outputs: Variable, h: Variable] {
  checkOptions("rnn", options, ["reverse", "activation"]);
  const { reverse = false } = options;
  const activation = activationOf("rnn", "activation", options.activation ?? "tanh");
  const xs = recurrentOperands("rnn", 1, { x, states: { h0 }, Wx, Wh, biases: { b } });
  const op = activation === tanh ? "tanh" : activation === relu ? "relu" : null;
  const ys = op === null ? composedRnn(xs, reverse, activation) : new Rnn(op, reverse).applyMany(...xs);
  return ys as [Variable, Variable];
}
