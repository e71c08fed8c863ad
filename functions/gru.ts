import type { NDArray } from "../core/ndarray.js";
import { checkOptions } from "../core/options.js";
import * as recurrent from "../core/recurrent.js";
import type { Operand, Variable } from "../core/variable.js";
import { add, mul, sub } from "./arithmetic.js";
import { split } from "./joining.js";
import { linear } from "./linalg.js";
import { sigmoid, tanh } from "./math.js";
import { activationOf, overSteps, Recurrence, type RecurrentActivation, recurrentOperands } from "./recurrent.js";

/** Options of `gru`. */
export interface GruOptions {
  /** From the last step to the first; the output at t still belongs to the input at t. */
  reverse?: boolean;
  /** Of the candidate: "tanh" unless given. Anything else runs step by step. */
  activation?: RecurrentActivation;
  /** Of the gates: "sigmoid" unless given. Anything else runs step by step. */
  gate?: RecurrentActivation;
}

type Activation = (x: Variable) => Variable;

class Gru extends Recurrence {
  private pass: recurrent.GruPass | null = null;

  constructor(private readonly reverse: boolean) {
    super();
  }

  override forward(...[x, h0, Wx, Wh, bx, bh]: NDArray[]): NDArray[] {
    const pass = recurrent.gru(x!, h0!, Wx!, Wh!, bx!, bh!, this.reverse);
    this.pass = pass;
    this.keep(pass.states);
    return [recurrent.outputsOf(pass), recurrent.lastOf(pass, pass.states)];
  }

  protected override composed(xs: readonly Variable[]): Variable[] {
    return composedGru(xs, this.reverse, tanh, sigmoid);
  }

  protected override gradients([gy, gh]: readonly NDArray[]): (NDArray | null)[] {
    const pass = this.pass!;
    const made = recurrent.gruGrad(pass, this.input(3).data, gy!, gh!);
    const { initial, shares, stateShares } = made;
    const gxs = [
      this.needs(0) ? recurrent.inputGrad(pass, shares, this.input(2).data) : null,
      this.needs(1) ? initial[0]! : null,
      this.needs(2) ? recurrent.inputWeightGrad(this.input(0).data, shares) : null,
      this.needs(3) ? recurrent.stateWeightGrad(pass, stateShares) : null,
      this.needs(4) ? recurrent.biasGrad(shares) : null,
      this.needs(5) ? recurrent.biasGrad(stateShares) : null,
    ];
    recurrent.discard(made);
    return gxs;
  }
}

function composedGru(xs: readonly Variable[], reverse: boolean, activation: Activation, gate: Activation): Variable[] {
  const [x, h0, Wx, Wh, bx, bh] = xs as [Variable, Variable, Variable, Variable, Variable, Variable];
  return overSteps(linear(x, Wx, bx), [h0], reverse, (share, [h]) => {
    const [xr, xz, xn] = split(share, 3, { axis: 1 }) as [Variable, Variable, Variable];
    const [hr, hz, hn] = split(linear(h!, Wh, bh), 3, { axis: 1 }) as [Variable, Variable, Variable];
    const n = activation(add(xn, mul(gate(add(xr, hr)), hn)));
    return [add(n, mul(gate(add(xz, hz)), sub(h!, n)))];
  });
}

/**
 * A gated recurrent unit (Cho et al. 2014) in PyTorch's form over a sequence `x` (steps, N, in), from the states `h0` (N, H) on,
 * zeros when null:
 *
 *     xr, xz, xn = x_t @ Wx + bx        r = sigmoid(xr + hr)        n = tanh(xn + r * hn)
 *     hr, hz, hn = h @ Wh + bh          z = sigmoid(xz + hz)        h = (1 - z) * n + z * h
 *
 * `Wx` is (in, 3 H), `Wh` (H, 3 H), `bx` and `bh` (3 H,) or null; their columns are in three blocks in the order r (reset), z
 * (update), n (candidate). Returns `[outputs, h]`: the state after each step (steps, N, H), and the last (N, H). In PyTorch:
 * `nn.GRU` with `weight_ih_l0 = Wx.T`, `weight_hh_l0 = Wh.T`, `bias_ih_l0 = bx` and `bias_hh_l0 = bh`.
 * @throws ShapeError when the shapes do not fit; ArgumentError for an unknown activation.
 */
export function gru(
  x: Operand,
  h0: Operand | null,
  Wx: Operand,
  Wh: Operand,
  bx: Operand | null,
  bh: Operand | null,
  options: GruOptions = {},
): [outputs: Variable, h: Variable] {
  checkOptions("gru", options, ["reverse", "activation", "gate"]);
  const { reverse = false } = options;
  const activation = activationOf("gru", "activation", options.activation ?? "tanh");
  const gate = activationOf("gru", "gate", options.gate ?? "sigmoid");
  const xs = recurrentOperands("gru", 3, { x, states: { h0 }, Wx, Wh, biases: { bx, bh } });
  const fused = activation === tanh && gate === sigmoid;
  const ys = fused ? new Gru(reverse).applyMany(...xs) : composedGru(xs, reverse, activation, gate);
  return ys as [Variable, Variable];
}
