import {
  constant,
  gradcheck,
  type NDArray,
  randomInt,
  randomNormal,
  seed,
  slice,
  type Variable,
  variable,
  zeros,
} from "../../core/index.js";
import "../../functions/index.js";
import { getItem } from "../../functions/indexing.js";
import { softmaxCrossEntropy } from "../../functions/loss.js";
import { mean } from "../../functions/reduce.js";
import {
  BidirectionalLSTM,
  FullyConnected,
  fromConfig,
  type Initializer,
  type Layer,
  LSTM,
  registerActivation,
  Sequential,
  SkipConnectionConvModule,
  type SkipConnectionConvOptions,
  SkipConnectionIdentityModule,
  truncNormal,
  WavenetResidualModule,
  WeightNorm,
} from "../../nn/index.js";
import { Adam } from "../../optim/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(17));

const normal = (...shape: number[]) => randomNormal(shape, { dtype: "float64" });
const shapes = (layer: Layer) => layer.namedParameters().map(([name, p]) => `${name} ${p.shape.join("x")}`);

function expectClose(actual: Variable, expected: Variable, digits = 12): void {
  expect(actual.shape).toEqual(expected.shape);
  const wanted = expected.toTypedArray();
  actual.toTypedArray().forEach((v, i) => {
    expect(v).toBeCloseTo(Number(wanted[i]), digits);
  });
}

describe("WavenetResidualModule", () => {
  const make = (options: object = {}) =>
    new WavenetResidualModule({ chResidual: 2, chDilation: 3, dtype: "float64", ...options });

  test("has its parameters from the start, under the reference's names", () => {
    const names = ["convDilation.W 4x2x3", "convDilation.b 3", "conv1x1.W 1x3x2", "conv1x1.b 2"];
    expect(shapes(make({ kernelWidth: 4 }))).toEqual(names);
    expect(shapes(make({ kernelWidth: 4, separateGates: true, bias: false }))).toEqual([
      ...["convDilation.W 4x2x3", "convGate.W 4x2x3", "conv1x1.W 1x3x2"],
    ]);
  });

  test.each([
    [2, 0, [0, 1]],
    [3, 1, [0, 2, 4]],
    [2, 7, [0, 8]],
  ])("kernel width %i with dilation %i sees the entries %j before", (kernelWidth, dilation, seen) => {
    const layer = make({ kernelWidth, dilation });
    const x = variable(normal(1, 12, 2));
    const [main] = layer.forward(x);
    getItem(main, 0, 10, 0).backward();
    const gradient = x.grad!.toArray() as number[][][];
    const reached = gradient[0]!.flatMap((entry, t) => (entry.some((g) => g !== 0) ? [10 - t] : []));
    expect(reached.reverse()).toEqual(seen);
  });

  test("blocks one after the other add up what they skip", () => {
    const [first, second] = [make(), make({ dilation: 1 })];
    const x = variable(normal(2, 5, 2));
    const [main, skip] = first.forward(x);
    const [, sum] = second.forward(main, skip);
    const [, own] = second.forward(main);
    expectClose(sum, skip.add(own), 14);
    expect(gradcheck((v) => second.forward(...first.forward(v))[1], [x], { order: 2 })).toBe(true);
  });

  refusesOptions("WavenetResidualModule", [
    [() => new WavenetResidualModule({} as never), "WavenetResidualModule: chResidual is undefined; expected a whole"],
    [() => make({ chDilation: 0 }), "WavenetResidualModule: chDilation is 0; expected a whole number of at least 1"],
    [() => make({ dilation: -1 }), "WavenetResidualModule: dilation is -1; expected a whole number of at least 0"],
    [() => make({ kernelWidth: 1.5 }), "WavenetResidualModule: kernelWidth is 1.5; expected a whole number"],
    [() => make({ separateGates: 1 }), "WavenetResidualModule: separateGates is 1; expected true or false"],
    [() => make({ init: "none" }), 'WavenetResidualModule: init is "none"; expected'],
    [() => make({ dtype: "int32" }), 'WavenetResidualModule: dtype is "int32"; expected'],
    [() => make({ kernel: 3 }), "WavenetResidualModule: unknown option kernel; expected some of chResidual"],
  ]);

  refusesCalls("WavenetResidualModule", make, (layer) => layer.forward(normal(1, 4, 2), normal(1, 4, 2)), [
    [(l) => l.forward(normal(4, 2)), "WavenetResidualModule: the input has shape (4, 2); expected 3 axes"],
    [
      (l) => l.forward(normal(1, 4, 3)),
      "WavenetResidualModule: the input of shape (1, 4, 3) has 3 channels; expected 2",
    ],
    [(l) => l.forward(zeros([1, 4, 2])), "WavenetResidualModule: the input is float32; expected float64"],
    [
      (l) => l.forward(normal(1, 4, 2), normal(1, 3, 2)),
      "WavenetResidualModule: xSkip has shape (1, 3, 2); expected that of xMain, (1, 4, 2)",
    ],
    [
      (l) => l.forward(normal(1, 4, 2), zeros([1, 4, 2])),
      "WavenetResidualModule: xSkip is float32; expected float64 as xMain",
    ],
  ]);
});

describe("modules with a skip connection", () => {
  const identity = (options: object = {}) =>
    new SkipConnectionIdentityModule({ outCh: 3, kernelShape1: 3, kernelShape2: 3, dtype: "float64", ...options });
  const conv = (options: Partial<SkipConnectionConvOptions> = {}) =>
    new SkipConnectionConvModule({
      ...{ outCh1: 3, outCh2: 4, kernelShape1: 3, kernelShape2: 3, kernelShapeSkip: 1, pad1: 1, pad2: 1 },
      ...{ dtype: "float64", ...options },
    });

  test("have the reference's names, and what is known of the shapes from the start", () => {
    expect(shapes(identity({ inCh: 2, bias: false }))).toEqual([
      ...["conv1.W 3x3x2x3", "batchnorm1.scaler 3", "batchnorm1.intercept 3"],
      ...["conv2.W 3x3x3x2", "batchnorm2.scaler 2", "batchnorm2.intercept 2"],
    ]);
    const names = shapes(conv({ inCh: 2, bias: false }));
    expect(names.slice(6)).toEqual(["convSkip.W 1x1x2x4", "batchnormSkip.scaler 4", "batchnormSkip.intercept 4"]);
    const summary = identity().summary();
    expect(summary).toContain("conv2 Conv2D");
    expect(summary).toContain("W (3, 3, 3, ?)  b (?,)");
  });

  test("a state that does not fit is refused before the first forward", () => {
    const state = identity({ inCh: 2 }).stateDict();
    const fresh = identity();
    expect(() => fresh.loadStateDict({ ...state, "conv2.W": normal(3, 3, 4, 2) })).toThrow(
      "conv2.W has shape (3, 3, 4, 2); expected (3, 3, 3, ?)",
    );
    fresh.loadStateDict(state);
    const x = normal(2, 4, 4, 2);
    const same = fromConfig(fresh.config()) as SkipConnectionIdentityModule;
    same.loadStateDict(state);
    expect(same.forward(x).toArray()).toEqual(fresh.forward(x).toArray());
  });

  test("an initializer that fails in a later layer leaves all layers as they were", () => {
    for (const make of [conv, identity]) {
      let left = 1;
      const init: Initializer = (shape, options) => (left-- > 0 ? truncNormal(shape, options) : zeros([1]));
      const module = make({ init });
      const known = module.parameters().map((p) => p.initialized);
      expect(() => module.forward(normal(1, 4, 4, 2))).toThrow("init drew (1,), float32; expected an NDArray");
      expect(module.parameters().map((p) => p.initialized)).toEqual(known);
      expect(module.conv1.W.initialized).toBe(false);
      left = 100;
      expect(module.forward(normal(1, 4, 4, 5)).shape.slice(0, 3)).toEqual([1, 4, 4]);
    }
  });

  test("the skip connection is padded for each size of images anew", () => {
    const module = conv({ kernelShapeSkip: 3, stride1: 2, strideSkip: 2 });
    for (const [rows, cols] of [
      [8, 8],
      [5, 8],
      [1, 3],
    ] as const) {
      expect(module.forward(normal(2, rows, cols, 2)).shape).toEqual([2, Math.ceil(rows / 2), Math.ceil(cols / 2), 4]);
    }
  });

  test("in ResNet's order the first batch norm sees the convolution alone, else its activation", () => {
    for (const normFirst of [false, true]) {
      const module = identity({ actFn: "relu", normFirst });
      let seen: Variable | undefined;
      module.batchnorm1.onForward((_, [x]) => {
        seen = x as Variable;
      });
      const y = module.forward(normal(2, 4, 4, 2));
      expect(seen!.toTypedArray().some((v) => v < 0)).toBe(normFirst);
      expect(y.toTypedArray().every((v) => v >= 0)).toBe(true);
    }
  });

  test("an activation without a name has no config, and the error names the module", () => {
    const twice = (x: Variable) => x.mul(2);
    expect(() => identity({ actFn: twice }).config()).toThrow("SkipConnectionIdentityModule: a config cannot hold");
    registerActivation("twice in modules", twice);
    expect(identity({ actFn: twice }).config().hyperparameters.actFn).toBe("twice in modules");
  });

  test("a weight in it can be reparametrized before the first forward", () => {
    const plain = identity();
    seed(4);
    const wanted = plain.forward(normal(1, 4, 4, 2));
    const inner = identity();
    const wrapped = new WeightNorm(inner, { name: "conv2.W" });
    seed(4);
    expectClose(wrapped.forward(normal(1, 4, 4, 2)), wanted);
    expect(inner.namedParameters().map(([name]) => name)).not.toContain("conv2.W");
  });

  test("learn, in an optimizer that was made before the first forward", () => {
    const x = randomNormal([24, 6, 6, 2]);
    const t = randomInt(0, 3, [24]);
    const features = new Sequential(
      new SkipConnectionConvModule({
        ...{ outCh1: 6, outCh2: 6, kernelShape1: 3, kernelShape2: 3, kernelShapeSkip: 1, pad1: 1, pad2: 1 },
        ...{ stride1: 2, strideSkip: 2, actFn: "relu", normFirst: true },
      }),
      new SkipConnectionIdentityModule({ outCh: 6, kernelShape1: 3, kernelShape2: 3, actFn: "relu" }),
    );
    const head = new FullyConnected({ nOut: 3 });
    const optimizer = new Adam([...features.parameters(), ...head.parameters()], { lr: 0.02 });
    const step = () => {
      const loss = softmaxCrossEntropy(head.forward(mean(features.forward(x), { axis: [1, 2] })), t);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.data.item();
    };
    const losses = Array.from({ length: 40 }, step);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 5);
  });

  refusesOptions("the modules", [
    [() => identity({ outCh: 0 }), "SkipConnectionIdentityModule: outCh is 0; expected a whole number of at least 1"],
    [() => identity({ inCh: 1.5 }), "SkipConnectionIdentityModule: inCh is 1.5; expected a whole number"],
    [() => identity({ kernelShape2: 0 }), "SkipConnectionIdentityModule: conv2: kernelShape is 0; expected a positive"],
    [() => identity({ stride1: [1, 0] }), "SkipConnectionIdentityModule: conv1: stride is [1, 0]; expected a positive"],
    [() => identity({ pad1: 1 }), "SkipConnectionIdentityModule: unknown option pad1; expected some of outCh"],
    [() => identity({ actFn: "rellu" }), 'SkipConnectionIdentityModule: actFn is "rellu"; expected'],
    [() => identity({ init: 3 }), "SkipConnectionIdentityModule: init is 3; expected"],
    [() => identity({ normFirst: "yes" }), 'SkipConnectionIdentityModule: normFirst is "yes"; expected true or false'],
    [() => identity({ epsilon: -1 }), "SkipConnectionIdentityModule: epsilon is -1; expected a finite number"],
    [() => identity({ momentum: 2 }), "SkipConnectionIdentityModule: momentum is 2; expected a number from 0 to 1"],
    [() => identity({ bias: 0 }), "SkipConnectionIdentityModule: bias is 0; expected true or false"],
    [() => identity({ dtype: "bool" }), 'SkipConnectionIdentityModule: dtype is "bool"; expected'],
    [() => conv({ outCh2: -1 }), "SkipConnectionConvModule: outCh2 is -1; expected a whole number of at least 1"],
    [() => conv({ pad1: "valid" as never }), 'SkipConnectionConvModule: conv1: pad is "valid"; expected'],
    [() => conv({ pad2: [1, 2, 3] }), "SkipConnectionConvModule: conv2: pad is [1, 2, 3]; expected"],
    [() => conv({ strideSkip: 0 }), "SkipConnectionConvModule: convSkip: stride is 0; expected a positive integer"],
    [() => conv({ kernelShapeSkip: undefined }), "SkipConnectionConvModule: convSkip: kernelShape is undefined"],
  ]);

  const images = () => normal(1, 5, 5, 2);
  refusesCalls("SkipConnectionIdentityModule", identity, (l) => l.forward(images()), [
    [(l) => l.forward(normal(5, 5, 2)), "SkipConnectionIdentityModule: the input has shape (5, 5, 2); expected 4 axes"],
    [
      (l) => l.forward(normal(1, 5, 5, 3)),
      "SkipConnectionIdentityModule: the input of shape (1, 5, 5, 3) has 3 channels",
    ],
    [(l) => l.forward(zeros([1, 5, 5, 2])), "SkipConnectionIdentityModule: the input is float32; expected float64"],
  ]);
  refusesCalls(
    "SkipConnectionConvModule",
    () => conv({ pad1: 0, pad2: 0, kernelShapeSkip: 5 }),
    (l) => l.forward(images()),
    [
      [
        (l) => l.forward(normal(1, 5, 5, 3)),
        "SkipConnectionConvModule: the input of shape (1, 5, 5, 3) has 3 channels",
      ],
      [
        (l) => l.forward(normal(1, 2, 5, 2)),
        "SkipConnectionConvModule: conv1: the kernel covers 3 rows and the input has 2 with its padding",
      ],
      [
        (l) => l.forward(normal(1, 5, 4, 2)),
        "SkipConnectionConvModule: conv2: the kernel covers 3 columns and the input has 2 with its padding",
      ],
    ],
  );
  refusesCalls(
    "SkipConnectionConvModule with an impossible skip connection",
    () => conv({ stride1: 2, kernelShapeSkip: [2, 1], strideSkip: [2, 1] }),
    (l) => l.forward(normal(1, 4, 1, 2)),
    [
      [
        (l) => l.forward(normal(1, 4, 4, 2)),
        "SkipConnectionConvModule: of the input (1, 4, 4, 2) the main path makes 2 columns and convSkip, with kernel 1 and " +
          "stride 1, at least 4; expected a larger kernelShapeSkip or strideSkip",
      ],
    ],
  );
});

describe("BidirectionalLSTM", () => {
  const make = (options: object = {}) => new BidirectionalLSTM({ nOut: 3, dtype: "float64", ...options });

  test("is two LSTMs, of which one runs in reverse", () => {
    const layer = make({ nIn: 2, actFn: "softplus", gateFn: "hard_sigmoid" });
    const [fwd, bwd] = [false, true].map((reverse) => {
      const lstm = new LSTM({ nOut: 3, reverse, actFn: "softplus", gateFn: "hard_sigmoid", dtype: "float64" });
      const at = reverse ? "cellBwd." : "cellFwd.";
      const own = Object.entries(layer.stateDict()).filter(([name]) => name.startsWith(at));
      lstm.loadStateDict(Object.fromEntries(own.map(([name, value]) => [name.replace(at, "cells.0."), value])));
      return lstm;
    }) as [LSTM, LSTM];
    const [x, A, C] = [normal(2, 2, 5), normal(2, 2, 3), normal(2, 2, 3)].map((v: NDArray) => constant(v));
    const [y, [lastA, lastC]] = layer.forwardWithState(x!, [A!, C!]);
    [fwd, bwd].forEach((lstm, i) => {
      const part = slice(i, i + 1);
      const [wanted, [wantedA, wantedC]] = lstm.forwardWithState(x!, [getItem(A!, part), getItem(C!, part)]);
      expectClose(getItem(y, slice(), slice(3 * i, 3 * i + 3)), wanted);
      expectClose(getItem(lastA, part), wantedA);
      expectClose(getItem(lastC, part), wantedC);
    });
    // The last backward output is that of the first step.
    expectClose(getItem(lastA, 1), getItem(y, slice(), slice(3, 6), 0));
  });

  test("goes into a Sequential, and summary shows either way to call it", () => {
    const layer = make();
    const model = new Sequential(layer, make({ mergeMode: "sum" }));
    expect(model.forward(normal(2, 4, 5)).shape).toEqual([2, 3, 5]);
    expect(layer.summary()).toContain("(2, 6, 5)");
    layer.forwardWithState(normal(1, 4, 2));
    expect(layer.outputShapes).toEqual([[1, 6, 2]]);
    expect(shapes(layer)[0]).toBe("cellFwd.Wf 7x3");
    expect(shapes(layer)[8]).toBe("cellBwd.Wf 7x3");
  });

  refusesOptions("BidirectionalLSTM", [
    [
      () => make({ mergeMode: "ave" }),
      'BidirectionalLSTM: mergeMode is "ave"; expected "concat" or "sum" or "average"',
    ],
    [() => make({ nOut: 0 }), "BidirectionalLSTM: nOut is 0; expected a whole number of at least 1"],
    [() => make({ numLayers: 2 }), "BidirectionalLSTM: unknown option numLayers; expected some of nOut"],
    [() => make({ gateFn: "foo" }), "BidirectionalLSTM: gateFn"],
  ]);
  refusesCalls("BidirectionalLSTM", make, (l) => l.forward(normal(2, 4, 3)), [
    [(l) => l.forward(normal(2, 4)), "BidirectionalLSTM: the input has shape (2, 4); expected 3 axes (N, nIn, nT)"],
    [(l) => l.forward(normal(2, 5, 3)), "BidirectionalLSTM: the input of shape (2, 5, 3) has 5 features; expected 4"],
    [(l) => l.forward(zeros([2, 4, 3])), "BidirectionalLSTM: the input is float32; expected float64"],
    [
      (l) => l.forward(normal(2, 4, 3), [normal(2, 2, 3), normal(1, 2, 3)]),
      "BidirectionalLSTM: the state C has shape (1, 2, 3); expected (2, N, nOut), here (2, 2, 3)",
    ],
    [
      (l) => l.forward(normal(2, 4, 3), normal(2, 2, 3) as never),
      "BidirectionalLSTM: the state is a NDArray; expected",
    ],
  ]);
});
