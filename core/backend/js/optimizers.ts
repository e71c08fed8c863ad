import type { NDArray } from "../../ndarray.js";
import { type Elements, elementsOf, firstIndex } from "../elements.js";
import type { GradientStep, UpdateRule, UpdateRules } from "../kernels.js";

/** `Kernels.squareSum`. */
export function squareSum(x: NDArray): number {
  const elements = elementsOf(x.dtype);
  const from = firstIndex(x);
  let sum = 0;
  for (let i = from; i < from + x.size; i++) sum += elements[i]! ** 2;
  return sum;
}

/** The elements of an array that an optimizer keeps, from `first` on; null when it does not keep it. */
type Kept = { readonly elements: Elements; readonly first: number } | null;

/** What a rule subtracts from an element, from its gradient, the arrays kept, where in them the element is, and its numbers. */
type Change<N> = (g: number, kept: readonly Kept[], at: number, numbers: N) => number;

const RULES: { readonly [R in UpdateRule]: Change<UpdateRules[R]["numbers"]> } = {
  sgd: (g, [velocity], at, [momentum, inner, ofVelocity, ofGradient]) => {
    if (!velocity) return ofGradient * g;
    return ofVelocity * put(velocity, at, momentum * get(velocity, at) + inner * g) + ofGradient * g;
  },
  adagrad: (g, [sum], at, [lr, epsilon]) => (lr * g) / (Math.sqrt(put(sum!, at, get(sum!, at) + g * g)) + epsilon),
  rmsprop: (g, [square, mean, velocity], at, [lr, decay, rest, epsilon, momentum]) => {
    let s = put(square!, at, decay * get(square!, at) + rest * g * g);
    // Rounding can take the variance of equal gradients below 0.
    if (mean) s = Math.max(0, s - put(mean, at, decay * get(mean, at) + rest * g) ** 2);
    const u = g / (Math.sqrt(s) + epsilon);
    return lr * (velocity ? put(velocity, at, momentum * get(velocity, at) + u) : u);
  },
  adam: (g, [mean, square, largest], at, [ofGradient, ofMean, beta1, rest1, beta2, rest2, scale, epsilon]) => {
    const m = put(mean!, at, beta1 * get(mean!, at) + rest1 * g);
    let s = put(square!, at, beta2 * get(square!, at) + rest2 * g * g);
    if (largest) s = put(largest, at, Math.max(get(largest, at), s));
    return (ofGradient * g + ofMean * m) / (Math.sqrt(scale * s) + epsilon);
  },
  adadelta: (g, [square, delta], at, [lr, decay, rest, epsilon]) => {
    const s = put(square!, at, decay * get(square!, at) + rest * g * g);
    const d = get(delta!, at);
    const u = (Math.sqrt(d + epsilon) / Math.sqrt(s + epsilon)) * g;
    put(delta!, at, decay * d + rest * u * u);
    return lr * u;
  },
  lion: (g, [mean], at, [lr, beta1, rest1, beta2, rest2]) => {
    const m = get(mean!, at);
    put(mean!, at, beta2 * m + rest2 * g);
    return lr * Math.sign(beta1 * m + rest1 * g);
  },
};

/** `Kernels.update`. */
export function update<R extends UpdateRule>(
  rule: R,
  p: NDArray,
  grad: NDArray,
  rows: NDArray | null,
  step: GradientStep,
  state: UpdateRules[R]["state"],
  numbers: UpdateRules[R]["numbers"],
): void {
  const kept = state.map((x): Kept => (x === null ? null : { elements: elementsOf(x.dtype), first: firstIndex(x) }));
  if (rows === null) {
    updateRun(rule, p, grad, 0, 0, p.size, step, kept, numbers);
    return;
  }
  const width = rows.size === 0 ? 0 : grad.size / rows.size;
  const indices = elementsOf("int32");
  const first = firstIndex(rows);
  for (let r = 0; r < rows.size; r++) {
    updateRun(rule, p, grad, indices[first + r]! * width, r * width, width, step, kept, numbers);
  }
}

/** The step of `count` elements from `from` on, whose gradients are from `ofGradient` on. */
function updateRun<R extends UpdateRule>(
  rule: R,
  p: NDArray,
  grad: NDArray,
  from: number,
  ofGradient: number,
  count: number,
  { scale, limit, decay, keep }: GradientStep,
  kept: readonly Kept[],
  numbers: UpdateRules[R]["numbers"],
): void {
  const change: Change<typeof numbers> = RULES[rule];
  const elements = elementsOf(p.dtype);
  const ip = firstIndex(p) + from;
  const ig = firstIndex(grad) + ofGradient;
  for (let k = 0; k < count; k++) {
    const x = elements[ip + k]!;
    const g = Math.max(-limit, Math.min(limit, scale * elements[ig + k]!)) + decay * x;
    elements[ip + k] = keep * x - change(g, kept, from + k, numbers);
  }
}

function get(kept: NonNullable<Kept>, at: number): number {
  return kept.elements[kept.first + at]!;
}

/** Writes `value` and gives it back. */
function put(kept: NonNullable<Kept>, at: number, value: number): number {
  kept.elements[kept.first + at] = value;
  return value;
}
