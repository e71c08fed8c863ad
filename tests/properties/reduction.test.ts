import fc from "fast-check";
import { array } from "../../core/creation.js";
import * as F from "../../functions/index.js";
import { layouts } from "../functions/table/layouts.js";
import { positions } from "./model.js";

fc.configureGlobal({ seed: 1 });

type Reduce = (group: number[]) => number;
const product: Reduce = (group) => group.reduce((a, b) => a * b, 1);
const total: Reduce = (group) => group.reduce((a, b) => a + b, 0);

/** Reductions, and the same of a list; those of integers are exact. */
const REDUCTIONS: [name: string, f: typeof F.sum, reduce: Reduce, ofNothing: boolean][] = [
  ["sum", F.sum, total, true],
  ["prod", F.prod, product, true],
  ["max", F.max, (group) => Math.max(...group), false],
  ["min", F.min, (group) => Math.min(...group), false],
  ["mean", F.mean, (group) => total(group) / group.length, true],
];

/** The elements of each result, in the order of the results. */
function groups(shape: readonly number[], values: readonly number[], axes: readonly number[]): number[][] {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const results = positions(kept.map((axis) => shape[axis]!)).map((p) => ({ key: p.join(), group: [] as number[] }));
  const byKey = new Map(results.map((r) => [r.key, r.group]));
  positions(shape).forEach((p, i) => {
    byKey.get(kept.map((axis) => p[axis]).join())!.push(values[i]!);
  });
  return results.map((r) => r.group);
}

const cases = fc
  .array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 })
  .chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc.record({
      shape: fc.constant(shape),
      values: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: size, maxLength: size }),
      axes: fc.subarray(shape.map((_, axis) => axis)),
      order: fc.boolean(),
      negative: fc.boolean(),
      keepdims: fc.boolean(),
      layout: fc.integer({ min: -1, max: layouts.length - 1 }),
      dtype: fc.constantFrom("float64", "float32", "int32"),
    });
  })
  .filter(({ shape }) => shape.reduce((a, b) => a * b, 1) <= 200);

test.each(REDUCTIONS)("%s over any axes is what a loop over the elements gives", (name, f, reduce, ofNothing) => {
  fc.assert(
    fc.property(cases, ({ shape, values, axes, order, negative, keepdims, layout, dtype }) => {
      const plain = array(values, { dtype: dtype as "float64" }).reshape(shape);
      const x = layout < 0 ? plain : layouts[layout]![1](plain);
      const wanted = groups(shape, values, axes);
      const given = (order ? [...axes].reverse() : axes).map((axis) => (negative ? axis - shape.length : axis));
      const call = () => f(x, { axis: given, keepdims });
      if (!ofNothing && axes.some((axis) => shape[axis] === 0)) {
        expect(call).toThrow("no elements");
        return;
      }
      const y = call();
      expect(y.shape).toEqual(shape.flatMap((n, axis) => (!axes.includes(axis) ? [n] : keepdims ? [1] : [])));
      const expected = wanted.map(reduce);
      const exact = name !== "mean" || dtype === "float64";
      const results = exact ? expected : expected.map(Math.fround);
      expect(Array.from(y.toTypedArray()).map((v) => v + 0)).toEqual(results.map((v) => v + 0));
    }),
    { numRuns: 150 },
  );
});

test("argmax and argmin give the first of the largest and of the smallest", () => {
  fc.assert(
    fc.property(cases, fc.nat(3), ({ shape, values, layout, dtype }, which) => {
      fc.pre(shape.length > 0 && !shape.includes(0));
      const axis = which % shape.length;
      const plain = array(values, { dtype: dtype as "float64" }).reshape(shape);
      const x = layout < 0 ? plain : layouts[layout]![1](plain);
      const wanted = groups(shape, values, [axis]);
      expect(Array.from(F.argmax(x, { axis }).toTypedArray())).toEqual(wanted.map((g) => g.indexOf(Math.max(...g))));
      expect(Array.from(F.argmin(x, { axis }).toTypedArray())).toEqual(wanted.map((g) => g.indexOf(Math.min(...g))));
    }),
    { numRuns: 150 },
  );
});
