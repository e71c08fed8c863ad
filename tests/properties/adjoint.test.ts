import fc from "fast-check";
import { grad } from "../../core/backward.js";
import { array } from "../../core/creation.js";
import { Generator } from "../../core/rng.js";
import type { Shape } from "../../core/shape.js";
import { Variable } from "../../core/variable.js";
import { apply, leafArray, type Step } from "../fuzz/program.js";
import { drawnStep } from "./step.js";

fc.configureGlobal({ seed: 1 });

/** Operations that are linear in each operand, or with a constant added, when the others are held. */
const LINEAR = [
  "add",
  "sub",
  "mul",
  "neg",
  "affine",
  "scale",
  "where",
  "astype",
  "dropout",
  "sum",
  "mean",
  "cumsum",
  "reshape",
  "flatten",
  "transpose",
  "swapaxes",
  "squeeze",
  "expandDims",
  "broadcastTo",
  "sumTo",
  "pad",
  "flip",
  "roll",
  "repeat",
  "tile",
  "diagonal",
  "trace",
  "cat",
  "stack",
  "split",
  "unbind",
  "dilate",
  "getItem",
  "takeAlongAxis",
  "segmentSum",
  "embeddingBag",
  "matmul",
  "dot",
  "outer",
  "linear",
  "einsum",
  "conv2d",
  "conv1d",
  "deconv2d",
  "im2col",
  "col2im",
  "averagePool",
  "pad2d",
  "pad1d",
];

const g = new Generator(5);
function random(shape: Shape): Variable {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Variable(array(Float64Array.from({ length: size }, () => g.normal())).reshape(shape), true);
}

/** The inner product of two lists of arrays, and the sum of the magnitudes that go into it. */
function inner(as: readonly Variable[], bs: readonly Variable[]): { value: number; size: number } {
  let [value, size] = [0, 0];
  as.forEach((a, i) => {
    const [x, y] = [a.toTypedArray(), bs[i]!.toTypedArray()];
    for (let k = 0; k < x.length; k++) {
      value += x[k]! * y[k]!;
      size += Math.abs(x[k]! * y[k]!);
    }
  });
  return { value, size };
}

function expectEqualProducts(left: ReturnType<typeof inner>, right: ReturnType<typeof inner>): void {
  expect(Math.abs(left.value - right.value)).toBeLessThanOrEqual(1e-11 * (left.size + right.size) + 1e-13);
}

/** What the step makes of other operands in the place of the `which`-th. */
function applied(step: Step, xs: readonly Variable[], which: number, x: Variable): Variable[] {
  return apply(step, xs.with(which, x)).filter((y) => y.dtype === "float64");
}

test.each(LINEAR)("%s: <A x, y> is <x, A' y>, and the adjoint of the adjoint is A", (op) => {
  let cases = 0;
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      const found = drawnStep(op, seed);
      if (found === null) return;
      const { step, leaves } = found;
      const xs = leaves.map((leaf) => new Variable(leafArray(leaf), false));
      xs.forEach((x0, which) => {
        if (x0.dtype !== "float64") return;
        const zero = new Variable(array(new Float64Array(x0.size)).reshape(x0.shape), false);
        const x = random(x0.shape);
        const constant = applied(step, xs, which, zero);
        const Ax = applied(step, xs, which, x);
        const gys = Ax.map((y) => random(y.shape));
        if (!Ax.some((y) => y.requiresGrad)) return;
        // Without a graph, as `backward` computes it, and with one.
        const [plain] = grad(Ax, [x], { gradYs: gys });
        const again = applied(step, xs, which, x);
        const [gx] = grad(again, [x], { gradYs: gys, createGraph: true });
        const linear = Ax.map((y, i) => y.sub(constant[i]!));
        const left = inner(linear, gys);
        expectEqualProducts(left, inner([x], [plain!]));
        expectEqualProducts(left, inner([x], [gx!]));
        cases++;
        if (!gx!.requiresGrad) return;
        const v = random(x.shape);
        const back = grad([gx!], gys, { gradYs: [v], allowUnused: true });
        const Av = applied(step, xs, which, v).map((y, i) => y.sub(constant[i]!));
        expectEqualProducts(inner(Av, gys), inner(back, gys));
      });
    }),
    { numRuns: 24 },
  );
  expect(cases).toBeGreaterThan(2);
});
