import { grad, randomNormal, seed, variable, zeros } from "../../core/index.js";
import { Conv1D, Conv2D, Deconv2D } from "../../nn/index.js";

const float64 = { dtype: "float64" } as const;

beforeEach(() => seed(43));

test("stacked causal Conv1D with growing dilation see 2 ** layers entries back and none ahead", () => {
  const layers = [0, 1, 3].map((dilation) => {
    return new Conv1D({ outCh: 2, kernelWidth: 2, pad: "causal", dilation, actFn: "tanh", ...float64 });
  });
  const x = variable(randomNormal([1, 12, 1], float64));
  let y = x;
  for (const layer of layers) y = layer.forward(y);
  expect(y.shape).toEqual([1, 12, 2]);
  const gradient = zeros([1, 12, 2], float64);
  gradient.slice(0, 10).assign(randomNormal([2], float64));
  const [gx] = grad([y], [x], { gradYs: [gradient] });
  const reached = Array.from(gx!.toTypedArray()).flatMap((g, i) => (g === 0 ? [] : [i]));
  expect(reached).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
});

test.each([5, 6, 7, 8])("Deconv2D with outputPad undoes what Conv2D does to %i rows", (rows) => {
  const down = new Conv2D({ outCh: 2, kernelShape: 3, stride: 2, pad: 1 });
  const up = new Deconv2D({ outCh: 1, kernelShape: 3, stride: 2, pad: 1, outputPad: [(rows + 1) % 2, 0] });
  expect(up.forward(down.forward(zeros([1, rows, 7, 1]))).shape).toEqual([1, rows, 7, 1]);
});

test.each<
  [string, () => { forward(x: ReturnType<typeof zeros>): unknown; W: { initialized: boolean } }, number[], string]
>([
  [
    "Conv1D",
    () => new Conv1D({ outCh: 2, kernelWidth: 5 }),
    [1, 4, 3],
    "Conv1D: the kernel covers 5 entries and the input has 4 with its padding; expected a kernel that covers at most 4, or more padding",
  ],
  [
    "Deconv2D",
    () => new Deconv2D({ outCh: 2, kernelShape: 2, pad: 1 }),
    [1, 1, 5, 3],
    "Deconv2D: the padding takes 2 of the 2 rows of the output; expected at most 1",
  ],
])("%s: an input that does not fit leaves it as it was", (_, make, shape, message) => {
  const layer = make();
  expect(() => layer.forward(zeros(shape))).toThrow(new Error(message));
  expect(layer.W.initialized).toBe(false);
});

const conv = () => new Conv1D({ outCh: 2, kernelWidth: 3, inCh: 1 });
const deconv = () => new Deconv2D({ outCh: 2, kernelShape: 3, inCh: 1 });
test.each<[() => unknown, string]>([
  [() => conv().forward(zeros([4, 1])), "Conv1D: the input has shape (4, 1); expected 3 axes (N, length, channels)"],
  [() => conv().forward(zeros([1, 4, 2])), "Conv1D: the input of shape (1, 4, 2) has 2 channels; expected 1"],
  [
    () => conv().forward(zeros([1, 0, 1])),
    "Conv1D: the input of shape (1, 0, 1) has no elements; expected at least one",
  ],
  [
    () => conv().forward(zeros([1, 4, 1], float64)),
    'Conv1D: the input is float64; expected float32 (astype), or a layer made with dtype: "float64"',
  ],
  [() => new Conv1D({ outCh: 2 } as never), "Conv1D: kernelWidth is undefined; expected a whole number of at least 1"],
  [() => new Conv1D({ outCh: 0, kernelWidth: 1 }), "Conv1D: outCh is 0; expected a whole number of at least 1"],
  [() => new Conv1D({ outCh: 1, kernelWidth: 1, stride: 0 }), "Conv1D: stride is 0; expected a positive integer"],
  [
    () => new Conv1D({ outCh: 1, kernelWidth: 1, dilation: 0.5 }),
    "Conv1D: dilation is 0.5; expected a non-negative integer",
  ],
  [
    () => new Conv1D({ outCh: 1, kernelWidth: 1, pad: "valid" as never }),
    'Conv1D: pad is "valid"; expected a non-negative integer, [left, right], "same" or "causal"',
  ],
  [
    () => new Conv1D({ outCh: 1, kernelWidth: 1, padding: 1 } as never),
    "Conv1D: unknown option padding; expected some of outCh, kernelWidth, inCh, pad, stride, dilation, actFn, init, bias, dtype",
  ],
  [
    () => deconv().forward(zeros([4, 4, 1])),
    "Deconv2D: the input has shape (4, 4, 1); expected 4 axes (N, rows, cols, channels)",
  ],
  [() => deconv().forward(zeros([1, 4, 4, 2])), "Deconv2D: the input of shape (1, 4, 4, 2) has 2 channels; expected 1"],
  [
    () => deconv().forward(zeros([0, 4, 4, 1])),
    "Deconv2D: the input of shape (0, 4, 4, 1) has no elements; expected at least one",
  ],
  [
    () => deconv().forward(zeros([1, 4, 4, 1], { dtype: "int32" })),
    "Deconv2D: the input is int32; expected float32 (astype)",
  ],
  [
    () => new Deconv2D({ outCh: 1 } as never),
    "Deconv2D: kernelShape is undefined; expected a positive integer or [rows, cols] of them",
  ],
  [
    () => new Deconv2D({ outCh: 1, kernelShape: 3, stride: 2, outputPad: 2 }),
    "Deconv2D: outputPad adds 2 rows where the stride is 2 and the dilation 0; expected at most 1",
  ],
  [
    () => new Deconv2D({ outCh: 1, kernelShape: 3, stride: 2, pad: "same", outputPad: 1 }),
    'Deconv2D: pad "same" leaves no choice of the size; expected no outputPad beside it',
  ],
  [
    () => new Deconv2D({ outCh: 1, kernelShape: 3, groups: 2 } as never),
    "Deconv2D: unknown option groups; expected some of outCh, kernelShape, inCh, pad, stride, outputPad, dilation, actFn",
  ],
])("errors name the layer: %#", (run, message) => {
  expect(run).toThrow(message);
});
