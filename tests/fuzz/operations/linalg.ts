import { array } from "../../../core/creation.js";
import * as F from "../../../functions/index.js";
import { type Json, type Operation, operation, py, within } from "../operation.js";

/** Subscripts of einsum for operands of 2 axes each, "x" standing for one that sums and "..." left to the cases of the table. */
const SUBSCRIPTS: [text: string, left: string, right: string | null][] = [
  ["ij,jk->ik", "ij", "jk"],
  ["ij,kj->ki", "ij", "kj"],
  ["ij,ij->i", "ij", "ij"],
  ["ij,ij->", "ij", "ij"],
  ["ij,jk->", "ij", "jk"],
  ["ij,jk", "ij", "jk"],
  ["ij,kl->iljk", "ij", "kl"],
  ["ij->ji", "ij", null],
  ["ij->", "ij", null],
  ["ij->j", "ij", null],
  ["bij,bjk->bik", "bij", "bjk"],
  ["bij,jk->ikb", "bij", "jk"],
  ["bij,bk->ijk", "bij", "bk"],
  ["...i,i->...", "abi", "i"],
  ["i,i", "i", "i"],
  ["i,j->ij", "i", "j"],
];

/** Products of matrices and vectors. */
export const products: Record<string, Operation<Json>> = {
  matmul: operation<Record<string, never>>({
    functions: ["matmul"],
    draw: (d) => {
      const a = d.operand({ least: 1 });
      const { shape } = d.values[a]!;
      const [k, rows] = [shape.at(-1)!, shape.at(-2)];
      const n = d.length();
      const batch = shape.slice(0, -2).map((m) => (d.chance(0.2) ? 1 : m));
      const skipped = d.integer(0, batch.length);
      const right = d.chance(0.25) ? [k] : [...batch.slice(d.chance(0.5) ? 0 : skipped), k, n];
      if (rows !== undefined && d.chance(0.3)) {
        return { args: [d.like([...batch, d.length(), rows]), a], params: {} };
      }
      const mine = d.chance(0.1) && k === rows ? a : d.like(right);
      return { args: [a, mine], params: {} };
    },
    run: ([a, b]) => F.matmul(a!, b!),
    torch: () => "torch.matmul(x0, x1)",
  }),
  dot: operation<Record<string, never>>({
    functions: ["dot"],
    draw: (d) => {
      const a = d.operand({ least: 1 });
      const k = d.values[a]!.shape.at(-1)!;
      const right = d.pick([[k], [k, d.length()], [d.integer(1, 3), k, d.integer(1, 3)], []]);
      return { args: [a, d.like(right)], params: {} };
    },
    run: ([a, b]) => F.dot(a!, b!),
    torch: () => "dot(x0, x1)",
  }),
  outer: operation<Record<string, never>>({
    functions: ["outer"],
    draw: (d) => {
      const fits = ({ size }: { size: number }) => size <= 25;
      return { args: [d.operand({ fits }), d.operand({ fits })], params: {} };
    },
    run: ([a, b]) => F.outer(a!, b!),
    torch: () => "torch.outer(x0.reshape(-1), x1.reshape(-1))",
  }),
  linear: operation<Record<string, never>>({
    functions: ["linear"],
    draw: (d) => {
      const x = d.operand({ least: 1 });
      const [k, n] = [d.values[x]!.shape.at(-1)!, d.length()];
      const W = d.like([k, n]);
      return { args: d.chance(0.6) ? [x, W, d.like([n])] : [x, W], params: {} };
    },
    run: ([x, W, b]) => F.linear(x!, W!, b),
    torch: () => "F.linear(x0, x1.t(), *xs[2:])",
  }),
  einsum: operation<{ text: string }>({
    functions: ["einsum"],
    draw: (d) => {
      const [text, left, right] = d.pick(SUBSCRIPTS);
      const x = d.ofRank(left.length);
      const lengths = new Map([...left].map((letter, i) => [letter, d.values[x]!.shape[i]!]));
      if (right === null) return { args: [x], params: { text } };
      const shape = [...right].map((letter) => lengths.get(letter) ?? d.integer(1, 4));
      return { args: [x, d.like(shape)], params: { text } };
    },
    run: (xs, { text }) => F.einsum(text, ...xs),
    torch: ({ text }) => `torch.einsum(${py(text)}, *xs)`,
  }),
  attention: operation<{ causal: boolean; mask: boolean[] | null; added: boolean }>({
    functions: ["scaledDotProductAttention"],
    draw: (d) => {
      const q = d.ofRank(d.integer(2, 3), { nonEmpty: true });
      const shape = d.values[q]!.shape;
      const [Tq, dk] = shape.slice(-2) as [number, number];
      const Tk = d.integer(1, 5);
      const leading = shape.slice(0, -2);
      const k = d.like([...leading, Tk, dk]);
      const v = d.like([...leading, Tk, d.integer(1, 4)]);
      const u = d.g.uniform();
      const args = [q, k, v];
      if (u < 0.3) args.push(d.like([Tq, Tk]));
      const mask = u > 0.6 ? Array.from({ length: Tk }, () => d.chance(0.7)) : null;
      return { args, params: { causal: d.chance(0.3), mask, added: u < 0.3 } };
    },
    run: ([q, k, v, bias], { causal, mask, added }) =>
      F.scaledDotProductAttention(q!, k!, v!, {
        causal,
        mask: added ? bias! : mask === null ? null : array(mask, { dtype: "bool" }),
      }),
    torch: ({ causal, mask, added }) => `attention(x0, x1, x2, ${added ? "x3" : "None"}, ${py(causal)}, ${py(mask)})`,
    smooth: (xs) => xs.every((x) => within(x, -4, 4)),
  }),
  graphPropagate: operation<{
    edges: number[];
    normalize: boolean;
    selfLoops: boolean;
    matrix: boolean;
  }>({
    functions: ["graphPropagate"],
    draw: (d) => {
      const x = d.ofRank(2, { nonEmpty: true, fits: ({ shape }) => shape[0]! <= 6 });
      const n = d.values[x]!.shape[0]!;
      const count = d.integer(0, 8);
      const matrix = d.chance(0.3);
      const edges = matrix ? [] : d.integers(2 * count, 0, n - 1);
      const args = [x];
      if (matrix) args.push(d.leaf([n, n], { low: 0.2, high: 2, dtype: d.values[x]!.dtype }));
      else if (d.chance(0.6)) args.push(d.leaf([count], { low: 0.2, high: 2, dtype: d.values[x]!.dtype }));
      return { args, params: { edges, matrix, normalize: d.chance(0.6), selfLoops: d.chance(0.6) } };
    },
    run: ([x, weights], { edges, matrix, ...options }) =>
      F.graphPropagate(
        x!,
        matrix ? weights! : { edges: array(edges, { dtype: "int32" }).reshape([2, -1]), weights: weights ?? null },
        options,
      ),
    torch: ({ edges, matrix, normalize, selfLoops }) =>
      `propagate(xs, ${py(edges)}, ${py(matrix)}, ${py(normalize)}, ${py(selfLoops)})`,
  }),
};
