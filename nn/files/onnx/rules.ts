import { grad } from "../../../core/backward.js";
import { usingConfig } from "../../../core/config.js";
import type { Function } from "../../../core/function.js";
import { generator } from "../../../core/rng.js";
import { slice } from "../../../core/slicing.js";
import { constant, type Variable, variable } from "../../../core/variable.js";
import * as F from "../../../functions/index.js";
import * as conv from "./rules/conv.js";
import * as each from "./rules/elementwise.js";
import * as indexing from "./rules/indexing.js";
import * as linalg from "./rules/linalg.js";
import * as loss from "./rules/loss.js";
import * as normalization from "./rules/normalization.js";
import * as recurrent from "./rules/recurrent.js";
import * as reduce from "./rules/reduce.js";
import * as shape from "./rules/shape.js";
import { recorded } from "./trace.js";
import type { Rule } from "./translation.js";

/**
 * A call whose last function is of the class that the line is about (or another one, counted from the end), and the rule, or the reason
 * why there is none.
 */
type Line = readonly [call: () => unknown, rule: Rule | string, place?: number];

const RANDOM = "it drops entries at random, which is for training";
const GRADIENT = "it belongs to a gradient; a file holds what a model computes, not how it learns";

const x = () =>
  constant([
    [0.1, 0.2],
    [0.3, 0.4],
  ]);
const half = () => constant([0.5, 0.5]);
const images = () =>
  variable([
    [
      [[1], [2]],
      [[3], [4]],
    ],
  ]);
const kernels = () =>
  variable([
    [[[1]], [[2]]],
    [[[3]], [[4]]],
  ]);
const steps = () => constant([[[1, 2]]]);
const gates = (n: number) => F.tile(x(), [1, n]);
const gradientOf = (f: (a: Variable) => Variable, a: Variable = variable([[1, 2]]), createGraph = false) => {
  const y = f(a);
  return grad([y], [a], { gradYs: [F.mul(y.detach(), 2)], createGraph });
};
/** The gradient of a gradient with respect to the gradient that it came from. */
const adjointOf = (f: (a: Variable) => Variable, a: Variable) => {
  const y = f(a);
  const gy = variable(y.data);
  const [gx] = grad([y], [a], { gradYs: [gy], createGraph: true });
  return grad([gx!], [gy], { gradYs: [gx!.detach()] });
};

/** Every class of functions; one that is not here goes into a file as the functions that its own forward calls. */
const LINES: readonly Line[] = [
  [() => F.exp(x()), each.unary],
  [() => F.add(x(), 1), each.operator("Add")],
  [() => F.sub(x(), 1), each.operator("Sub")],
  [() => F.mul(x(), 2), each.operator("Mul")],
  [() => F.div(x(), 2), each.operator("Div")],
  [() => F.neg(x()), each.operator("Neg")],
  [() => F.pow(x(), 3), each.powConstant],
  [() => F.pow(x(), x()), each.operator("Pow")],
  [() => F.equal(x(), 1), each.comparison],
  [() => F.where(true, x(), 1), each.where],
  [() => F.maximum(x(), 0), each.extreme],
  [() => F.clip(x(), 0, 1), each.clip],
  [() => F.leakyRelu(x()), each.leakyRelu],
  [() => F.elu(x()), each.exponentialLinear],
  [() => F.astype(x(), "int32"), each.asType],
  [() => F.softmax(x()), each.softmax("Softmax")],
  [() => F.logSoftmax(x()), each.softmax("LogSoftmax")],
  [() => F.reshape(x(), [4]), shape.reshape],
  [() => F.transpose(x()), shape.transpose],
  [() => F.broadcastTo(x(), [2, 2, 2]), shape.broadcastTo],
  [() => F.sumTo(x(), [1, 2]), shape.sumTo],
  [() => F.cat([x(), x()]), shape.cat],
  [() => F.stack([x(), x()]), shape.stack],
  [() => F.split(x(), 2), shape.split],
  [() => F.unbind(x()), shape.unbind],
  [() => F.pad(x(), 1), shape.pad],
  [() => F.flip(x()), shape.flip],
  [() => F.roll(x(), 1, { axis: 0 }), shape.roll],
  [() => F.diagonal(x()), shape.diagonal],
  [() => F.sum(x()), reduce.reduction("ReduceSum")],
  [() => F.mean(x()), reduce.reduction("ReduceMean")],
  [() => F.prod(x()), reduce.reduction("ReduceProd")],
  [() => F.max(x()), reduce.extremum],
  [() => F.argmax(x(), { axis: 0 }), reduce.argExtremum],
  [() => F.cumsum(x(), { axis: 0 }), reduce.cumsum],
  [() => F.var(x()), reduce.variance],
  [() => F.std(x()), reduce.standardDeviation],
  [() => F.logsumexp(x()), reduce.logSumExp],
  [() => F.norm(x()), reduce.reduction("ReduceL2")],
  [() => F.norm(x(), { ord: 3 }), reduce.powerNorm],
  [() => F.matmul(x(), x()), linalg.matMul],
  [() => F.linear(x(), x()), linalg.linear],
  [() => F.getItem(x(), 0), indexing.getItem],
  [() => F.segmentSum(x(), [0, 0], 1), indexing.segmentSum],
  [() => F.conv2d(images(), kernels()), conv.convolve],
  [() => F.deconv2d(images(), kernels()), conv.convolveTransposed],
  [() => F.im2col(images(), [1, 1]), conv.im2col],
  [() => F.col2im(x(), [1, 2, 2, 1], [1, 2]), conv.col2im],
  [() => F.maxPool(images(), { kernelShape: [2, 2] }), conv.pool("MaxPool")],
  [() => F.averagePool(images(), { kernelShape: [2, 2] }), conv.pool("AveragePool")],
  [() => F.layerNorm(x(), half(), half()), normalization.layerNorm],
  [() => F.batchNorm(x(), half(), half()), normalization.batchNorm],
  [() => F.scaledDotProductAttention(x(), x(), x(), { causal: true }), normalization.maskedSoftmax, -2],
  [() => F.lstm(steps(), null, null, gates(4), gates(4), null), recurrent.lstm],
  [() => F.gru(steps(), null, gates(3), gates(3), null, null), recurrent.gru],
  [() => F.rnn(steps(), null, x(), x(), null), recurrent.rnn],
  [() => F.meanSquaredError(x(), x()), loss.meanSquaredError],
  [() => F.squaredError(x(), x()), loss.squaredError],
  [() => F.meanAbsoluteError(x(), x()), loss.meanAbsoluteError],
  [() => F.huberLoss(x(), x()), loss.huberLoss],
  [() => F.sigmoidCrossEntropy(x(), x()), loss.sigmoidCrossEntropy],
  [() => F.binaryCrossEntropy(x(), x()), loss.binaryCrossEntropy],
  [() => F.softmaxCrossEntropy(x(), [0, 1]), loss.softmaxCrossEntropy],
  [() => F.dropout(x(), { training: true }), RANDOM],
  [() => gradientOf((a) => F.mul(a, a), variable([1, 2]), true), GRADIENT],
  [() => gradientOf(F.tanh), GRADIENT],
  [() => gradientOf(F.relu), GRADIENT],
  [() => gradientOf(F.softmax), GRADIENT],
  [() => gradientOf(F.diagonal), GRADIENT],
  [() => gradientOf((a) => F.getItem(a, slice(0, 1))), GRADIENT],
  [() => gradientOf((W) => F.conv2d(images().detach(), W), kernels()), GRADIENT],
  [() => gradientOf((a) => F.maxPool(a, { kernelShape: [2, 2] }), images()), GRADIENT],
  [() => gradientOf((a) => F.averagePool(a, { kernelShape: [2, 2] }), images()), GRADIENT],
  [() => adjointOf((a) => F.maxPool(a, { kernelShape: [2, 2] }), images()), GRADIENT],
];

/** What becomes of each class, found when it is first asked for. */
let found: ReadonlyMap<unknown, Rule | string> | null = null;

/** The rule of a function, the reason why there is none, or undefined for a class that the table does not know. */
export function ruleOf(fn: Function): Rule | string | undefined {
  found ??= usingConfig({ enableBackprop: true, train: true }, classes);
  return found.get(fn.constructor);
}

/**
 * The classes that the lines are about. They are known by what they do and not by their names, which bundlers change.
 */
function classes(): Map<unknown, Rule | string> {
  const { state } = generator;
  const pairs = LINES.map(([call, rule, place = -1]): [unknown, Rule | string] => [
    recorded(call).at(place)!.fn.constructor,
    rule,
  ]);
  generator.state = state;
  return new Map(pairs);
}
