import * as F from "../../../functions/index.js";
import { type Json, type Operation, operation, py } from "../operation.js";

const any = { anyDtype: true } as const;

/** Functions that only move or repeat elements. */
export const shapes: Record<string, Operation<Json>> = {
  reshape: operation<{ shape: number[] }>({
    functions: ["reshape"],
    draw: (d) => {
      const x = d.operand(any);
      const { size } = d.values[x]!;
      const shape = d.factors(size, d.integer(size === 1 ? 0 : 1, 4));
      if (size > 0 && shape.length > 0 && d.chance(0.3)) shape[d.integer(0, shape.length - 1)] = -1;
      return { args: [x], params: { shape } };
    },
    run: ([x], { shape }) => F.reshape(x!, shape),
    torch: ({ shape }) => `x0.reshape(${py(shape)})`,
  }),
  flatten: operation<Record<string, never>>({
    functions: ["flatten"],
    draw: (d) => ({ args: [d.operand(any)], params: {} }),
    run: ([x]) => F.flatten(x!),
    torch: () => "x0.reshape(-1)",
  }),
  transpose: operation<{ axes: number[] | null }>({
    functions: ["transpose"],
    draw: (d) => {
      const x = d.operand(any);
      const { ndim } = d.values[x]!;
      const axes = d.permutation(ndim).map((axis) => (d.chance(0.3) ? axis - ndim : axis));
      return { args: [x], params: { axes: d.chance(0.3) ? null : axes } };
    },
    run: ([x], { axes }) => F.transpose(x!, axes ?? undefined),
    torch: ({ axes }) => (axes === null ? "x0.permute(tuple(reversed(range(x0.ndim))))" : `x0.permute(${py(axes)})`),
  }),
  swapaxes: operation<{ a: number; b: number }>({
    functions: ["swapaxes"],
    draw: (d) => {
      const x = d.operand({ ...any, least: 1 });
      const { ndim } = d.values[x]!;
      return { args: [x], params: { a: d.integer(-ndim, ndim - 1), b: d.integer(-ndim, ndim - 1) } };
    },
    run: ([x], { a, b }) => F.swapaxes(x!, a, b),
    torch: ({ a, b }) => `x0.transpose(${a}, ${b})`,
  }),
  squeeze: operation<{ axis: number[] | null }>({
    functions: ["squeeze"],
    draw: (d) => {
      const x = d.operand({ ...any, fits: ({ shape }) => shape.includes(1) });
      const ones = d.values[x]!.shape.flatMap((n, i) => (n === 1 && d.chance(0.7) ? [i] : []));
      return { args: [x], params: { axis: d.chance(0.5) ? null : ones } };
    },
    run: ([x], { axis }) => F.squeeze(x!, axis === null ? {} : { axis }),
    torch: ({ axis }) => `squeezed(x0, ${py(axis)})`,
  }),
  expandDims: operation<{ axis: number[] }>({
    functions: ["expandDims"],
    draw: (d) => {
      const x = d.operand({ ...any, fits: ({ ndim }) => ndim < 4 });
      const ndim = d.values[x]!.ndim + d.integer(1, 2);
      return { args: [x], params: { axis: d.permutation(ndim).slice(0, ndim - d.values[x]!.ndim) } };
    },
    run: ([x], { axis }) => F.expandDims(x!, axis.length === 1 ? axis[0]! : axis),
    torch: ({ axis }) => `expanded(x0, ${py([...axis].sort((a, b) => a - b))})`,
  }),
  broadcastTo: operation<{ shape: number[] }>({
    functions: ["broadcastTo"],
    draw: (d) => {
      const x = d.operand(any);
      const longer = d.values[x]!.shape.map((n) => (n === 1 && d.chance(0.8) ? d.length() : n));
      return { args: [x], params: { shape: d.chance(0.5) ? [d.integer(0, 3), ...longer] : longer } };
    },
    run: ([x], { shape }) => F.broadcastTo(x!, shape),
    torch: ({ shape }) => `x0.expand(${py(shape)})`,
  }),
  sumTo: operation<{ shape: number[] }>({
    functions: ["sumTo"],
    draw: (d) => {
      const x = d.operand();
      const { shape } = d.values[x]!;
      const shorter = shape.map((n) => (d.chance(0.4) ? 1 : n)).slice(d.integer(0, shape.length));
      return { args: [x], params: { shape: shorter } };
    },
    run: ([x], { shape }) => F.sumTo(x!, shape),
    torch: ({ shape }) => `sum_to(x0, ${py(shape)})`,
  }),
  pad: operation<{ widths: [number, number][]; value: number }>({
    functions: ["pad"],
    draw: (d) => {
      const x = d.operand({ least: 1 });
      const widths = d.values[x]!.shape.map(() => d.integers(2, 0, 2) as [number, number]);
      return { args: [x], params: { widths, value: d.chance(0.5) ? 0 : d.number(-1, 1) } };
    },
    run: ([x], { widths, value }) => F.pad(x!, widths, { value }),
    torch: ({ widths, value }) => `around(x0, ${py([...widths].reverse().flat())}, float(${value}))`,
  }),
  flip: operation<{ axis: number[] }>({
    functions: ["flip"],
    draw: (d) => {
      const x = d.operand({ ...any, least: 1 });
      const { ndim } = d.values[x]!;
      return { args: [x], params: { axis: d.permutation(ndim).slice(0, d.integer(0, ndim)) } };
    },
    run: ([x], { axis }) => F.flip(x!, { axis }),
    torch: ({ axis }) => `torch.flip(x0, ${py(axis)})`,
  }),
  roll: operation<{ shift: number[]; axis: number[] | null }>({
    functions: ["roll"],
    draw: (d) => {
      const x = d.operand({ ...any, least: 1 });
      const { ndim } = d.values[x]!;
      const axis = d.permutation(ndim).slice(0, d.integer(1, ndim));
      if (d.chance(0.2)) return { args: [x], params: { shift: [d.integer(-5, 5)], axis: null } };
      return { args: [x], params: { shift: d.integers(axis.length, -5, 5), axis } };
    },
    run: ([x], { shift, axis }) => F.roll(x!, shift, axis === null ? {} : { axis }),
    torch: ({ shift, axis }) => `torch.roll(x0, ${py(shift)}, ${py(axis)})`,
  }),
  repeat: operation<{ n: number | number[]; axis: number | null }>({
    functions: ["repeat"],
    draw: (d) => {
      const x = d.operand({ ...any, least: 1 });
      const { ndim, shape, size } = d.values[x]!;
      if (d.chance(0.2)) return { args: [x], params: { n: d.integer(0, 3), axis: null } };
      const axis = d.integer(-ndim, ndim - 1);
      const each = d.integers(shape.at(axis)!, 0, 3);
      return { args: [x], params: { n: size > 0 && d.chance(0.5) ? each : d.integer(0, 3), axis } };
    },
    run: ([x], { n, axis }) => F.repeat(x!, n, axis === null ? {} : { axis }),
    torch: ({ n, axis }) =>
      `torch.repeat_interleave(x0, ${typeof n === "number" ? n : `torch.tensor([${n}], dtype=torch.int64)`}, dim=${py(axis)})`,
  }),
  tile: operation<{ reps: number[] }>({
    functions: ["tile"],
    draw: (d) => ({ args: [d.operand(any)], params: { reps: d.integers(d.integer(1, 3), 0, 3) } }),
    run: ([x], { reps }) => F.tile(x!, reps.length === 1 ? reps[0]! : reps),
    torch: ({ reps }) => `torch.tile(x0, ${py(reps)})`,
  }),
  diagonal: operation<{ offset: number; axis1: number; axis2: number }>({
    functions: ["diagonal"],
    draw: (d) => {
      const x = d.operand({ ...any, least: 2 });
      const [axis1, axis2] = d.permutation(d.values[x]!.ndim);
      const offset = d.chance(0.5) ? 0 : d.integer(-2, 2);
      return { args: [x], params: { offset, axis1: axis1!, axis2: axis2! } };
    },
    run: ([x], options) => F.diagonal(x!, options),
    torch: ({ offset, axis1, axis2 }) => `diagonal_of(x0, ${offset}, ${axis1}, ${axis2})`,
  }),
  trace: operation<{ offset: number; axis1: number; axis2: number }>({
    functions: ["trace"],
    draw: (d) => {
      const x = d.operand({ least: 2 });
      const [axis1, axis2] = d.permutation(d.values[x]!.ndim);
      return { args: [x], params: { offset: d.integer(-1, 1), axis1: axis1!, axis2: axis2! } };
    },
    run: ([x], options) => F.trace(x!, options),
    torch: ({ offset, axis1, axis2 }) => `diagonal_of(x0, ${offset}, ${axis1}, ${axis2}).sum(-1)`,
  }),
  cat: operation<{ axis: number }>({
    functions: ["cat"],
    draw: (d) => {
      const x = d.operand({ least: 1 });
      const { shape, ndim } = d.values[x]!;
      const axis = d.integer(-ndim, ndim - 1);
      const args = [x];
      for (let i = d.integer(0, 2); i > 0; i--) {
        const other = [...shape];
        if (d.chance(0.4)) other[(axis + ndim) % ndim] = d.integer(0, 3);
        args.push(d.chance(0.2) ? x : d.like(other));
      }
      return { args, params: { axis } };
    },
    run: (xs, { axis }) => F.cat(xs, { axis }),
    torch: ({ axis }) => `torch.cat(xs, ${axis})`,
  }),
  stack: operation<{ axis: number }>({
    functions: ["stack"],
    draw: (d) => {
      const x = d.operand({ fits: ({ ndim }) => ndim < 4 });
      const { shape, ndim } = d.values[x]!;
      const args = [x];
      for (let i = d.integer(0, 2); i > 0; i--) args.push(d.chance(0.2) ? x : d.like(shape));
      return { args, params: { axis: d.integer(-ndim - 1, ndim) } };
    },
    run: (xs, { axis }) => F.stack(xs, { axis }),
    torch: ({ axis }) => `torch.stack(xs, ${axis})`,
  }),
  split: operation<{ parts: number | number[]; axis: number }>({
    functions: ["split"],
    draw: (d) => {
      const x = d.operand({ ...any, least: 1 });
      const { shape, ndim } = d.values[x]!;
      const axis = d.integer(-ndim, ndim - 1);
      const n = shape.at(axis)!;
      const points = d.integers(d.integer(0, 2), 0, n).sort((a, b) => a - b);
      const divisors = [1, 2, 3].filter((m) => n % m === 0 && n > 0);
      return { args: [x], params: { parts: divisors.length > 0 && d.chance(0.4) ? d.pick(divisors) : points, axis } };
    },
    run: ([x], { parts, axis }) => F.split(x!, parts, { axis }),
    torch: ({ parts, axis }) => `list(torch.tensor_split(x0, ${py(parts)}, dim=${axis}))`,
  }),
  unbind: operation<{ axis: number }>({
    functions: ["unbind"],
    draw: (d) => {
      const x = d.operand({ ...any, least: 1, nonEmpty: true });
      const { ndim, shape } = d.values[x]!;
      const axis = d.integer(-ndim, ndim - 1);
      return shape.at(axis)! <= 6 ? { args: [x], params: { axis } } : null;
    },
    run: ([x], { axis }) => F.unbind(x!, { axis }),
    torch: ({ axis }) => `list(torch.unbind(x0, ${axis}))`,
  }),
  dilate: operation<{ dilation: number[] }>({
    functions: ["dilate"],
    draw: (d) => ({ args: [d.ofRank(4)], params: { dilation: d.integers(2, 0, 2) } }),
    run: ([x], { dilation }) => F.dilate(x!, dilation),
    torch: ({ dilation }) => `dilated(x0, ${py(dilation)})`,
  }),
};
