import {
  derivative,
  elementsOf,
  firstMapping,
  float64Values,
  gradOf,
  type Mapping,
  toVariable,
  type Values,
} from "./derivative.js";
import { type Line, lineVerdict, type Tolerance } from "./differences.js";
import { isFloat } from "./dtype.js";
import { ArgumentError, GradcheckError } from "./errors.js";
import { checkOptions } from "./options.js";
import { Generator } from "./rng.js";
import { type Shape, shapeText, stridesOf } from "./shape.js";
import { asVariable, type Operand, type Variable } from "./variable.js";

/** Options of `gradcheck`. */
export interface GradcheckOptions {
  /** 1 checks gradients, 2 also gradients of gradients, and so on; 1 unless given. */
  order?: number;
  /** Step of the differences, times max(1, |x|); 1e-5 unless given. */
  eps?: number;
  /** Absolute tolerance; 1e-7 unless given. */
  atol?: number;
  /** Relative tolerance; 1e-6 unless given. */
  rtol?: number;
  /** Of the generator behind cotangents, directions and samples, which is not the global one; 0 unless given. */
  seed?: number;
  /** Elements of each input that are checked, drawn at random when it has more; 100 unless given. */
  samples?: number;
}

/** A gradient that differs, in words, or that a kink lies at the point. */
type Finding = "kink" | { message: string };

/** How often the point is moved away from a kink. */
const ATTEMPTS = 6;

/**
 * Compares the gradients of `f` at `inputs` with central differences of its values, in float64, and returns true.
 *
 * `f` takes Variables and returns one or several; floating-point inputs become float64 copies that require a gradient,
 * others are passed as constants. With random cotangents c, each element of `grad(ys, xs, { gradYs: c })` is compared with
 * the central difference of `<c, f(x)>`, and their inner product with a random direction of all inputs with the difference
 * along it. Order 2 then does the same for the function `(x, c) -> grad(f(x), x, { gradYs: c, createGraph: true })`.
 * Where one-sided differences disagree, the function has a kink: the point is moved a little and tried again.
 * A function that draws random numbers must call `seed` first.
 * @throws GradcheckError naming function, order, argument, index, analytic and numeric value; or when the values are not
 * finite, or not the same twice. ArgumentError when there is nothing to check, or an option is out of range.
 */
export function gradcheck(
  f: (...xs: Variable[]) => Variable | readonly Variable[],
  inputs: readonly Operand[],
  options: GradcheckOptions = {},
): true {
  checkOptions("gradcheck", options, ["order", "eps", "atol", "rtol", "seed", "samples"]);
  const { order = 1, eps = 1e-5, atol = 1e-7, rtol = 1e-6, seed = 0, samples = 100 } = options;
  for (const [name, value] of Object.entries({ order, samples })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ArgumentError(`gradcheck: expected an integer of 1 or more for ${name}, got ${String(value)}`);
    }
  }
  for (const [name, value] of Object.entries({ eps, atol, rtol })) {
    if (!(value > 0 && value < 1)) {
      throw new ArgumentError(`gradcheck: expected a number between 0 and 1 for ${name}, got ${String(value)}`);
    }
  }
  const generator = new Generator(seed);
  const constants = inputs.map((x) => asVariable("gradcheck", x).detach());
  const differentiable = constants.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  if (differentiable.length === 0) {
    const dtypes = constants.map((x) => x.dtype).join(", ");
    throw new ArgumentError(
      `gradcheck: no input is floating-point: got ${dtypes || "no inputs"}; expected float32 or float64`,
    );
  }
  let point = differentiable.map((i) => float64Values(inputs[i]!));
  let mapping = firstMapping(f, constants, differentiable, point);
  for (;;) {
    const cotangents = new Check(mapping, generator, { eps, atol, rtol }, samples).run(point);
    if (mapping.order === order) return true;
    mapping = derivative(mapping, point.length, cotangents.length);
    point = [...point, ...cotangents];
  }
}

/** The comparison for one order. */
class Check {
  constructor(
    private readonly mapping: Mapping,
    private readonly generator: Generator,
    private readonly tolerance: Tolerance,
    private readonly samples: number,
  ) {}

  /** Returns the cotangents, at which the next order is checked. */
  run(start: readonly Values[]): Values[] {
    const ys = this.evaluate(start);
    this.checkOutputs(ys);
    const cotangents = ys.map((y) => ({ ...y, elements: this.random(y.elements.length) }));
    let point = start;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const finding = this.compare(point, cotangents);
      if (finding === null) return cotangents;
      if (finding !== "kink") throw new GradcheckError(`${this.prefix()}: ${finding.message}`);
      point = start.map((x) => this.moved(x, 1e-3 * attempt));
    }
    throw new GradcheckError(
      `${this.prefix()}: one-sided differences disagree, or are not finite, at the inputs and at ${ATTEMPTS - 1} points near them; ` +
        "expected a function that is differentiable almost everywhere and computed in float64",
    );
  }

  private compare(point: readonly Values[], cotangents: readonly Values[]): Finding | null {
    const { gradients, connected } = this.analytic(point, cotangents);
    const y0 = this.weighted(point, cotangents);
    for (let i = 0; i < point.length; i++) {
      const finding = this.compareInput(i, point, cotangents, y0, gradients[i]!, connected);
      if (finding !== null) return finding;
    }
    return this.compareDirection(point, cotangents, y0, gradients);
  }

  private compareInput(
    i: number,
    point: readonly Values[],
    cotangents: readonly Values[],
    y0: Float64Array,
    gradient: Float64Array,
    connected: boolean,
  ): Finding | null {
    const x = point[i]!;
    for (const flat of this.chosen(x.elements.length)) {
      const value = x.elements[flat]!;
      const at = (t: number) => {
        const elements = x.elements.slice();
        elements[flat] = value + t;
        return this.weighted(point.with(i, { ...x, elements }), cotangents);
      };
      const line: Line = { y0, at, step: this.tolerance.eps * Math.max(1, Math.abs(value)) };
      const verdict = lineVerdict(line, gradient[flat]!, this.tolerance);
      if (verdict === "kink") return "kink";
      if (verdict === "agrees") continue;
      const where = x.shape.length === 0 ? "" : ` at index ${shapeText(multiIndex(flat, x.shape))} (flat ${flat})`;
      return {
        message:
          `the gradient for ${this.mapping.argumentNames[i]} of shape ${shapeText(x.shape)} is wrong${where}: ` +
          `analytic ${gradient[flat]}, numeric ${verdict.numeric}; expected a difference of at most ${verdict.allowed.toExponential(1)}` +
          (connected ? "" : " (no graph leads from an input to an output)"),
      };
    }
    return null;
  }

  /** Also covers the elements that were not chosen. */
  private compareDirection(
    point: readonly Values[],
    cotangents: readonly Values[],
    y0: Float64Array,
    gradients: readonly Float64Array[],
  ): Finding | null {
    const directions = point.map((x) =>
      this.random(x.elements.length).map((d, k) => d * Math.max(1, Math.abs(x.elements[k]!))),
    );
    const at = (t: number) => {
      const moved = point.map((x, i) => ({ ...x, elements: x.elements.map((v, k) => v + t * directions[i]![k]!) }));
      return this.weighted(moved, cotangents);
    };
    const analytic = gradients.reduce((sum, g, i) => sum + g.reduce((s, v, k) => s + v * directions[i]![k]!, 0), 0);
    const verdict = lineVerdict({ y0, at, step: this.tolerance.eps }, analytic, this.tolerance);
    if (verdict === "agrees" || verdict === "kink") return verdict === "kink" ? verdict : null;
    return {
      message:
        `the gradients of all ${point.length} arguments are wrong along a random direction: ` +
        `analytic inner product ${analytic}, numeric ${verdict.numeric}; expected a difference of at most ${verdict.allowed.toExponential(1)}`,
    };
  }

  private analytic(point: readonly Values[], cotangents: readonly Values[]) {
    const xs = point.map(toVariable);
    const ys = this.mapping.call(xs, true);
    const gradients = gradOf(ys, xs, cotangents.map(toVariable), false);
    for (let i = 0; i < xs.length; i++) {
      const values = elementsOf(gradients[i]!);
      const bad = values.findIndex((v) => !Number.isFinite(v));
      if (bad >= 0) {
        throw new GradcheckError(
          `${this.prefix()}: the gradient for ${this.mapping.argumentNames[i]} of shape ${shapeText(xs[i]!.shape)} is ` +
            `${values[bad]} at index ${shapeText(multiIndex(bad, xs[i]!.shape))} (flat ${bad}); expected finite gradients`,
        );
      }
    }
    return { gradients: gradients.map(elementsOf), connected: ys.some((y) => y.requiresGrad) };
  }

  private evaluate(point: readonly Values[]): Values[] {
    return this.mapping
      .call(point.map(toVariable), false)
      .map((y) => ({ shape: y.shape, dtype: y.dtype, elements: elementsOf(y) }));
  }

  /** All outputs, each element times its cotangent: they are only added up after elements that do not move have cancelled. */
  private weighted(point: readonly Values[], cotangents: readonly Values[]): Float64Array {
    const ys = this.mapping.call(point.map(toVariable), false).map(elementsOf);
    if (ys.length !== cotangents.length || ys.some((y, j) => y.length !== cotangents[j]!.elements.length)) {
      throw new GradcheckError(
        `${this.prefix()}: the number or the shapes of the outputs change with the values of the inputs`,
      );
    }
    const all = new Float64Array(ys.reduce((sum, y) => sum + y.length, 0));
    let next = 0;
    ys.forEach((y, j) => {
      for (let k = 0; k < y.length; k++) all[next++] = y[k]! * cotangents[j]!.elements[k]!;
    });
    return all;
  }

  private checkOutputs(ys: readonly Values[]): void {
    ys.forEach((y, j) => {
      const bad = y.elements.findIndex((v) => !Number.isFinite(v));
      if (bad < 0) return;
      throw new GradcheckError(
        `${this.prefix()}: output ${j} of shape ${shapeText(y.shape)} is ${y.elements[bad]} at index ` +
          `${shapeText(multiIndex(bad, y.shape))} (flat ${bad}); expected finite values at the inputs`,
      );
    });
  }

  /** Numbers of either sign and never near 0, so that each of them shows. */
  private random(size: number): Float64Array {
    return Float64Array.from({ length: size }, () => {
      const sign = this.generator.bits() & 1 ? 1 : -1;
      return sign * (0.5 + this.generator.uniform());
    });
  }

  private moved(x: Values, scale: number): Values {
    const shifts = this.random(x.elements.length);
    return { ...x, elements: x.elements.map((v, k) => v + scale * Math.max(1, Math.abs(v)) * shifts[k]!) };
  }

  private chosen(size: number): Iterable<number> {
    if (size <= this.samples) return Array.from({ length: size }, (_, k) => k);
    return this.generator.permutation(size).slice(0, this.samples).sort();
  }

  private prefix(): string {
    return `gradcheck of ${this.mapping.name}, order ${this.mapping.order}`;
  }
}

function multiIndex(flat: number, shape: Shape): number[] {
  const strides = stridesOf(shape);
  return shape.map((n, i) => Math.floor(flat / strides[i]!) % n);
}
