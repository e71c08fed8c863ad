import { array } from "../../../core/creation.js";
import { ellipsis, newAxis, slice } from "../../../core/slicing.js";
import * as F from "../../../functions/index.js";
import type { Draw } from "../draw.js";
import { type Json, type Operation, operation, py } from "../operation.js";

/** One index of getItem: an integer, a slice, an array of integers, or a mask. */
type Item =
  | number
  | "..."
  | "new"
  | { slice: [number | null, number | null, number | null] }
  | { ids: number[]; rows: number }
  | { mask: boolean[] };

function drawSlice(d: Draw, n: number): Item {
  const bound = () => (d.chance(0.4) ? null : d.integer(-n - 1, n + 1));
  return { slice: [bound(), bound(), d.chance(0.5) ? null : d.pick([1, 2, 3, -1, -2])] };
}

function drawItems(d: Draw, shape: readonly number[]): Item[] {
  const items: Item[] = [];
  // Arrays of ids have one length, so that they broadcast together.
  const count = d.integer(0, 5);
  const rows = count > 0 && count % 2 === 0 && d.chance(0.3) ? 2 : 1;
  let dots = d.chance(0.2);
  let masked = false;
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    if (d.chance(0.1)) items.push("new");
    if (dots && d.chance(0.4)) {
      items.push("...");
      dots = false;
      axis += d.integer(0, shape.length - axis) - 1;
      // What the ellipsis stands for must fit what follows, so only the last axes do.
      return [...items, ...drawItems(d, shape.slice(axis + 1)).filter((item) => item !== "...")];
    }
    const u = d.g.uniform();
    if (u < 0.4) items.push(drawSlice(d, n));
    else if (u < 0.55 && n > 0) items.push(d.integer(-n, n - 1));
    else if (u < 0.8 && n > 0) items.push({ ids: d.integers(count, -n, n - 1), rows });
    else if (u < 0.86 && !masked && !items.some((item) => typeof item === "object" && "ids" in item)) {
      masked = true;
      items.push({ mask: Array.from({ length: n }, () => d.chance(0.5)) });
    } else if (u < 0.92) return items;
    else items.push(drawSlice(d, n));
  }
  return items;
}

function indexOf(item: Item): F.Index {
  if (typeof item === "number") return item;
  if (item === "...") return ellipsis;
  if (item === "new") return newAxis;
  if ("slice" in item) return slice(...item.slice);
  if ("mask" in item) return array(item.mask, { dtype: "bool" });
  return array(item.ids, { dtype: "int32" }).reshape(item.rows === 1 ? [item.ids.length] : [item.rows, -1]);
}

/** Functions that pick elements, and their adjoints. */
export const indexing: Record<string, Operation<Json>> = {
  getItem: operation<{ items: Item[] }>({
    functions: ["getItem"],
    draw: (d) => {
      const x = d.operand({ anyDtype: true, least: d.chance(0.9) ? 1 : 0 });
      return { args: [x], params: { items: drawItems(d, d.values[x]!.shape) } };
    },
    run: ([x], { items }) => F.getItem(x!, ...items.map(indexOf)),
    torch: ({ items }) => `get_item(x0, ${py(items)})`,
  }),
  getItemLarge: operation<{ ids: number[] }>({
    functions: ["getItem"],
    draw: (d) => {
      // Large enough a table for its gradient to be one of few rows.
      if (d.steps > 0 || d.chance(0.8)) return null;
      const x = d.table();
      return { args: [x], params: { ids: d.integers(d.integer(1, 6), 0, d.values[x]!.shape[0]! - 1) } };
    },
    run: ([x], { ids }) => F.getItem(x!, array(ids, { dtype: "int32" })),
    torch: ({ ids }) => `x0[torch.tensor([${ids}])]`,
  }),
  takeAlongAxis: operation<{ axis: number; ids: number[]; shape: number[] }>({
    functions: ["takeAlongAxis"],
    draw: (d) => {
      const x = d.operand({ least: 1, nonEmpty: true });
      const { shape, ndim } = d.values[x]!;
      const axis = d.integer(-ndim, ndim - 1);
      const at = (axis + ndim) % ndim;
      const idShape = shape.map((n, i) => (i === at ? d.integer(0, 3) : d.chance(0.2) ? 1 : n));
      const size = idShape.reduce((a, b) => a * b, 1);
      return { args: [x], params: { axis, ids: d.integers(size, 0, shape[at]! - 1), shape: idShape } };
    },
    run: ([x], { axis, ids, shape }) => F.takeAlongAxis(x!, array(ids, { dtype: "int32" }).reshape(shape), { axis }),
    torch: ({ axis, ids, shape }) =>
      `torch.take_along_dim(x0, torch.tensor([${ids}], dtype=torch.int64).reshape(${py(shape)}), dim=${axis})`,
  }),
  segmentSum: operation<{ ids: number[]; n: number }>({
    functions: ["segmentSum"],
    draw: (d) => {
      const x = d.operand({ least: 1 });
      const n = d.integer(1, 5);
      return { args: [x], params: { ids: d.integers(d.values[x]!.shape[0]!, 0, n - 1), n } };
    },
    run: ([x], { ids, n }) => F.segmentSum(x!, array(ids, { dtype: "int32" }), n),
    torch: ({ ids, n }) =>
      `torch.zeros((${n},) + x0.shape[1:]).index_add(0, torch.tensor([${ids}], dtype=torch.int64), x0)`,
  }),
  oneHot: operation<{ ids: number[]; n: number }>({
    functions: ["oneHot"],
    draw: (d) => {
      const n = d.integer(1, 5);
      return { args: [], params: { ids: d.integers(d.integer(1, 6), 0, n - 1), n } };
    },
    run: (_, { ids, n }) => F.oneHot(array(ids, { dtype: "int32" }), n),
    torch: ({ ids, n }) => `F.one_hot(torch.tensor([${ids}]), ${n}).double()`,
  }),
  embedding: operation<{ ids: number[]; shape: number[]; paddingId: number | null }>({
    functions: ["embedding"],
    draw: (d) => {
      const W = d.ofRank(2, { nonEmpty: true });
      const rows = d.values[W]!.shape[0]!;
      const shape = d.shape(d.integer(0, 2), true);
      const size = shape.reduce((a, b) => a * b, 1);
      const paddingId = d.chance(0.3) ? d.integer(0, rows - 1) : null;
      return { args: [W], params: { ids: d.integers(size, 0, rows - 1), shape, paddingId } };
    },
    run: ([W], { ids, shape, paddingId }) =>
      F.embedding(W!, array(ids, { dtype: "int32" }).reshape(shape), { paddingId }),
    torch: ({ ids, shape, paddingId }) =>
      `F.embedding(torch.tensor([${ids}], dtype=torch.int64).reshape(${py(shape)}), x0, padding_idx=${py(paddingId)})`,
  }),
  embeddingBag: operation<{ bags: number[][]; pool: "sum" | "mean"; paddingId: number | null }>({
    functions: ["embeddingBag"],
    draw: (d) => {
      const W = d.ofRank(2, { nonEmpty: true });
      const last = d.values[W]!.shape[0]! - 1;
      const bags = Array.from({ length: d.integer(1, 4) }, () => d.integers(d.integer(0, 4), 0, last));
      const paddingId = d.chance(0.3) ? d.integer(0, last) : null;
      return { args: [W], params: { bags, pool: d.pick(["sum", "mean"] as const), paddingId } };
    },
    run: ([W], { bags, ...options }) => F.embeddingBag(W!, bags, options),
    torch: ({ bags, pool, paddingId }) => `bags(x0, ${py(bags)}, ${py(pool)}, ${py(paddingId)})`,
  }),
};
