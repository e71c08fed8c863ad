/* Checked by the compiler alone: see types.test.ts. `satisfies` errs when a shape is wrong, and `same` when it is not exact. */
import {
  array,
  constant,
  type NDArray,
  type Operand,
  Parameter,
  randomNormal,
  type Shape,
  type Variable,
  variable,
  zeros,
} from "retrograd";
import * as F from "retrograd/functions";
import { FullyConnected, ReLU, Sequential } from "retrograd/nn";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<Expected>(): <Actual>(value: Actual, equal: Equal<Actual, Expected>) => void;

declare const any: Variable;
declare const rows: Variable<[number, 784]>;
const x = variable(zeros([2, 3]));

// Where literal shapes come from.
same<Variable<[2, 3]>>()(x, true);
same<NDArray<[2, 3]>>()(randomNormal([2, 3], { std: 2 }), true);
same<Variable<[3, 2]>>()(
  constant([
    [1, 2],
    [3, 4],
    [5, 6],
  ]),
  true,
);
same<Variable>()(variable(0), true);
same<Variable>()(variable(zeros([Number(1), 3])), true);
same<Variable>()(variable([[1], [2]] as number[][]), true);
same<NDArray<[2]>>()(array([true, false]), true);
same<Variable<[2, 3]>>()(any.asShape([2, 3]), true);
same<Variable<[number, 784]>>()(any.asShape([-1, 784]), true);

// Through functions and methods.
same<Variable<[2, 5]>>()(x.matmul(zeros([3, 5])), true);
same<Variable<[2, 5]>>()(F.matmul(x, zeros([3, 5])), true);
same<Variable<[number, 10]>>()(rows.matmul(zeros([784, 10])), true);
same<Variable<[2, 3]>>()(
  x
    .add(1)
    .mul([1, 2, 3])
    .sub(x)
    .div(x.sum({ axis: 1, keepdims: true }))
    .exp()
    .tanh(),
  true,
);
same<Variable<[4, 3]>>()(F.add(zeros([4, 1]), zeros([3])), true);
same<Variable<[2, 3]>>()(F.relu(F.softmax(x)).clip(0, 1).astype("float64"), true);
same<Variable<[]>>()(x.sum(), true);
same<Variable<[2]>>()(x.mean({ axis: -1 }), true);
same<Variable<[1, 3]>>()(F.max(x, { axis: 0, keepdims: true }), true);
same<Variable<[3]>>()(x.argmax({ axis: 0 }), true);
same<Variable<[3, 2]>>()(x.T, true);
same<Variable<[4, 2, 3]>>()(F.transpose(zeros([2, 3, 4]), [-1, 0, 1]), true);
same<Variable<[3, 2]>>()(x.reshape(3, -1), true);
same<Variable<[32, 784]>>()(F.reshape(zeros([32, 28, 28]), [32, -1]), true);
same<Variable<[6]>>()(x.flatten(), true);
same<Variable<[7, 2, 3]>>()(x.broadcastTo([7, 2, 3]), true);
same<Variable<[6, 3]>>()(F.cat([x, zeros([4, 3])]), true);
same<Variable<[2, 2, 3]>>()(F.stack([x, x]), true);
same<Variable<[2, 1, 3]>>()(x.expandDims(1), true);
same<Variable<[2, 3]>>()(x.expandDims(0).squeeze({ axis: 0 }), true);
same<Variable<[2, 3]> | null>()(x.grad, true);

// Layers.
const layer = new FullyConnected({ nIn: 784, nOut: 10 });
same<Variable<[32, 10]>>()(layer.forward(zeros([32, 784])), true);
same<Variable<[number, 10]>>()(new ReLU().forward(layer.forward(rows)), true);
same<Variable>()(layer.forward(any), true);
new Sequential(layer, new ReLU(), new FullyConnected({ nOut: 3 })).forward(x) satisfies Variable;

// What is not known fits, either way, and stays unknown.
same<Variable>()(any.add(x), true);
same<Variable>()(any.matmul(x).reshape([2, 3]), true);
export const exact = (y: Variable<[2, 3]>): Variable => y;
exact(any);
exact(x);
exact(new Parameter(zeros([2, 3])));
export let reassigned = variable(zeros([2, 3]));
reassigned = any;
export const list = [variable(zeros([2, 3]))];
list.push(any);
same<Variable>()(Math.random() < 0.5 ? any : x, true);
export const parameters: Parameter[] = [new Parameter(zeros([2, 3])), new Parameter(zeros([4]))];
export const layers: FullyConnected[] = [layer, new FullyConnected({ nOut: 3 })];

// One shape or another, as a condition gives it.
declare const either: Variable<[2, 3]> | Variable<[4, 3]>;
same<Variable<[2, 3] | [4, 3]>>()(either.add(1).mul(zeros([3])), true);
same<Variable<[2, 5] | [4, 5]>>()(either.matmul(zeros([3, 5])), true);
same<Variable<[2] | [4]>>()(either.sum({ axis: 1 }), true);
same<Variable<[6 | 12]>>()(either.reshape(-1), true);
[either.exp(), either.T, either.transpose(), either.flatten(), either.argmax({ axis: 0 })] satisfies Variable[];
[either.squeeze(), either.expandDims(0), either.swapaxes(0, 1), either.cumsum({ axis: 0 })] satisfies Variable[];
[either.sub(either), F.add(either, either), F.matmul(either, zeros([3, 2])), ...either.unbind()] satisfies Variable[];

// Code that was written for Variables without shapes.
export const functions: ((a: Operand, b: Operand) => Variable)[] = [F.add, F.matmul, F.less, F.maximum];
export const reductions: Record<string, typeof F.sum> = { sum: F.sum, mean: F.mean, var: F.var, norm: F.norm };
export const pairwise = [F.add, F.mul].map((fn) => fn(x, x));
export const polynomial = <T extends Operand>(y: T): Variable => F.add(F.mul(y, y), 1);
export const centred = <T extends Variable>(y: T) => y.sub(y.mean({ axis: -1, keepdims: true })).exp();
export const scaled = <S extends Shape>(y: Variable<S>): Variable => y.mul(2).sum({ axis: 0 });
export class Doubling extends FullyConnected {
  override forward(y: Operand): Variable {
    return super.forward(y).mul(2);
  }
}

// What does not fit is refused.
// @ts-expect-error
export const mismatch: Variable<[2, 4]> = x;
// @ts-expect-error
list.push(variable(zeros([5, 5])));
