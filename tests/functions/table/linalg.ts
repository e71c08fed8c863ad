import { diagonal, trace } from "../../../functions/diagonal.js";
import { einsum } from "../../../functions/einsum.js";
import { dot, linear, matmul, outer } from "../../../functions/linalg.js";
import { type FunctionCase, integers, real } from "./case.js";

type Shapes = readonly (readonly number[])[];

/** NumPy's `@` and PyTorch's mean the same. */
const PRODUCTS: readonly { label: string; shapes: Shapes }[] = [
  {
    label: "matrices",
    shapes: [
      [3, 4],
      [4, 2],
    ],
  },
  {
    label: "inner length 1",
    shapes: [
      [3, 1],
      [1, 2],
    ],
  },
  {
    label: "all lengths 1",
    shapes: [
      [1, 1],
      [1, 1],
    ],
  },
  { label: "vectors", shapes: [[4], [4]] },
  { label: "matrix and vector", shapes: [[3, 4], [4]] },
  { label: "vector and matrix", shapes: [[3], [3, 2]] },
  {
    label: "batch and matrix",
    shapes: [
      [2, 3, 4],
      [4, 2],
    ],
  },
  { label: "batch and vector", shapes: [[2, 3, 4], [4]] },
  {
    label: "matrix and batch",
    shapes: [
      [3, 2],
      [2, 2, 3],
    ],
  },
  { label: "vector and batch", shapes: [[2], [3, 2, 2]] },
  {
    label: "batches",
    shapes: [
      [2, 2, 3],
      [2, 3, 2],
    ],
  },
  {
    label: "batches that broadcast",
    shapes: [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
  },
  {
    label: "batch of one and batch",
    shapes: [
      [1, 2, 3],
      [3, 3, 1],
    ],
  },
];

const SUBSCRIPTS: readonly { subscripts: string; shapes: Shapes }[] = [
  {
    subscripts: "ij,jk->ik",
    shapes: [
      [3, 4],
      [4, 2],
    ],
  },
  {
    subscripts: "ij,kj->ki",
    shapes: [
      [3, 4],
      [2, 4],
    ],
  },
  {
    subscripts: "ij,jk",
    shapes: [
      [2, 3],
      [3, 2],
    ],
  },
  { subscripts: "ba", shapes: [[2, 3]] },
  { subscripts: "ij->ji", shapes: [[2, 3]] },
  { subscripts: "ij->", shapes: [[2, 3]] },
  { subscripts: "ijk->j", shapes: [[2, 3, 2]] },
  { subscripts: "ii", shapes: [[3, 3]] },
  { subscripts: "ii->i", shapes: [[3, 3]] },
  { subscripts: "iji->j", shapes: [[2, 3, 2]] },
  { subscripts: "iii->i", shapes: [[2, 2, 2]] },
  { subscripts: "iijj->ij", shapes: [[2, 2, 3, 3]] },
  { subscripts: "i,i->", shapes: [[4], [4]] },
  { subscripts: "i,j->ij", shapes: [[2], [3]] },
  { subscripts: "i,j->ji", shapes: [[2], [3]] },
  {
    subscripts: "ij,ij->ij",
    shapes: [
      [2, 3],
      [2, 3],
    ],
  },
  {
    subscripts: "ij,ij->i",
    shapes: [
      [2, 3],
      [2, 3],
    ],
  },
  { subscripts: "ij,j->i", shapes: [[2, 3], [3]] },
  {
    subscripts: "bij,bjk->bik",
    shapes: [
      [2, 2, 3],
      [2, 3, 2],
    ],
  },
  {
    subscripts: "bqhd,bkhd->bhqk",
    shapes: [
      [2, 2, 1, 3],
      [2, 3, 1, 3],
    ],
  },
  {
    subscripts: "ijk,jkl->il",
    shapes: [
      [2, 2, 3],
      [2, 3, 2],
    ],
  },
  {
    subscripts: "...ij,...jk->...ik",
    shapes: [
      [2, 2, 3],
      [3, 2],
    ],
  },
  {
    subscripts: "i...,i...->...",
    shapes: [
      [2, 3],
      [2, 1],
    ],
  },
  { subscripts: "...ii->...", shapes: [[2, 2, 2]] },
  { subscripts: "i...->...i", shapes: [[2, 3, 2]] },
  {
    subscripts: "ij,jk,kl->il",
    shapes: [
      [2, 3],
      [3, 2],
      [2, 2],
    ],
  },
  { subscripts: "i,j,k->kij", shapes: [[2], [2], [3]] },
  {
    subscripts: "bn,anm,bm->ba",
    shapes: [
      [2, 3],
      [2, 3, 2],
      [2, 2],
    ],
  },
  {
    subscripts: "ij,jk,ik->i",
    shapes: [
      [2, 3],
      [3, 2],
      [2, 2],
    ],
  },
  {
    subscripts: "ii,ij->j",
    shapes: [
      [2, 2],
      [2, 3],
    ],
  },
  { subscripts: " i j , j -> i ", shapes: [[2, 2], [2]] },
];

const inputsOf = (shapes: Shapes) => shapes.map((shape) => real(shape));

export const linalgCases: FunctionCase[] = [
  ...PRODUCTS.map(
    ({ label, shapes }): FunctionCase => ({
      name: "matmul",
      label,
      inputs: inputsOf(shapes),
      call: (a, b) => matmul(a, b),
      torch: "x0 @ x1",
    }),
  ),
  {
    name: "matmul",
    label: "int32",
    inputs: [integers([2, 2], [1, 2, 3, -4]), integers([2, 2], [5, 6, -7, 8])],
    call: (a, b) => matmul(a, b),
    torch: "x0 @ x1",
    order: 0,
  },
  {
    name: "matmul",
    label: "int32 and float64",
    inputs: [integers([2, 2], [1, 2, 3, -4]), real([2, 2])],
    call: (a, b) => matmul(a, b),
    torch: "x0.to(x1.dtype) @ x1",
  },
  ...[
    { label: "vectors", shapes: [[4], [4]], torch: "x0 @ x1" },
    {
      label: "matrices",
      shapes: [
        [2, 3],
        [3, 2],
      ],
      torch: "x0 @ x1",
    },
    { label: "batch and vector", shapes: [[2, 2, 3], [3]], torch: "x0 @ x1" },
    { label: "scalar and matrix", shapes: [[], [2, 3]], torch: "x0 * x1" },
    { label: "vector and scalar", shapes: [[3], []], torch: "x0 * x1" },
    {
      label: "batches",
      shapes: [
        [2, 3],
        [2, 3, 2],
      ],
      torch: "torch.tensordot(x0, x1, dims=([-1], [-2]))",
    },
    {
      label: "larger batches",
      shapes: [
        [2, 1, 3],
        [2, 1, 3, 2],
      ],
      torch: "torch.tensordot(x0, x1, dims=([-1], [-2]))",
    },
    { label: "vector and batch", shapes: [[3], [2, 3, 2]], torch: "torch.tensordot(x0, x1, dims=([-1], [-2]))" },
  ].map(
    ({ label, shapes, torch }): FunctionCase => ({
      name: "dot",
      label,
      inputs: inputsOf(shapes),
      call: (a, b) => dot(a, b),
      torch,
    }),
  ),
  ...[
    { label: "matrix", shapes: [[3, 4], [4, 2], [2]] },
    {
      label: "no bias",
      shapes: [
        [3, 4],
        [4, 2],
      ],
    },
    { label: "vector", shapes: [[4], [4, 2], [2]] },
    { label: "batch", shapes: [[2, 2, 3], [3, 2], [2]] },
    {
      label: "batch without bias",
      shapes: [
        [2, 2, 3],
        [3, 2],
      ],
    },
    { label: "one feature", shapes: [[1, 1], [1, 1], [1]] },
  ].map(
    ({ label, shapes }): FunctionCase => ({
      name: "linear",
      label,
      inputs: inputsOf(shapes),
      call: (x, W, b) => linear(x, W, b),
      torch: shapes.length === 3 ? "F.linear(x0, x1.T, x2)" : "F.linear(x0, x1.T)",
    }),
  ),
  {
    name: "outer",
    label: "vectors",
    inputs: inputsOf([[2], [3]]),
    call: (a, b) => outer(a, b),
    torch: "torch.outer(x0, x1)",
  },
  {
    name: "outer",
    label: "flattened",
    inputs: inputsOf([[2, 2], []]),
    call: (a, b) => outer(a, b),
    torch: "torch.outer(x0.reshape(-1), x1.reshape(-1))",
  },
  ...SUBSCRIPTS.map(
    ({ subscripts, shapes }): FunctionCase => ({
      name: "einsum",
      label: subscripts,
      inputs: inputsOf(shapes),
      call: (...xs) => einsum(subscripts, ...xs),
      torch: `torch.einsum("${subscripts}", ${shapes.map((_, i) => `x${i}`).join(", ")})`,
    }),
  ),
  ...[
    { label: "matrix", shape: [3, 3], options: {}, torch: "0, 0, 1" },
    { label: "wide", shape: [2, 4], options: {}, torch: "0, 0, 1" },
    { label: "above", shape: [3, 3], options: { offset: 1 }, torch: "1, 0, 1" },
    { label: "below, tall", shape: [4, 2], options: { offset: -2 }, torch: "-2, 0, 1" },
    { label: "batch", shape: [2, 3, 2], options: { axis1: -2, axis2: -1 }, torch: "0, -2, -1" },
    { label: "axes exchanged", shape: [2, 2, 3], options: { offset: 1, axis1: 2, axis2: 0 }, torch: "1, 2, 0" },
  ].flatMap(({ label, shape, options, torch }): FunctionCase[] => [
    {
      name: "diagonal",
      label,
      inputs: [real(shape)],
      call: (x) => diagonal(x, options),
      torch: `torch.diagonal(x0, ${torch})`,
    },
    {
      name: "trace",
      label,
      inputs: [real(shape)],
      call: (x) => trace(x, options),
      torch: `torch.diagonal(x0, ${torch}).sum(-1)`,
    },
  ]),
];
