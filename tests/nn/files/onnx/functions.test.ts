import { grad } from "../../../../core/backward.js";
import { testMode } from "../../../../core/config.js";
import { isFloat } from "../../../../core/dtype.js";
import { noGrad } from "../../../../core/index.js";
import { Variable } from "../../../../core/variable.js";
import { ruleOf } from "../../../../nn/files/onnx/rules.js";
import { recorded } from "../../../../nn/files/onnx/trace.js";
import { exportOnnx, Layer } from "../../../../nn/index.js";
import type { FunctionCase } from "../../../functions/table/case.js";
import { functionCases } from "../../../functions/table/index.js";
import { inputArrays, outputs, run } from "../../../functions/table/run.js";
import { difference, Runtime } from "./runtime.js";

const titleOf = ({ name, label }: FunctionCase) => `${name}: ${label}`;

/** Cases that cannot be exported with all their inputs open, and what the error says of the reason. */
const REFUSED: readonly (readonly [cases: RegExp, reason: RegExp])[] = [
  [
    /^(dropout: (half|three|all|scalar|empty)|scaledDotProductAttention: dropout)/,
    /Dropout: it drops entries at random/,
  ],
  [
    /^takeAlongAxis: ids that broadcast/,
    /GetItem: the positions that it takes come from the inputs by a way that is no function/,
  ],
  [/^graphPropagate: (weighted )?edges/, /SegmentSum: the segments come from the inputs by a way that is no function/],
  [/^getItem: bool Variable/, /GetItem: the positions that it takes .* \(a mask/],
  [/^getItem: scalar int32/, /GetItem: a position in its index depends on the lengths or the values/],
  [
    /^softmaxCrossEntropy: (?!.*(probabilities|one-hot))(ignored classes next|.*(ignored|weight)|all options)/,
    /(no function made it|come from the inputs by a way that is no function|what is computed depends on)/,
  ],
  [/^softmaxCrossEntropySimple/, /Sub: an array .* differs with the inputs, or is random, and no function made it/],
  [
    /^(accuracy|batchNorm: the moments)/,
    /the output output0.0: (an array .* no function made it|it is an array that no function made)/,
  ],
];

/** Cases that the runtime itself does not take: it ends at a sequence without examples. */
const RUNTIME = /^(lstm|gru|rnn): empty batch/;

class Cases extends Layer {
  constructor(private readonly cases: readonly FunctionCase[]) {
    super();
  }

  forward(...inputs: Variable[][]): Variable[][] {
    return this.cases.map((fc, i) => outputs(fc, inputs[i]!));
  }
}

const inputsOf = (fc: FunctionCase) => inputArrays(fc, "float32").map((x) => new Variable(x, false));
const refused = functionCases.filter((fc) => REFUSED.some(([cases]) => cases.test(titleOf(fc))));
const exported = functionCases.filter((fc) => !refused.includes(fc) && !RUNTIME.test(titleOf(fc)));
const byName = new Map<string, FunctionCase[]>();
for (const fc of exported) byName.set(fc.name, [...(byName.get(fc.name) ?? []), fc]);

describe("functions in ONNX Runtime", () => {
  let runtime: Runtime;
  beforeAll(() => {
    runtime = new Runtime();
  });
  afterAll(() => runtime.close());

  test.each([...byName])("%s computes the same in all its cases", async (_, cases) => {
    const layer = new Cases(cases);
    const inputs = cases.map(inputsOf);
    const flat = inputs.flat();
    const names = flat.map((_, i) => `x${i}`);
    const bytes = await exportOnnx(layer, inputs, { dynamicAxes: {}, inputNames: names });
    const expected = noGrad(() => testMode(() => layer.forward(...inputs)));
    const got = Object.values(await runtime.run(bytes, Object.fromEntries(flat.map((x, i) => [names[i]!, x]))));
    const wrong = cases.flatMap((fc, i) => {
      const most = Math.max(...expected[i]!.map((y) => difference(got.shift()!, y)));
      return most < 1e-5 ? [] : [`${titleOf(fc)}: ${most}`];
    });
    expect(wrong).toEqual([]);
  });

  test.each(refused.map((fc) => [titleOf(fc), fc] as const))(
    "%s is refused, and the error says why",
    async (title, fc) => {
      const [, reason] = REFUSED.find(([cases]) => cases.test(title))!;
      await expect(exportOnnx(new Cases([fc]), [inputsOf(fc)], { dynamicAxes: {} })).rejects.toThrow(reason);
    },
  );
});

test("every class of functions, also of gradients of gradients, has a rule or a reason why it has none", () => {
  const unknown = new Set<string>();
  for (const fc of functionCases) {
    const calls = recorded(() => {
      const { inputs, ys, gradients } = run(fc, "float64");
      if (fc.order === 0 || fc.order === 1) return;
      const xs = inputs.filter((x) => isFloat(x.dtype));
      const gradYs = ys.filter((y) => y.requiresGrad).map((y) => new Variable(y.data, true));
      const again = grad(
        ys.filter((y) => y.requiresGrad),
        xs,
        { gradYs, createGraph: true },
      ).filter((g) => g.requiresGrad);
      if (again.length === 0) return;
      const starts = again.map((g) => new Variable(g.data, false));
      grad(again, [...xs, ...gradYs], { gradYs: starts, allowUnused: true });
      expect(gradients.length).toBe(xs.length);
    });
    for (const { fn, inputs, outputs: made } of calls) {
      if (ruleOf(fn) === undefined && !made.every((y) => inputs.includes(y))) unknown.add(fn.name);
    }
  }
  expect([...unknown]).toEqual([]);
});
