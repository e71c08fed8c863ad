"use tsover";
// Compiled by tsover and run by operators.test.ts: plain operators beside the methods they stand for.
import { array, type Variable, variable, zeros } from "retrograd";
import "retrograd/operators";
import * as F from "retrograd/functions";

const f64 = { dtype: "float64" } as const;
const a: Variable = variable(
  [
    [1.5, -2],
    [3, 0.25],
  ],
  f64,
);
const b: Variable = variable([0.5, 4], f64);
const n = array([2, -3], f64);

const pairs: Record<string, [Variable, Variable]> = {
  "a + b": [a + b, a.add(b)],
  "a - b": [a - b, a.sub(b)],
  "a * b": [a * b, a.mul(b)],
  "a / b": [a / b, a.div(b)],
  "a ** 2": [a ** 2, a.pow(2)],
  "2 ** a": [2 ** a, F.pow(2, a)],
  "1 - a": [1 - a, F.sub(1, a)],
  "8 / a": [8 / a, F.div(8, a)],
  "[1, 2] * a": [[1, 2] * a, F.mul([1, 2], a)],
  "a - [1, 2]": [a - [1, 2], a.sub([1, 2])],
  "n - a": [n - a, F.sub(n, a)],
  "a * n": [a * n, a.mul(n)],
  "a * b + 1 - a / 2": [a * b + 1 - a / 2, a.mul(b).add(1).sub(a.div(2))],
};

let sum = a;
sum += b;
sum *= 2;
pairs["sum += b; sum *= 2"] = [sum, a.add(b).mul(2)];

const literal = variable(zeros([2, 3]));
const kept: Variable<[2, 3]> = 1 - (literal * literal) / 2;
pairs.shape = [kept, F.sub(1, literal.mul(literal).div(2))];

(a * a * b + a).sum().backward();

console.log(
  JSON.stringify({
    pairs: Object.entries(pairs).map(([name, [left, right]]) => [name, left.toArray(), right.toArray()]),
    remainders: [(a % 2).toArray(), (variable([-7, 7, 5.5], f64) % [3, -3, 2]).toArray(), (7 % b).toArray()],
    gradients: [a.grad!.toArray(), b.grad!.toArray()],
    numbers: [1 + 2, 7 % 4, 2 ** 5],
  }),
);
