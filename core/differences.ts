/** A function of one number t, seen near t = 0: the terms of a sum, of which those that t does not move cancel exactly. */
export interface Line {
  /** The terms at t = 0. */
  readonly y0: Float64Array;
  at(t: number): Float64Array;
  /** The step of the differences. */
  readonly step: number;
}

/** Step and tolerances of a comparison. */
export interface Tolerance {
  eps: number;
  atol: number;
  rtol: number;
}

/** That a derivative is right, that the function has a kink near t = 0, or what the derivative is instead. */
export type Verdict = "agrees" | "kink" | { numeric: number; allowed: number };

interface Differences {
  forward: number;
  backward: number;
  central: number;
  /** What rounding of the terms may add to `central`. */
  rounding: number;
}

/**
 * Compares `derivative` with differences along a line. When the central difference disagrees, steps of a half and a quarter
 * tell why: along a smooth line the gap between the one-sided differences shrinks with the step and the central ones
 * converge, around a kink or a jump they do not. Without a kink, Romberg's extrapolation of the three has the last word, since it is exact to the sixth order.
 */
export function lineVerdict(line: Line, derivative: number, tolerance: Tolerance): Verdict {
  const { step } = line;
  const whole = differences(line, step);
  if (!Number.isFinite(whole.central)) return "kink";
  if (Math.abs(derivative - whole.central) <= allowed(derivative, whole, tolerance)) return "agrees";
  const half = differences(line, step / 2);
  const quarter = differences(line, step / 4);
  const limit = allowed(derivative, quarter, tolerance);
  const smooth = gapShrinks(whole, half, 2, limit) && gapShrinks(whole, quarter, 4, limit);
  if (!smooth || !converges(whole.central, half.central, quarter.central, limit)) return "kink";
  const numeric = (64 * quarter.central - 20 * half.central + whole.central) / 45;
  return Math.abs(derivative - numeric) <= limit ? "agrees" : { numeric, allowed: limit };
}

function allowed(derivative: number, { central, rounding }: Differences, { atol, rtol }: Tolerance): number {
  return atol + rtol * Math.max(Math.abs(derivative), Math.abs(central)) + rounding;
}

/** Whether forward minus backward difference is proportional to the step, as a finite second derivative makes it. */
function gapShrinks(whole: Differences, smaller: Differences, ratio: number, limit: number): boolean {
  const gap = whole.forward - whole.backward;
  const expected = gap / ratio;
  return Math.abs(smaller.forward - smaller.backward - expected) <= 4 * limit + 0.05 * Math.abs(gap);
}

/** Whether halving the step twice changes less the second time: a quarter as much on a smooth line, twice as much at a jump. */
function converges(whole: number, half: number, quarter: number, limit: number): boolean {
  return Math.abs(quarter - half) <= 0.5 * Math.abs(half - whole) + 4 * limit;
}

function differences({ y0, at }: Line, step: number): Differences {
  const above = at(step);
  const below = at(-step);
  let forward = 0;
  let backward = 0;
  let central = 0;
  let moving = 0;
  for (let k = 0; k < y0.length; k++) {
    const [low, middle, high] = [below[k]!, y0[k]!, above[k]!];
    if (low === middle && middle === high) continue;
    forward += high - middle;
    backward += middle - low;
    central += high - low;
    moving += Math.abs(middle);
  }
  return {
    forward: forward / step,
    backward: backward / step,
    central: central / (2 * step),
    rounding: (8 * Number.EPSILON * moving) / step,
  };
}
