import { norm } from "../../../functions/norm.js";
import { prod } from "../../../functions/prod.js";
import { argmax, argmin, cumsum, max, mean, min, sum } from "../../../functions/reduce.js";
import { logsumexp, std, var as variance } from "../../../functions/statistics.js";
import { bools, type FunctionCase, given, integers, real } from "./case.js";

/** The axes that every reduction is tried on, in this library's words and in PyTorch's. */
const AXES = [
  { label: "all", shape: [2, 3], options: {}, dim: "(0, 1)", keepdim: "False" },
  { label: "all, keepdims", shape: [2, 3], options: { keepdims: true }, dim: "(0, 1)", keepdim: "True" },
  { label: "first axis", shape: [3, 4], options: { axis: 0 }, dim: "0", keepdim: "False" },
  { label: "last axis, keepdims", shape: [3, 4], options: { axis: -1, keepdims: true }, dim: "-1", keepdim: "True" },
  { label: "middle axis", shape: [2, 3, 2], options: { axis: 1 }, dim: "1", keepdim: "False" },
  { label: "leading axes", shape: [2, 3, 2], options: { axis: [1, 0] }, dim: "(0, 1)", keepdim: "False" },
  { label: "outer axes", shape: [2, 2, 3], options: { axis: [0, -1] }, dim: "(0, -1)", keepdim: "False" },
  {
    label: "outer axes, keepdims",
    shape: [2, 2, 3],
    options: { axis: [-1, 0], keepdims: true },
    dim: "(0, -1)",
    keepdim: "True",
  },
  { label: "an axis of length 1", shape: [3, 1, 2], options: { axis: 1 }, dim: "1", keepdim: "False" },
  { label: "one element", shape: [1, 1], options: { axis: 0 }, dim: "0", keepdim: "False" },
] as const;

type Reduce = typeof sum;

function reductions(name: string, reduce: Reduce, torch: (dim: string, keepdim: string) => string): FunctionCase[] {
  return AXES.map(({ label, shape, options, dim, keepdim }) => ({
    name,
    label,
    inputs: [real(shape)],
    call: (x) => reduce(x, options),
    torch: torch(dim, keepdim),
  }));
}

/** Over a single element both are 0 whatever moves, and the standard deviation has a kink there. */
const spread = (name: string, f: Reduce): FunctionCase[] =>
  reductions(name, f, (dim, keepdim) => `torch.${name}(x0, dim=${dim}, unbiased=False, keepdim=${keepdim})`).filter(
    ({ label }) => name === "var" || (label !== "an axis of length 1" && label !== "one element"),
  );

const norms = ([1, 3, 2.5, 0.5, -1, Infinity, -Infinity] as const).flatMap((ord): FunctionCase[] => {
  const torchOrd = Number.isFinite(ord) ? `${ord}` : ord > 0 ? "np.inf" : "-np.inf";
  return [
    {
      name: "norm",
      label: `ord ${ord}`,
      inputs: [real([5])],
      call: (x) => norm(x, { ord }),
      torch: `torch.linalg.vector_norm(x0, ${torchOrd})`,
    },
    {
      name: "norm",
      label: `ord ${ord}, outer axes`,
      inputs: [real([2, 3, 2])],
      call: (x) => norm(x, { ord, axis: [0, 2] }),
      torch: `torch.linalg.vector_norm(x0, ${torchOrd}, dim=(0, 2))`,
    },
  ];
});

export const reduceCases: FunctionCase[] = [
  ...reductions("sum", sum, (dim, keepdim) => `x0.sum(dim=${dim}, keepdim=${keepdim})`),
  { name: "sum", label: "a scalar", inputs: [real([])], call: (x) => sum(x), torch: "x0.sum()" },
  { name: "sum", label: "no axis", inputs: [real([2, 2])], call: (x) => sum(x, { axis: [] }), torch: "x0 * 1" },
  {
    name: "sum",
    label: "int32",
    inputs: [integers([2, 2], [1, -2, 3, 4])],
    call: (x) => sum(x, { axis: 0 }),
    torch: "x0.sum(dim=0).to(torch.int32)",
    order: 0,
  },
  {
    name: "sum",
    label: "bool",
    inputs: [bools([2, 2], [1, 0, 1, 1])],
    call: (x) => sum(x),
    torch: "x0.sum().to(torch.int32)",
    order: 0,
  },
  ...reductions("mean", mean, (dim, keepdim) => `x0.mean(dim=${dim}, keepdim=${keepdim})`),
  { name: "mean", label: "a scalar", inputs: [real([])], call: (x) => mean(x), torch: "x0.mean()" },
  {
    name: "mean",
    label: "int32",
    inputs: [integers([3], [1, 2, 4])],
    call: (x) => mean(x),
    torch: "x0.float().mean()",
    order: 0,
  },
  ...spread("var", variance),
  ...spread("std", std),
  {
    name: "var",
    label: "ddof 1",
    inputs: [real([4, 2])],
    call: (x) => variance(x, { axis: 0, ddof: 1 }),
    torch: "torch.var(x0, dim=0, unbiased=True)",
  },
  {
    name: "std",
    label: "ddof 1, keepdims",
    inputs: [real([3, 4])],
    call: (x) => std(x, { axis: -1, ddof: 1, keepdims: true }),
    torch: "torch.std(x0, dim=-1, unbiased=True, keepdim=True)",
  },
  ...reductions("max", max, (dim, keepdim) => `torch.amax(x0, dim=${dim}, keepdim=${keepdim})`),
  ...reductions("min", min, (dim, keepdim) => `torch.amin(x0, dim=${dim}, keepdim=${keepdim})`),
  { name: "max", label: "a scalar", inputs: [real([])], call: (x) => max(x), torch: "torch.amax(x0, dim=())" },
  {
    name: "min",
    label: "int32",
    inputs: [integers([2, 3], [3, -1, 2, 0, 5, -7])],
    call: (x) => min(x, { axis: 1 }),
    torch: "torch.amin(x0, dim=1)",
    order: 0,
  },
  ...[
    { label: "all", input: real([2, 3]), options: {}, torch: "x0.prod()" },
    { label: "a scalar", input: real([]), options: {}, torch: "x0.prod()" },
    { label: "seven elements", input: real([7]), options: { axis: 0 }, torch: "x0.prod(dim=0)" },
    { label: "all, keepdims", input: real([2, 3]), options: { keepdims: true }, torch: "x0.prod().reshape(1, 1)" },
    { label: "first axis", input: real([5, 2]), options: { axis: 0 }, torch: "x0.prod(dim=0)" },
    {
      label: "last axis, keepdims",
      input: real([2, 4]),
      options: { axis: -1, keepdims: true },
      torch: "x0.prod(dim=-1, keepdim=True)",
    },
    {
      label: "outer axes",
      input: real([2, 2, 3]),
      options: { axis: [0, -1] },
      torch: "x0.prod(dim=2).prod(dim=0)",
    },
    {
      label: "outer axes, keepdims",
      input: real([2, 2, 3]),
      options: { axis: [0, -1], keepdims: true },
      torch: "x0.prod(dim=2, keepdim=True).prod(dim=0, keepdim=True)",
    },
    { label: "an axis of length 1", input: real([2, 1, 2]), options: { axis: 1 }, torch: "x0.prod(dim=1)" },
    { label: "one zero", input: given([4], [1.5, 0, -2, 3]), options: {}, torch: "x0.prod()" },
    {
      label: "no, one, two and three zeros",
      input: given([4, 3], [1.5, -2, 0.5, 1.5, 0, 3, 0, 2, 0, 0, 0, 0]),
      options: { axis: 1 },
      torch: "x0.prod(dim=1)",
    },
  ].map(
    ({ label, input, options, torch }): FunctionCase => ({
      name: "prod",
      label,
      inputs: [input],
      call: (x) => prod(x, options),
      torch,
    }),
  ),
  ...reductions("logsumexp", logsumexp, (dim, keepdim) => `torch.logsumexp(x0, dim=${dim}, keepdim=${keepdim})`),
  {
    name: "logsumexp",
    label: "a scalar",
    inputs: [real([])],
    call: (x) => logsumexp(x),
    torch: "torch.logsumexp(x0, dim=0)",
  },
  {
    name: "logsumexp",
    label: "large values",
    inputs: [given([2, 3], [90, 90.5, 89, -90, -91, -92.5])],
    call: (x) => logsumexp(x, { axis: 1 }),
    torch: "torch.logsumexp(x0, dim=1)",
  },
  {
    name: "cumsum",
    label: "flattened",
    inputs: [real([2, 3])],
    call: (x) => cumsum(x),
    torch: "x0.reshape(-1).cumsum(0)",
  },
  {
    name: "cumsum",
    label: "first axis",
    inputs: [real([3, 2])],
    call: (x) => cumsum(x, { axis: 0 }),
    torch: "x0.cumsum(0)",
  },
  {
    name: "cumsum",
    label: "middle axis",
    inputs: [real([2, 3, 2])],
    call: (x) => cumsum(x, { axis: -2 }),
    torch: "x0.cumsum(1)",
  },
  {
    name: "cumsum",
    label: "last axis",
    inputs: [real([2, 4])],
    call: (x) => cumsum(x, { axis: -1 }),
    torch: "x0.cumsum(1)",
  },
  { name: "cumsum", label: "a scalar", inputs: [real([])], call: (x) => cumsum(x), torch: "x0.reshape(1)" },
  ...reductions("norm", norm, (dim, keepdim) => `torch.linalg.vector_norm(x0, 2, dim=${dim}, keepdim=${keepdim})`),
  ...norms,
  {
    name: "norm",
    label: "ord 4 with zeros, keepdims",
    inputs: [given([2, 3], [0, 1.5, -2, 3, 0, 0.5])],
    call: (x) => norm(x, { ord: 4, axis: 1, keepdims: true }),
    torch: "torch.linalg.vector_norm(x0, 4, dim=1, keepdim=True)",
  },
  {
    name: "norm",
    label: "ord 0",
    inputs: [real([2, 3])],
    call: (x) => norm(x, { ord: 0, axis: 1 }),
    torch: "torch.linalg.vector_norm(x0, 0, dim=1) + 0 * x0.sum()",
  },
  {
    name: "norm",
    label: "fro",
    inputs: [real([3, 2])],
    call: (x) => norm(x, { ord: "fro" }),
    torch: "torch.linalg.norm(x0, 'fro')",
  },
  {
    name: "norm",
    label: "fro of a batch",
    inputs: [real([2, 3, 2])],
    call: (x) => norm(x, { ord: "fro", axis: [-2, -1] }),
    torch: "torch.linalg.norm(x0, 'fro', dim=(-2, -1))",
  },
  ...[
    { label: "flattened", shape: [3, 4], options: {}, torch: "()" },
    { label: "first axis", shape: [3, 4], options: { axis: 0 }, torch: "(dim=0)" },
    {
      label: "middle axis, keepdims",
      shape: [2, 3, 2],
      options: { axis: -2, keepdims: true },
      torch: "(dim=1, keepdim=True)",
    },
    { label: "last axis", shape: [2, 5], options: { axis: -1 }, torch: "(dim=-1)" },
  ].flatMap(({ label, shape, options, torch }) =>
    (["argmax", "argmin"] as const).map(
      (name): FunctionCase => ({
        name,
        label,
        inputs: [real(shape)],
        call: (x) => (name === "argmax" ? argmax : argmin)(x, options),
        torch: `x0.${name}${torch}.to(torch.int32)`,
        order: 0,
      }),
    ),
  ),
];
