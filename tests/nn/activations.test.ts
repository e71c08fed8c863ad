import { grad } from "../../core/backward.js";
import { array, seed, type Variable, variable } from "../../core/index.js";
import * as F from "../../functions/index.js";
import { resolveActivation } from "../../nn/activations.js";
import * as nn from "../../nn/index.js";
import { Conv2D, FullyConnected, fromConfig } from "../../nn/index.js";

type Spec = nn.ActivationSpec;

/** Numbers on either side of every kink, and far out. */
const X = [-1000, -7.5, -2.25, -0.6, 0.4, 1.3, 2.75, 9];

/** The value and the first two derivatives of `f`; null for one that is not there, since the one before does not depend on x. */
function derivatives(f: (x: Variable) => Variable): unknown[] {
  const x = variable(array(X, { dtype: "float64" }));
  const along = (order: number) => array(Float64Array.from(X, (_, i) => 0.5 + i / 7 + order));
  const y = f(x);
  const [first] = grad([y], [x], { gradYs: [along(1)], createGraph: true });
  if (!first!.requiresGrad) return [y.toArray(), first!.toArray(), null];
  const [second] = grad([first!], [x], { gradYs: [along(2)], allowUnused: true });
  return [y.toArray(), first!.toArray(), second?.toArray() ?? null];
}

/** The ways to ask for an activation, what they mean, its name in a config and its gain. */
const known: [text: string | null, f: (x: Variable) => Variable, gain: number, specs: Spec[]][] = [
  [null, (x) => x, 1, [null, "identity", "Identity", "linear", "Identity()", { name: "identity" }, new nn.Identity()]],
  ["relu", F.relu, Math.SQRT2, ["relu", "ReLU", "RELU", "re_lu", F.relu, { name: "ReLU" }, new nn.ReLU()]],
  [
    "leakyRelu",
    (x) => F.leakyRelu(x, { alpha: 0.3 }),
    Math.sqrt(2 / 1.09),
    [
      ...["leakyRelu", "LeakyReLU", "leaky relu", "Leaky ReLU", "leaky_relu", "leaky-relu", "leaky relu(alpha=0.3)"],
      ...[F.leakyRelu, { name: "leaky_relu" }, new nn.LeakyReLU()],
    ],
  ],
  [
    "leakyRelu(alpha=0.1)",
    (x) => F.leakyRelu(x, { alpha: 0.1 }),
    Math.sqrt(2 / 1.01),
    [
      ...["Leaky ReLU(alpha=0.1)", "leaky_relu(Alpha = 1e-1)", "LeakyReLU( alpha=.1 )"],
      ...[
        { name: "leakyRelu", alpha: 0.1 },
        { layer: "LeakyReLU", hyperparameters: { alpha: 0.1 } },
      ],
      new nn.LeakyReLU({ alpha: 0.1 }),
    ],
  ],
  ["elu", F.elu, 1, ["elu", "ELU", "ELU(alpha=1.0)", F.elu, new nn.ELU()]],
  ["elu(alpha=-0.5)", (x) => F.elu(x, { alpha: -0.5 }), 1, ["ELU(alpha=-0.5)", new nn.ELU({ alpha: -0.5 })]],
  ["selu", F.selu, 1, ["selu", "SELU", "SELU()", F.selu, new nn.SELU()]],
  ["gelu", F.gelu, 1, ["gelu", "GELU", "GELU(approximate=True)", F.gelu, new nn.GELU()]],
  [
    "gelu(approximate=false)",
    (x) => F.gelu(x, { approximate: false }),
    1,
    ["GELU(approximate=False)", "gelu(approximate=false)", new nn.GELU({ approximate: false })],
  ],
  ["tanh", F.tanh, 5 / 3, ["tanh", "Tanh", F.tanh, new nn.Tanh()]],
  ["sigmoid", F.sigmoid, 1, ["sigmoid", "Sigmoid", F.sigmoid, new nn.Sigmoid()]],
  [
    "hardSigmoid",
    F.hardSigmoid,
    1,
    ["hardsigmoid", "Hard Sigmoid", "HardSigmoid", "hard_sigmoid", F.hardSigmoid, new nn.HardSigmoid()],
  ],
  ["softplus", F.softplus, 1, ["softplus", "SoftPlus", "soft_plus", F.softplus, new nn.SoftPlus()]],
  ["exponential", F.exp, 1, ["exponential", "Exponential", "exp", F.exp, new nn.Exponential()]],
  ["affine", (x) => x, 1, ["affine", "Affine(slope=1, intercept=0)", "affine(slope=1.0)", F.affine, new nn.Affine()]],
  [
    "affine(slope=2, intercept=-1.5)",
    (x) => F.affine(x, { slope: 2, intercept: -1.5 }),
    1,
    ["Affine(slope=2, intercept=-1.5)", new nn.Affine({ slope: 2, intercept: -1.5 })],
  ],
  ["softmax", F.softmax, 1, ["softmax", "Softmax", "softmax(axis=-1)", F.softmax, new nn.Softmax()]],
  ["softmax(axis=0)", (x) => F.softmax(x, { axis: 0 }), 1, ["softmax(axis=0)", new nn.Softmax({ axis: 0 })]],
  ["logSoftmax", F.logSoftmax, 1, ["logSoftmax", "log_softmax", F.logSoftmax]],
  ["logSoftmax(axis=0)", (x) => F.logSoftmax(x, { axis: 0 }), 1, ["log_softmax(axis=0)"]],
];

const cases = known.flatMap(([text, f, gain, specs]) =>
  specs.map((spec) => ({ label: label(spec), spec, text, f, gain })),
);

function label(spec: Spec): string {
  if (typeof spec === "function") return `the function ${spec.name}`;
  return spec instanceof nn.Layer ? `new ${spec.constructor.name}` : JSON.stringify(spec);
}

describe.each(cases)("actFn $label", ({ spec, text, f, gain }) => {
  test("means the function with its derivatives and gain", () => {
    const activation = resolveActivation("Test", spec);
    expect(derivatives(activation.apply)).toEqual(derivatives(f));
    expect(activation.gain).toBeCloseTo(gain, 14);
  });

  test("comes back from a layer's config, with its arguments", () => {
    const layer = new FullyConnected({ nOut: 3, nIn: 2, actFn: spec, dtype: "float64" });
    const config = JSON.parse(JSON.stringify(layer.config()));
    expect(config.hyperparameters.actFn).toBe(text);
    const rebuilt = fromConfig(config) as FullyConnected;
    expect(rebuilt.config()).toEqual(config);
    rebuilt.loadStateDict(layer.stateDict());
    const x = array(
      [
        [-3, 1],
        [0.5, 2],
      ],
      { dtype: "float64" },
    );
    expect(rebuilt.forward(x).toArray()).toEqual(layer.forward(x).toArray());
    expect(rebuilt.forward(x).toArray()).toEqual(f(F.linear(x, layer.W, layer.b!)).toArray());
  });
});

const tested = new Set(known.map(([text]) => text ?? "identity"));

test("every activation that is a layer is one by its class's name too, and the other way round", () => {
  const classes = Object.values(nn).filter(
    (value): value is new () => nn.ActivationLayer =>
      typeof value === "function" && value.prototype instanceof nn.ActivationLayer,
  );
  expect(classes.length).toBe(13);
  for (const ActivationClass of classes) {
    const layer = new ActivationClass();
    expect(layer.config().layer).toBe(ActivationClass.name);
    const byName = resolveActivation("Test", ActivationClass.name);
    expect(derivatives(byName.apply)).toEqual(derivatives((x) => layer.forward(x)));
    expect(resolveActivation("Test", layer.config()).text).toBe(byName.text);
    expect(tested.has(layer.activation.text ?? "")).toBe(true);
  }
});

test("activations without arguments stay the functions they are, which fused kernels know", () => {
  expect(resolveActivation("Test", "Tanh").apply).toBe(F.tanh);
  expect(resolveActivation("Test", "sigmoid").apply).toBe(F.sigmoid);
  expect(resolveActivation("Test", new nn.ReLU()).apply).toBe(F.relu);
});

test("a function without a name is applied as it is, and has no config before it is registered", () => {
  const cube = (x: Variable) => F.pow(x, 3);
  const layer = new Conv2D({ outCh: 1, kernelShape: 1, actFn: cube });
  expect(resolveActivation("Test", cube)).toEqual({ apply: cube, gain: 1, text: null });
  expect(() => layer.config()).toThrow("Conv2D: a config cannot hold the function cube; expected actFn by name");
  nn.registerActivation("opposite of roots", cube, { gain: 0.5 });
  expect(layer.config().hyperparameters.actFn).toBe("opposite of roots");
  expect(resolveActivation("Test", "OppositeOfRoots").gain).toBe(0.5);
  expect(resolveActivation("Test", cube).gain).toBe(0.5);
});

test.each<[() => unknown, string]>([
  [() => nn.registerActivation("Leaky_ReLU", F.relu), "registerActivation: Leaky_ReLU is registered already"],
  [() => nn.registerActivation("exp", F.relu), "registerActivation: exp is registered already"],
  [() => nn.registerActivation("f(x)", F.relu), 'registerActivation: "f(x)" is no name'],
  [() => nn.registerActivation("fresh", 3 as never), "registerActivation: fresh is 3; expected a function"],
  [
    () => nn.registerActivation("fresh", F.relu, { gain: Number.NaN }),
    "registerActivation: gain is NaN; expected a finite",
  ],
])("registerActivation refuses, and registers nothing: %#", (call, message) => {
  expect(call).toThrow(message);
  expect(() => resolveActivation("Test", "fresh")).toThrow('Test: actFn is "fresh"');
});

describe("errors name the layer and what there is", () => {
  const all =
    "identity, relu, leakyRelu, elu, selu, gelu, tanh, sigmoid, hardSigmoid, softplus, exponential, affine, softmax, logSoftmax";
  test.each<[unknown, string]>([
    ["rellu", `FullyConnected: actFn is "rellu"; expected null, a function or one of ${all}`],
    ["rellu(alpha=1)", 'FullyConnected: actFn is "rellu(alpha=1)"; expected null, a function or one of identity'],
    [undefined, "FullyConnected: actFn is undefined"],
    [3, "FullyConnected: actFn is 3; expected null, a function or one of identity"],
    [{}, "FullyConnected: actFn is a Object; expected null"],
    [{ name: "swishy" }, 'FullyConnected: actFn is "swishy"; expected null'],
    [new nn.Dropout(), "FullyConnected: actFn is a Dropout; expected null"],
    [nn.ReLU, "FullyConnected: actFn is the class ReLU; expected new ReLU(), or a name"],
    [nn.Dropout, "FullyConnected: actFn is the class Dropout; expected new Dropout(), or a name"],
    ["relu(alpha=1)", "FullyConnected: actFn relu: unknown argument alpha; it takes none"],
    ["leaky_relu(slope=1)", "FullyConnected: actFn leakyRelu: unknown argument slope; expected alpha"],
    ["leaky_relu(alpha=x)", 'FullyConnected: actFn leakyRelu: alpha is "x"; expected a finite number'],
    ["leaky_relu(0.1)", 'FullyConnected: actFn is "leaky_relu(0.1)": "0.1" has no key'],
    ["gelu(approximate=tanh)", 'FullyConnected: actFn gelu: approximate is "tanh"; expected true or false'],
    ["affine(slope=2, slope=3)", "FullyConnected: actFn affine: slope is given twice"],
    ["softmax(axis=0.5)", "FullyConnected: actFn softmax: axis is 0.5; expected a whole number"],
    [JSON.parse('{"name": "relu", "__proto__": 1}'), "FullyConnected: actFn relu: unknown argument __proto__"],
  ])("%j", (actFn, message) => {
    const make = () => new FullyConnected({ nOut: 1, actFn: actFn as never });
    if (actFn === undefined) expect(make).not.toThrow();
    else expect(make).toThrow(message);
    expect(() => resolveActivation("FullyConnected", actFn as never)).toThrow(message);
  });

  test.each<[() => unknown, string]>([
    [() => new nn.LeakyReLU({ slope: 1 } as never), "LeakyReLU: unknown option slope; expected some of alpha"],
    [() => new nn.LeakyReLU({ alpha: Infinity }), "LeakyReLU: alpha is Infinity; expected a finite number"],
    [() => new nn.ELU({ alpha: "1" as never }), 'ELU: alpha is "1"; expected a finite number'],
    [() => new nn.GELU({ approximate: 1 as never }), "GELU: approximate is 1; expected true or false"],
    [() => new nn.Affine({ intercept: null as never }), "Affine: intercept is null; expected a finite number"],
    [() => new nn.ReLU({ alpha: 1 } as never), "ReLU: unknown option alpha"],
    [() => new nn.ReLU(3 as never), "ReLU: expected an object of options"],
    [() => new nn.Tanh().forward(array([1, 2], { dtype: "int32" })), "Tanh: the input is int32; expected float32 or"],
    [() => new nn.Tanh().forward(array([])), "Tanh: the input of shape (0,) has no elements"],
  ])("%#", (call, message) => {
    expect(call).toThrow(message);
  });
});

test("calculateGain has PyTorch's table, with our alpha, and 1 for the rest", () => {
  expect(nn.calculateGain("linear")).toBe(1);
  expect(nn.calculateGain("sigmoid")).toBe(1);
  expect(nn.calculateGain("Tanh")).toBe(5 / 3);
  expect(nn.calculateGain(F.relu)).toBe(Math.SQRT2);
  expect(nn.calculateGain("leaky_relu(alpha=0.01)")).toBeCloseTo(1.4141428569978354, 15);
  expect(nn.calculateGain("leaky_relu")).toBeCloseTo(Math.sqrt(2 / (1 + 0.09)), 15);
  expect(nn.calculateGain(new nn.SELU())).toBe(0.75);
  expect(nn.calculateGain("gelu")).toBe(1);
  expect(nn.calculateGain(null)).toBe(1);
  expect(() => nn.calculateGain("conv9d")).toThrow('calculateGain: the activation is "conv9d"; expected null');
});

test("an argument reaches the gain that weights are drawn with", () => {
  const first = (actFn: Spec) => {
    seed(4);
    return new FullyConnected({ nOut: 2, nIn: 2, actFn, dtype: "float64" }).W.data.toTypedArray()[0]!;
  };
  const ratio = first("leaky_relu(alpha=2)") / first(null);
  expect(ratio).toBeCloseTo(Math.sqrt(2 / 5), 14);
});

test("two layers can have the same activation layer, which stays what it is by itself", () => {
  const actFn = new nn.LeakyReLU({ alpha: 0.5 });
  const [a, b] = [new FullyConnected({ nOut: 2, actFn }), new FullyConnected({ nOut: 2, actFn })];
  expect(new nn.Sequential(a, b, actFn).namedLayers().map(([name]) => name)).toEqual(["", "0", "1", "2"]);
  expect(a.parameters().length).toBe(2);
  expect(actFn.forward([-4, 4]).toArray()).toEqual([-2, 4]);
  expect(actFn.config()).toEqual({ layer: "LeakyReLU", hyperparameters: { alpha: 0.5 } });
  expect(new nn.Affine().config().hyperparameters).toEqual({ slope: 1, intercept: 0 });
});
