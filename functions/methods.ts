import "../core/backward.js";
import type { DType } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";
import { type Operand, Variable } from "../core/variable.js";
import { elu, gelu, hardSigmoid, leakyRelu, logSoftmax, relu, selu, softmax, softplus } from "./activation.js";
import { add, div, mul, neg, sub } from "./arithmetic.js";
import { flip, pad, repeat, roll, tile } from "./arrangement.js";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "./comparison.js";
import { diagonal, trace } from "./diagonal.js";
import { astype } from "./dtype.js";
import { getItem, takeAlongAxis } from "./indexing.js";
import { split, unbind } from "./joining.js";
import { dot, matmul } from "./linalg.js";
import * as math from "./math.js";
import type { Methods } from "./method-types.js";
import { norm } from "./norm.js";
import { pow } from "./power.js";
import { prod } from "./prod.js";
import { argmax, argmin, cumsum, max, mean, min, sum } from "./reduce.js";
import { clip, maximum, minimum } from "./selection.js";
import { broadcastTo, expandDims, flatten, reshape, squeeze, sumTo, swapaxes, transpose } from "./shape.js";
import { logsumexp, std, var as variance } from "./statistics.js";

/** Functions that are methods as they are: the Variable is their first argument. */
const methods = {
  neg,
  pow,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
  maximum,
  minimum,
  clip,
  abs: math.abs,
  sign: math.sign,
  floor: math.floor,
  ceil: math.ceil,
  round: math.round,
  exp: math.exp,
  expm1: math.expm1,
  log: math.log,
  log1p: math.log1p,
  sqrt: math.sqrt,
  rsqrt: math.rsqrt,
  square: math.square,
  reciprocal: math.reciprocal,
  sin: math.sin,
  cos: math.cos,
  tan: math.tan,
  asin: math.asin,
  acos: math.acos,
  atan: math.atan,
  sinh: math.sinh,
  cosh: math.cosh,
  tanh: math.tanh,
  erf: math.erf,
  sigmoid: math.sigmoid,
  relu,
  leakyRelu,
  elu,
  selu,
  gelu,
  softplus,
  hardSigmoid,
  softmax,
  logSoftmax,
  sum,
  prod,
  mean,
  var: variance,
  std,
  max,
  min,
  logsumexp,
  cumsum,
  norm,
  argmax,
  argmin,
  matmul,
  dot,
  diagonal,
  trace,
  getItem,
  takeAlongAxis,
  split,
  unbind,
  pad,
  flip,
  roll,
  repeat,
  tile,
  squeeze,
  expandDims,
  swapaxes,
  flatten,
  sumTo,
} satisfies { [Name in keyof Methods<Shape>]?: unknown };

declare module "../core/variable.js" {
  interface Variable<S extends Shape = Shape> extends Methods<S> {}
}

for (const [name, fn] of Object.entries(methods) as [string, (x: Variable, ...rest: unknown[]) => unknown][]) {
  define(name, function (this: Variable, ...rest: unknown[]) {
    return fn(this, ...rest);
  });
}

// Written out: these are the ones small graphs spend their time in.
define("add", function (this: Variable, other: Operand) {
  return add(this, other);
});
define("sub", function (this: Variable, other: Operand) {
  return sub(this, other);
});
define("mul", function (this: Variable, other: Operand) {
  return mul(this, other);
});
define("div", function (this: Variable, other: Operand) {
  return div(this, other);
});

define("astype", function (this: Variable, dtype: DType) {
  return astype(this, dtype);
});
define("reshape", function (this: Variable, ...shape: [Shape] | number[]) {
  return reshape(this, spread(shape));
});
define("transpose", function (this: Variable, ...axes: [readonly number[]] | number[]) {
  return transpose(this, axes.length === 0 ? undefined : spread(axes));
});
define("broadcastTo", function (this: Variable, ...shape: [Shape] | number[]) {
  return broadcastTo(this, spread(shape));
});
Object.defineProperty(Variable.prototype, "T", {
  configurable: true,
  get(this: Variable) {
    return transpose(this);
  },
});

function define(name: string, value: (this: Variable, ...args: never[]) => unknown): void {
  Object.defineProperty(Variable.prototype, name, { value, writable: true, configurable: true });
}

/** Numbers given one by one or as one array. */
function spread(numbers: readonly [readonly number[]] | readonly number[]): readonly number[] {
  return Array.isArray(numbers[0]) ? (numbers[0] as readonly number[]) : (numbers as readonly number[]);
}
