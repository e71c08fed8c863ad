import type { NDArray } from "../ndarray.js";

/** Elementwise functions of one floating-point array. */
export type UnaryOp =
  | "neg"
  | "abs"
  | "sign"
  | "square"
  | "sqrt"
  | "rsqrt"
  | "reciprocal"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "erf"
  | "sigmoid"
  | "softplus"
  | "relu"
  | "floor"
  | "ceil"
  | "round";

/**
 * Elementwise functions of two arrays of one dtype. `pow`, `div` and the gradients are floating-point only. A gradient takes
 * that of the function's output and the output itself.
 */
export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "maximum"
  | "minimum"
  | "reluGrad"
  | "tanhGrad"
  | "sigmoidGrad";

/** Elementwise comparisons of two arrays of one dtype, with a bool array as the result. NaN compares as in IEEE 754. */
export type CompareOp = "equal" | "notEqual" | "less" | "lessEqual" | "greater" | "greaterEqual";

/** Reductions. `max` and `min` of NaN are NaN, as in NumPy. */
export type ReduceOp = "sum" | "prod" | "max" | "min";

/** Positions of the first extreme; NaN counts as extreme, as in NumPy. */
export type ArgReduceOp = "argmax" | "argmin";

/** A contiguous array seen as (outer, length, inner), with the operation along `length`. */
export interface AxisView {
  outer: number;
  length: number;
  inner: number;
}

/** A sliding window over an NHWC image batch. All of its numbers are resolved: no "same", no defaults. */
export interface Window2D {
  batch: number;
  rows: number;
  cols: number;
  channels: number;
  kernelRows: number;
  kernelCols: number;
  strideRows: number;
  strideCols: number;
  /** Distance between neighbouring kernel taps: 1 for a dense kernel. */
  stepRows: number;
  stepCols: number;
  padTop: number;
  padLeft: number;
  outRows: number;
  outCols: number;
}

/**
 * A pass over a sequence of `steps` steps of `rows` rows; from the end with `reverse`. Its `states` (and an LSTM's `cells`) are
 * (steps + 1, rows, width): the one before step t is number t and the one after it t + 1, or the other way round in reverse.
 */
export interface SequenceView {
  steps: number;
  rows: number;
  width: number;
  reverse: boolean;
}

/**
 * What an optimizer's step does with each element: the arrays it keeps beside the parameter p and the numbers of the step.
 * g is the gradient as `GradientStep` says; null stands for an array that is not kept.
 */
export interface UpdateRules {
  /** `v = momentum v + inner g; p -= ofVelocity v + ofGradient g`; without velocity `p -= ofGradient g`. */
  sgd: {
    state: readonly [velocity: NDArray | null];
    numbers: readonly [momentum: number, inner: number, ofVelocity: number, ofGradient: number];
  };
  /** `s += g^2; p -= lr g / (sqrt(s) + epsilon)`. */
  adagrad: { state: readonly [sum: NDArray]; numbers: readonly [lr: number, epsilon: number] };
  /**
   * `s = decay s + rest g^2`, `m = decay m + rest g`, `u = g / (sqrt(s - m^2) + epsilon)` (without mean `sqrt(s)`),
   * `v = momentum v + u; p -= lr v`; without velocity `p -= lr u`.
   */
  rmsprop: {
    state: readonly [square: NDArray, mean: NDArray | null, velocity: NDArray | null];
    numbers: readonly [lr: number, decay: number, rest: number, epsilon: number, momentum: number];
  };
  /**
   * `m = beta1 m + rest1 g`, `s = beta2 s + rest2 g^2`, `l = max(l, s)` (without largest `s`),
   * `p -= (ofGradient g + ofMean m) / (sqrt(scale l) + epsilon)`.
   */
  adam: {
    state: readonly [mean: NDArray, square: NDArray, largest: NDArray | null];
    numbers: readonly [
      ofGradient: number,
      ofMean: number,
      beta1: number,
      rest1: number,
      beta2: number,
      rest2: number,
      scale: number,
      epsilon: number,
    ];
  };
  /** `s = decay s + rest g^2`, `u = sqrt(d + epsilon) / sqrt(s + epsilon) g`, `d = decay d + rest u^2; p -= lr u`. */
  adadelta: {
    state: readonly [square: NDArray, delta: NDArray];
    numbers: readonly [lr: number, decay: number, rest: number, epsilon: number];
  };
  /** `p -= lr sign(beta1 m + rest1 g); m = beta2 m + rest2 g`. */
  lion: {
    state: readonly [mean: NDArray];
    numbers: readonly [lr: number, beta1: number, rest1: number, beta2: number, rest2: number];
  };
}

/** The name of an optimizer's step. */
export type UpdateRule = keyof UpdateRules;

/** What becomes of the gradient and the parameter before the rule: `g = clamp(scale grad, -limit, limit) + decay p; p *= keep`. */
export interface GradientStep {
  scale: number;
  limit: number;
  decay: number;
  keep: number;
}

/**
 * The numeric kernels. Each implementation is one value of this type.
 *
 * Outputs are allocated by the caller; unless a line says otherwise every array is contiguous, shapes and dtypes have been
 * checked, and output and inputs do not overlap. A kernel that needs scratch allocates it before it reads any address.
 */
export interface Kernels {
  /** `out[...] = x[...]`: equal shapes, any strides on both sides, any two dtypes (to int32: toward zero; to bool: x != 0). */
  copy(x: NDArray, out: NDArray): void;
  /** Every element of `out` becomes `value`. */
  fill(out: NDArray, value: number): void;
  /** float32 and float64 for all; int32 for neg, abs, sign, square, relu. `out` may be `x`. */
  unary(op: UnaryOp, x: NDArray, out: NDArray): void;
  /**
   * `a` and `b` have the dtype of `out` and either its shape, with any strides (0 where they broadcast), or a single element.
   * `out` may be `a` or `b`.
   */
  binary(op: BinaryOp, a: NDArray, b: NDArray, out: NDArray): void;
  /** As `binary`, of any dtype, into a bool array. */
  compare(op: CompareOp, a: NDArray, b: NDArray, out: NDArray): void;
  /** `out = condition ? a : b`; condition is bool. Any strides on the inputs. */
  where(condition: NDArray, a: NDArray, b: NDArray, out: NDArray): void;
  /** (outer, length, inner) to (outer, inner). Sums of float32 are accurate as if pairwise. An empty sum is 0, an empty product 1. */
  reduce(op: ReduceOp, x: NDArray, view: AxisView, out: NDArray): void;
  /** (outer, length, inner) to (outer, inner) of int32. */
  argReduce(op: ArgReduceOp, x: NDArray, view: AxisView, out: NDArray): void;
  /** Running sums along `length`, of one dtype other than bool into the same; from the end with `reverse`. */
  cumsum(x: NDArray, view: AxisView, reverse: boolean, out: NDArray): void;
  /** Softmax along `length`, shifted by the maximum. */
  softmax(x: NDArray, view: AxisView, out: NDArray): void;
  /**
   * Softmax along the last axis of `x` (..., queries, keys) over the keys that are not later than the query when the last of both
   * belong together; 0 at the others.
   */
  causalSoftmax(x: NDArray, out: NDArray): void;
  /** log(softmax) along `length`, shifted by the maximum. */
  logSoftmax(x: NDArray, view: AxisView, out: NDArray): void;
  /** The gradient of softmax, of that of its output and the output: `y (gy - sum(gy y))` along `length`. */
  softmaxGrad(gy: NDArray, y: NDArray, view: AxisView, out: NDArray): void;
  /**
   * For each row of the logits `x` (rows, classes) minus the logarithm of softmax at its class, given by its flat position in `x`
   * (int32), to `out` (rows). `statistics` (rows, 2) gets what the gradient needs: the maximum of the row and ln(sum(e^(x - maximum))).
   */
  crossEntropy(x: NDArray, positions: NDArray, statistics: NDArray, out: NDArray): void;
  /** `scale` times the gradient of the sum of what `crossEntropy` gives: softmax minus 1 at the classes. */
  crossEntropyGrad(x: NDArray, positions: NDArray, statistics: NDArray, scale: number, out: NDArray): void;
  /**
   * `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each row of `x` (rows, width). `statistics` (rows, 2) gets the mean and
   * `1 / sqrt(variance + epsilon)`.
   */
  layerNorm(x: NDArray, gamma: NDArray, beta: NDArray, epsilon: number, statistics: NDArray, out: NDArray): void;
  /** The gradients of `layerNorm`: that of x to `gx`, those of gamma and beta to the rows of `sums` (2, width). */
  layerNormGrad(x: NDArray, gamma: NDArray, gy: NDArray, statistics: NDArray, gx: NDArray, sums: NDArray): void;
  /** The sums down the columns of `(x - mean)^2`, for `x` (rows, width) and numbers for each column (width,). */
  columnSquares(x: NDArray, mean: NDArray, out: NDArray): void;
  /** The sums down the columns of `gy (x - mean)` and of `gy`, to the rows of `sums` (2, width). */
  columnProducts(x: NDArray, mean: NDArray, gy: NDArray, sums: NDArray): void;
  /** `(x - mean) * scale + shift`, with a number of each for every column of `x` (rows, width). */
  normalizeColumns(x: NDArray, mean: NDArray, scale: NDArray, shift: NDArray, out: NDArray): void;
  /** `(gy - (x - mean) * slope - shift) * scale`, likewise. */
  normalizeColumnsGrad(
    x: NDArray,
    mean: NDArray,
    gy: NDArray,
    scale: NDArray,
    slope: NDArray,
    shift: NDArray,
    out: NDArray,
  ): void;
  /**
   * `(...batch, m, k) @ (...batch, k, n)` to `(...batch, m, n)`: float32, float64 or int32, any strides on the inputs, k may be 0.
   * Rows of `out` run, and may be further apart than they are long. `bias`, contiguous of shape (n,), is added to each row;
   * with `accumulate` the product is added to what `out` holds.
   */
  matmul(a: NDArray, b: NDArray, out: NDArray, bias?: NDArray | null, accumulate?: boolean): void;
  /** (N, rows, cols, channels) to (N * outRows * outCols, kernelRows * kernelCols * channels); taps outside the image are 0. */
  im2col(x: NDArray, window: Window2D, out: NDArray): void;
  /** The adjoint of `im2col`: adds the patches up into (N, rows, cols, channels); `out` need not be zero before. */
  col2im(patches: NDArray, window: Window2D, out: NDArray): void;
  /**
   * Cross-correlation of `x` (N, rows, cols, channels) with `W` (taps..., channels, n), whose last axes are channels and n, plus
   * `b` (n,): (N, outRows, outCols, n). Any dtype but bool, the same for all.
   */
  conv2d(x: NDArray, W: NDArray, b: NDArray | null, window: Window2D, out: NDArray): void;
  /** The adjoint of `conv2d` in `x`: from (N, outRows, outCols, n) to (N, rows, cols, channels). */
  conv2dGradInput(gy: NDArray, W: NDArray, window: Window2D, out: NDArray): void;
  /** The adjoint of `conv2d` in `W`. */
  conv2dGradWeight(x: NDArray, gy: NDArray, window: Window2D, out: NDArray): void;
  /** Largest tap inside the image (first of equals, NaN wins) and its flat position in `x`, int32, both (N, outRows, outCols, channels). */
  maxPool(x: NDArray, window: Window2D, out: NDArray, positions: NDArray): void;
  /** The adjoint of the choice `maxPool` made: adds `gy` to zeros at `positions`, each within the image of its window. */
  maxPoolGrad(gy: NDArray, positions: NDArray, window: Window2D, out: NDArray): void;
  /** Mean over the window with taps outside the image counted as 0. */
  averagePool(x: NDArray, window: Window2D, out: NDArray): void;
  /** The adjoint of `averagePool`: from (N, outRows, outCols, channels) to (N, rows, cols, channels). */
  averagePoolGrad(gy: NDArray, window: Window2D, out: NDArray): void;
  /** `out[i, :] = x[rows[i], :]` with x as (-1, width) of any dtype; `rows` is int32 and inside bounds. */
  takeRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void;
  /** `out[rows[i], :] += x[i, :]`, the adjoint of `takeRows`; `out` has been zeroed. */
  addRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void;
  /**
   * An LSTM over a sequence. `gates` (steps, rows, 4 width), in the order i, f, g, o, go from the input's share to their values;
   * `W` (width, 4 width) has any strides. `states` and `cells` are given for the beginning; `tanhs` are the tanh of each new cell.
   */
  lstm(view: SequenceView, gates: NDArray, W: NDArray, states: NDArray, cells: NDArray, tanhs: NDArray): void;
  /**
   * The gradient of `lstm` from that of the states after each step: `gGates` with respect to the input's share. `gh` and `gc` go
   * from the gradients of the last state and cell to those of the first.
   */
  lstmGrad(
    view: SequenceView,
    gy: NDArray,
    gates: NDArray,
    W: NDArray,
    cells: NDArray,
    tanhs: NDArray,
    gh: NDArray,
    gc: NDArray,
    gGates: NDArray,
  ): void;
  /**
   * A GRU over a sequence, in PyTorch's form. `gates` (steps, rows, 3 width), in the order r, z, n, go from the input's share to
   * their values; `W` (width, 3 width) has any strides; `bh` (3 width) is added to the share of the states.
   * `hidden` (steps, rows, width) is what the states give to n, before r scales it.
   */
  gru(view: SequenceView, gates: NDArray, W: NDArray, bh: NDArray, states: NDArray, hidden: NDArray): void;
  /** The gradient of `gru`, as of `lstm`: `gx` with respect to the input's share and `gShare` to that of the states. */
  gruGrad(
    view: SequenceView,
    gy: NDArray,
    gates: NDArray,
    W: NDArray,
    states: NDArray,
    hidden: NDArray,
    gh: NDArray,
    gx: NDArray,
    gShare: NDArray,
  ): void;
  /**
   * A plain RNN over a sequence. The states after each step go from the input's share to their values; `W` (width, width) has any
   * strides.
   */
  rnn(view: SequenceView, op: "tanh" | "relu", W: NDArray, states: NDArray): void;
  /** The gradient of `rnn`, as of `lstm`: `gx` with respect to the input's share. */
  rnnGrad(
    view: SequenceView,
    op: "tanh" | "relu",
    gy: NDArray,
    W: NDArray,
    states: NDArray,
    gh: NDArray,
    gx: NDArray,
  ): void;
  /** The sum of the squares of the elements of `x`, floating-point, in float64. */
  squareSum(x: NDArray): number;
  /**
   * One step of an optimizer in place: of `p` and of the arrays in `state`, all of one floating-point dtype and the shape of `p`.
   * With `rows` (int32, distinct, inside bounds) only of the rows of these, seen as (-1, width), that it names; `grad` is
   * (rows.size, width) then.
   */
  update<R extends UpdateRule>(
    rule: R,
    p: NDArray,
    grad: NDArray,
    rows: NDArray | null,
    step: GradientStep,
    state: UpdateRules[R]["state"],
    numbers: UpdateRules[R]["numbers"],
  ): void;
}
