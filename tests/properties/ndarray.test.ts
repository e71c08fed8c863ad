import fc from "fast-check";
import { array } from "../../core/creation.js";
import type { NDArray } from "../../core/ndarray.js";
import { type BasicIndex, ellipsis, newAxis, slice } from "../../core/slicing.js";
import { getItem } from "../../functions/index.js";
import { fresh, type Model, positions, valuesOf, view } from "./model.js";

fc.configureGlobal({ seed: 1 });

/** An NDArray beside its model. */
interface Pair {
  x: NDArray;
  model: Model;
}

/** A change of view, drawn for whatever shape it meets: `at` gives the i-th of some random numbers below n. */
type Draw = (n: number, i: number) => number;
const MOVES = ["transpose", "slice", "reshape", "broadcast", "newAxis", "integer", "write"] as const;
type Move = { kind: (typeof MOVES)[number]; numbers: number[] };

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const moves: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom(...MOVES),
  numbers: fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
});

function start(shape: number[]): Pair {
  const values = positions(shape).map((_, i) => i + 1);
  return { x: array(values, { dtype: "float64" }).reshape(shape), model: fresh(shape, values) };
}

/** Python's slicing, written out: `range(n)[start:stop:step]`. */
function pythonRange(n: number, from: number | null, to: number | null, step: number): number[] {
  const found: number[] = [];
  const clamp = (p: number, low: number, high: number) => Math.min(Math.max(p < 0 ? p + n : p, low), high);
  if (step > 0) {
    const stop = to === null ? n : clamp(to, 0, n);
    for (let p = from === null ? 0 : clamp(from, 0, n); p < stop; p += step) found.push(p);
  } else {
    const stop = to === null ? -1 : clamp(to, -1, n - 1);
    for (let p = from === null ? n - 1 : clamp(from, -1, n - 1); p > stop; p += step) found.push(p);
  }
  return found;
}

function shuffled(n: number, at: Draw): number[] {
  const rest = Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: n }, (_, i) => rest.splice(at(rest.length, i), 1)[0]!);
}

function moved({ x, model }: Pair, { kind, numbers }: Move): Pair {
  const at: Draw = (n, i) => numbers[i % numbers.length]! % n;
  const { shape } = model;
  switch (kind) {
    case "transpose": {
      const axes = shuffled(shape.length, at);
      const signed = axes.map((axis, i) => (at(2, i + 5) === 0 ? axis : axis - shape.length));
      const from = (p: number[]) => shape.map((_, axis) => p[axes.indexOf(axis)]!);
      return {
        x: x.transpose(signed),
        model: view(
          model,
          axes.map((axis) => shape[axis]!),
          from,
        ),
      };
    }
    case "slice": {
      const items = shape.map((n, axis) => {
        const bound = (i: number) => (at(3, i) === 0 ? null : at(2 * n + 5, i + 1) - n - 2);
        return { from: bound(axis), to: bound(axis + 4), step: [1, 1, 2, 3, -1, -2][at(6, axis + 2)]! };
      });
      const taken = items.map(({ from, to, step }, axis) => pythonRange(shape[axis]!, from, to, step));
      return {
        x: x.slice(...items.map(({ from, to, step }) => slice(from, to, step))),
        model: view(
          model,
          taken.map((t) => t.length),
          (p) => p.map((i, axis) => taken[axis]![i]!),
        ),
      };
    }
    case "reshape": {
      const flat = model.places.length;
      const next = flat === 0 ? [...shape, 1].reverse() : [flat / (flat % 2 === 0 ? 2 : 1), flat % 2 === 0 ? 2 : 1];
      // A view where the elements lie in order, else a copy.
      const isView = x.contiguous;
      const values = valuesOf(model);
      return {
        x: x.reshape(next),
        model: isView ? { ...model, shape: next } : { ...fresh(next, values) },
      };
    }
    case "broadcast": {
      if (model.places.length > 200 || shape.length > 4) return { x, model };
      const next = [1 + at(2, 0), ...shape.map((n, axis) => (n === 1 ? 1 + at(3, axis) : n))];
      const from = (p: number[]) => shape.map((n, axis) => (n === 1 ? 0 : p[axis + 1]!));
      return { x: x.broadcastTo(next), model: view(model, next, from) };
    }
    case "newAxis": {
      const after = at(shape.length + 1, 0);
      const next = [...shape.slice(0, after), 1, ...shape.slice(after)];
      const indices: BasicIndex[] =
        after === shape.length ? [ellipsis, newAxis] : [...shape.slice(0, after).map(() => slice()), newAxis];
      return { x: x.slice(...indices), model: view(model, next, (p) => p.toSpliced(after, 1)) };
    }
    case "integer": {
      const axis = shape.findIndex((n) => n > 0);
      if (axis < 0) return { x, model };
      const index = at(2 * shape[axis]!, 0) - shape[axis]!;
      const positive = (index + shape[axis]!) % shape[axis]!;
      const indices = [...shape.slice(0, axis).map(() => slice()), index];
      return {
        x: x.slice(...indices),
        model: view(model, shape.toSpliced(axis, 1), (p) => p.toSpliced(axis, 0, positive)),
      };
    }
    case "write": {
      if (new Set(model.places).size < model.places.length) return { x, model };
      const values = model.places.map((_, i) => 1000 + at(1000, i) + i);
      x.assign(array(values, { dtype: "float64" }).reshape(model.shape));
      model.places.forEach((place, i) => {
        model.memory[place] = values[i]!;
      });
      return { x, model };
    }
  }
}

function expectSame({ x, model }: Pair): void {
  expect(x.shape).toEqual(model.shape);
  expect(Array.from(x.toTypedArray())).toEqual(valuesOf(model));
}

test("views of views are what a naive model says, and writing through any of them is seen by all", () => {
  fc.assert(
    fc.property(shapes, fc.array(moves, { maxLength: 8 }), (shape, steps) => {
      const history = [start(shape)];
      for (const step of steps) history.push(moved(history.at(-1)!, step));
      history.forEach(expectSame);
    }),
    { numRuns: 600 },
  );
});

test("a view counts as contiguous exactly when its elements lie one after the other", () => {
  fc.assert(
    fc.property(shapes, fc.array(moves, { maxLength: 6 }), (shape, steps) => {
      let pair = start(shape);
      for (const step of steps) pair = moved(pair, step);
      const { places } = pair.model;
      const inOrder = places.every((place, i) => place === places[0]! + i);
      // Of an empty array nothing can be said.
      if (places.length > 0) expect(pair.x.contiguous).toBe(inOrder);
    }),
    { numRuns: 400 },
  );
});

const ids = (n: number) => fc.array(fc.integer({ min: -n, max: n - 1 }), { minLength: 1, maxLength: 5 });

test("getItem by arrays on two axes, a slice on the third, is what loops pick", () => {
  fc.assert(
    fc.property(
      ids(4),
      fc.nat(2),
      fc.integer({ min: -5, max: 5 }),
      fc.constantFrom(1, 2, -1),
      (rows, gap, from, step) => {
        const values = positions([4, 3, 5]).map((_, i) => i);
        const x = array(values, { dtype: "float64" }).reshape([4, 3, 5]);
        const cols = rows.map((r) => (r + 8) % 3);
        const taken = pythonRange(5, from, null, step);
        const wrapped = rows.map((r) => (r + 4) % 4);
        const at = (i: number, j: number, k: number) => (i * 3 + j) * 5 + k;
        const item = slice(from, null, step);
        // Arrays side by side stand where the first one stood; apart they come first.
        const beside = getItem(x, rows, cols, item);
        expect(beside.shape).toEqual([rows.length, taken.length]);
        expect(Array.from(beside.toTypedArray())).toEqual(
          wrapped.flatMap((r, i) => taken.map((k) => at(r, cols[i]!, k))),
        );
        const last = rows.map((r) => (r + 8 + gap) % 5);
        const apart = getItem(x, rows, slice(), last);
        expect(apart.shape).toEqual([rows.length, 3]);
        expect(Array.from(apart.toTypedArray())).toEqual(
          wrapped.flatMap((r, i) => [0, 1, 2].map((j) => at(r, j, last[i]!))),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test("getItem by a mask picks what is true, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (mask) => {
      const x = array(
        mask.map((_, i) => i),
        { dtype: "int32" },
      ).reshape([3, 4]);
      const picked = getItem(x, array(mask).reshape([3, 4]));
      expect(Array.from(picked.toTypedArray())).toEqual(mask.flatMap((taken, i) => (taken ? [i] : [])));
    }),
    { numRuns: 200 },
  );
});
