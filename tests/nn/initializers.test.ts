import { array, full, type NDArray, ones, randomNormal, randomUniform, seed, zeros } from "../../core/index.js";
import { generator } from "../../core/rng.js";
import * as nn from "../../nn/index.js";
import {
  Conv2D,
  calculateFan,
  FullyConnected,
  fromConfig,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  orthogonal,
  stdNormal,
  truncatedNormal,
  truncNormal,
  xavierNormal,
  xavierUniform,
} from "../../nn/index.js";
import { initializerName, resolveInitializer } from "../../nn/initializers.js";

beforeEach(() => seed(13));

/** Mean, standard deviation, largest magnitude and kurtosis (9/5 when uniform, 3 when normal). */
function moments(x: NDArray): { mean: number; std: number; largest: number; kurtosis: number } {
  const values = Float64Array.from(x.toTypedArray());
  const average = (f: (value: number) => number) => values.reduce((sum, value) => sum + f(value), 0) / values.length;
  const mean = average((value) => value);
  const std = Math.sqrt(average((value) => (value - mean) ** 2));
  const kurtosis = average((value) => (value - mean) ** 4) / std ** 4;
  return { mean, std, kurtosis, largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
}

test("calculateFan counts the kernel's taps", () => {
  expect(calculateFan([3, 4])).toEqual({ fanIn: 3, fanOut: 4 });
  expect(calculateFan([5, 3, 4])).toEqual({ fanIn: 15, fanOut: 20 });
  expect(calculateFan([2, 5, 3, 4])).toEqual({ fanIn: 30, fanOut: 40 });
  expect(() => calculateFan([3])).toThrow("calculateFan: a weight of shape (3,) has no fan; expected (..., in, out)");
});

/** How far out a normal distribution of standard deviation 1 reaches once cut off at two of its own before the cut. */
const REACH = 2 / 0.8796256610342398;
/** What a distribution reaches and its kurtosis; the one cut off is 2.36 by integration of its density. */
const UNIFORM = { reach: Math.sqrt(3), kurtosis: 9 / 5 };
const TRUNCATED = { reach: REACH, kurtosis: 2.3656 };
const NORMAL = { reach: Infinity, kurtosis: 3 };

// The weight (2, 3, 30, 500) has fanIn 180 and fanOut 3000.
test.each<[string, Initializer, number, { reach: number; kurtosis: number }]>([
  ["glorotUniform", glorotUniform, Math.sqrt(2 / 3180), UNIFORM],
  ["glorotNormal", glorotNormal, Math.sqrt(2 / 3180), TRUNCATED],
  ["xavierUniform", xavierUniform, Math.sqrt(2 / 3180), UNIFORM],
  ["xavierNormal", xavierNormal, Math.sqrt(2 / 3180), NORMAL],
  ["heUniform", heUniform, Math.sqrt(2 / 180), UNIFORM],
  ["heNormal", heNormal, Math.sqrt(2 / 180), TRUNCATED],
  ["kaimingUniform", kaimingUniform, Math.sqrt(1 / 180), UNIFORM],
  ["kaimingUniform of a slope", (s, o) => kaimingUniform(s, { ...o, a: 0.5 }), Math.sqrt(0.8 / 180), UNIFORM],
  ["kaimingNormal", kaimingNormal, Math.sqrt(1 / 180), NORMAL],
  [
    "kaimingNormal of fan_out, a gain and a slope",
    (s, o) => kaimingNormal(s, { ...o, a: -2, gain: 3, mode: "fan_out" }),
    Math.sqrt(9 / (5 * 3000)),
    NORMAL,
  ],
  ["truncNormal", truncNormal, 1, TRUNCATED],
  ["stdNormal", stdNormal, 1, NORMAL],
])("%s has its standard deviation, bounds and form", (_, initializer, std, { reach, kurtosis }) => {
  const x = initializer([2, 3, 30, 500], { dtype: "float64" });
  expect(x.shape).toEqual([2, 3, 30, 500]);
  expect(x.dtype).toBe("float64");
  const found = moments(x);
  // Of 90,000 numbers: five standard errors or more.
  expect(Math.abs(found.mean)).toBeLessThan(0.017 * std);
  expect(Math.abs(found.std / std - 1)).toBeLessThan(0.012);
  expect(Math.abs(found.kurtosis - kurtosis)).toBeLessThan(0.09);
  expect(found.largest).toBeLessThanOrEqual(reach * std * (1 + 1e-12));
  // Draws come close to their bound where there is one; the others pass that of the truncated ones.
  expect(found.largest).toBeGreaterThan(reach === Infinity ? 1.5 * REACH * std : 0.995 * reach * std);
});

test("PyTorch's kaiming_uniform_ with a slope is ours with the gain sqrt(2)", () => {
  const bound = moments(kaimingUniform([500, 40], { dtype: "float64", gain: Math.SQRT2, a: Math.sqrt(5) })).largest;
  // torch.nn.init.kaiming_uniform_(W, a=math.sqrt(5)) is uniform in +-1 / sqrt(fan_in).
  expect(bound).toBeLessThanOrEqual(1 / Math.sqrt(500));
  expect(bound).toBeGreaterThan(0.999 / Math.sqrt(500));
});

test("glorot, xavier, kaiming and orthogonal take a gain, the others do not", () => {
  const draw = (initializer: Initializer, gain?: number) => {
    seed(1);
    return initializer([3, 2], { dtype: "float64", gain }).toTypedArray()[4]!;
  };
  const scaled = [glorotUniform, glorotNormal, xavierUniform, xavierNormal, kaimingUniform, kaimingNormal, orthogonal];
  for (const initializer of scaled) expect(draw(initializer, 3) / draw(initializer)).toBeCloseTo(3, 12);
  for (const initializer of [heUniform, heNormal, stdNormal, truncNormal]) {
    expect(draw(initializer, 3)).toBe(draw(initializer));
  }
});

test("float32 unless told, repeated by the seed", () => {
  const initializers = [glorotUniform, glorotNormal, heUniform, heNormal, stdNormal, truncNormal];
  for (const initializer of [...initializers, xavierUniform, xavierNormal, kaimingUniform, kaimingNormal, orthogonal]) {
    seed(1);
    const first = initializer([4, 4]);
    expect(first.dtype).toBe("float32");
    const second = initializer([4, 4]);
    seed(1);
    expect(initializer([4, 4]).toArray()).toEqual(first.toArray());
    expect(second.toArray()).not.toEqual(first.toArray());
  }
});

test("truncatedNormal has the mean and standard deviation asked for, of any shape", () => {
  const { mean, std, largest } = moments(truncatedNormal([10000], { mean: 5, std: 0.1, dtype: "float64" }));
  expect(mean).toBeCloseTo(5, 2);
  expect(std).toBeCloseTo(0.1, 2);
  expect(largest).toBeLessThanOrEqual(5 + 0.1 * REACH);
  expect(truncatedNormal([]).shape).toEqual([]);
});

describe("orthogonal", () => {
  /** The products of the columns of a matrix with each other, or of its rows. */
  function products(x: NDArray, of: "columns" | "rows"): number[][] {
    const matrix = x.reshape([-1, x.shape.at(-1)!]).toArray() as number[][];
    const vectors = of === "rows" ? matrix : matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));
    return vectors.map((a) => vectors.map((b) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)));
  }

  test.each<[shape: number[], of: "columns" | "rows"]>([
    [[1, 1], "columns"],
    [[5, 5], "columns"],
    [[5, 5], "rows"],
    [[7, 3], "columns"],
    [[3, 7], "rows"],
    [[1, 4], "rows"],
    [[4, 1], "columns"],
    [[2, 3, 2, 5], "columns"],
    [[2, 1, 3, 17], "rows"],
    [[64, 64], "columns"],
  ])("of shape %p has orthonormal %s", (shape, of) => {
    for (const [dtype, digits] of [
      ["float64", 13],
      ["float32", 6],
    ] as const) {
      const x = orthogonal(shape, { dtype });
      expect([x.shape, x.dtype]).toEqual([shape, dtype]);
      products(x, of).forEach((row, i) => {
        row.forEach((value, j) => {
          expect(value).toBeCloseTo(i === j ? 1 : 0, digits);
        });
      });
    }
  });

  test("times the gain", () => {
    expect(products(orthogonal([3, 2], { gain: -2, dtype: "float64" }), "columns")[0]![0]).toBeCloseTo(4, 12);
  });

  test("is evenly distributed over all orthogonal matrices", () => {
    const n = 4000;
    const sums = { entries: [0, 0, 0, 0], squares: [0, 0, 0, 0], trace: 0, traceSquares: 0, determinant: 0 };
    for (let i = 0; i < n; i++) {
      const [a, b, c, d] = orthogonal([2, 2], { dtype: "float64" }).toTypedArray() as Float64Array;
      [a!, b!, c!, d!].forEach((value, j) => {
        sums.entries[j]! += value / n;
        sums.squares[j]! += value ** 2 / n;
      });
      sums.trace += (a! + d!) / n;
      sums.traceSquares += (a! + d!) ** 2 / n;
      sums.determinant += (a! * d! - b! * c!) / n;
    }
    // With Haar's measure every entry has mean 0 and variance 1/2, the trace mean 0 and variance 1, and signs are even.
    for (const mean of [...sums.entries, sums.trace, sums.determinant]) expect(Math.abs(mean)).toBeLessThan(0.08);
    for (const square of sums.squares) expect(Math.abs(square - 1 / 2)).toBeLessThan(0.03);
    expect(Math.abs(sums.traceSquares - 1)).toBeLessThan(0.1);
  });

  test("refuses what is no matrix", () => {
    expect(() => orthogonal([3])).toThrow(
      "orthogonal: a weight of shape (3,) is no matrix; expected at least two axes",
    );
  });
});

test("bad numbers are refused before anything is drawn", () => {
  const before = JSON.stringify(generator.state);
  for (const [call, message] of [
    [() => glorotUniform([2, 2], { gain: Number.NaN }), "glorotUniform: gain is NaN; expected a finite number"],
    [() => glorotNormal([2, 2], { gain: Infinity }), "glorotNormal: gain is Infinity"],
    [() => xavierUniform([2, 2], { gain: "2" as never }), 'xavierUniform: gain is "2"'],
    [() => xavierNormal([2, 2], { gain: null as never }), "xavierNormal: gain is null"],
    [() => kaimingUniform([2, 2], { a: Number.NaN }), "kaimingUniform: a is NaN"],
    [
      () => kaimingNormal([2, 2], { mode: "fanIn" as never }),
      'kaimingNormal: mode is "fanIn"; expected "fan_in" or "fan_out"',
    ],
    [() => truncNormal([2, 2], { std: Number.NaN }), "truncNormal: std is NaN"],
    [() => truncNormal([2, 2], { std: -1 }), "truncNormal: std is -1; expected a finite number of at least 0"],
    [() => orthogonal([2, 2], { gain: Number.NaN }), "orthogonal: gain is NaN"],
    [() => heNormal([2]), "calculateFan: a weight of shape (2,) has no fan"],
  ] as [() => unknown, string][]) {
    expect(call).toThrow(message);
  }
  expect(JSON.stringify(generator.state)).toBe(before);
});

/** Every name's text in a config, ways to ask for it, and what it draws for a weight before an activation of gain 5/3. */
const known: [text: string, draw: Initializer, ...specs: nn.InitializerSpec[]][] = [
  ["glorot_uniform", glorotUniform, "glorot_uniform", "GlorotUniform", "Glorot-Uniform", glorotUniform],
  [
    "glorot_uniform(gain=2)",
    (s, o) => glorotUniform(s, { ...o, gain: 2 }),
    "glorotUniform(gain=2)",
    { name: "glorot_uniform", gain: 2 },
  ],
  ["glorot_normal", glorotNormal, "glorot_normal", { initializer: "glorotNormal" }, glorotNormal],
  ["glorot_normal(gain=2)", (s, o) => glorotNormal(s, { ...o, gain: 2 }), "Glorot Normal(Gain=2.0)"],
  ["he_uniform", heUniform, "he_uniform", "He Uniform", heUniform],
  ["he_normal", heNormal, "he_normal", "he_normal()", heNormal],
  ["std_normal", stdNormal, "std_normal", "stdNormal", stdNormal],
  ["trunc_normal", truncNormal, "trunc_normal", "truncated_normal(mean=0, std=1.)", truncNormal, truncatedNormal],
  [
    "trunc_normal(std=0.02)",
    (s, o) => truncNormal(s, { ...o, std: 0.02 }),
    "trunc_normal(std=0.02)",
    "TruncNormal(std=2e-2)",
    { name: "trunc_normal", std: 0.02 },
    { initializer: "trunc_normal", hyperparameters: { std: 0.02 } },
  ],
  ["trunc_normal(mean=-1, std=0)", (s, o) => full(s, -1, o), "trunc_normal(std=0, mean=-1)"],
  ["xavier_uniform", xavierUniform, "xavier_uniform", "xavierUniform", xavierUniform],
  ["xavier_normal(gain=0.5)", (s, o) => xavierNormal(s, { ...o, gain: 0.5 }), "Xavier Normal(gain=0.5)"],
  ["kaiming_uniform", kaimingUniform, "kaiming_uniform", "kaiming_uniform(gain=None)", kaimingUniform],
  [
    "kaiming_uniform(gain=2, a=0.1, mode=fan_out)",
    (s, o) => kaimingUniform(s, { ...o, gain: 2, a: 0.1, mode: "fan_out" }),
    "kaiming_uniform(mode=fan_out, a=0.1, gain=2)",
    { name: "kaimingUniform", mode: "fan_out", a: 0.1, gain: 2 },
  ],
  [
    "kaiming_normal(mode=fan_out)",
    (s, o) => kaimingNormal(s, { ...o, mode: "fan_out" }),
    "kaiming_normal(mode='fan_out')",
  ],
  ["orthogonal", (s, o) => orthogonal(s, { ...o, gain: 1 }), "orthogonal", "Orthogonal(gain=1)", orthogonal],
  ["orthogonal(gain=0.5)", (s, o) => orthogonal(s, { ...o, gain: 0.5 }), "orthogonal(gain=0.5)"],
  ["normal(std=0.02)", (s, o) => randomNormal(s, { ...o, std: 0.02 }), "normal(std=0.02)"],
  ["normal", randomNormal, "normal", randomNormal],
  [
    "uniform(low=-0.1, high=0.1)",
    (s, o) => randomUniform(s, { ...o, low: -0.1, high: 0.1 }),
    "uniform(low=-.1, high=.1)",
  ],
  ["zeros", zeros, "zeros", "Zeros()", zeros],
  ["ones", ones, "ones", ones],
  ["constant(value=-1.5)", (s, o) => full(s, -1.5, o), "constant(value=-1.5)", { name: "Constant", value: -1.5 }],
  ["constant", zeros, "constant"],
];

const cases = known.flatMap(([text, draw, ...specs]) =>
  specs.map((init) => ({
    label: typeof init === "function" ? `the function ${init.name}` : JSON.stringify(init),
    init,
    text,
    draw,
  })),
);

describe.each(cases)("init $label", ({ init, text, draw }) => {
  test.each(["float32", "float64"] as const)("draws what it says in a layer of %s", (dtype) => {
    const make = [
      () => new FullyConnected({ nOut: 2, nIn: 3, actFn: "tanh", init, dtype }).W,
      () => new Conv2D({ outCh: 2, inCh: 3, kernelShape: [2, 1], actFn: "tanh", init, dtype }).W,
    ];
    for (const weight of make) {
      seed(2);
      const W = weight();
      seed(2);
      expect(W.toArray()).toEqual(draw(W.shape, { dtype, gain: 5 / 3 }).toArray());
      expect(W.dtype).toBe(dtype);
    }
  });

  test("comes back from a layer's config, with its arguments", () => {
    const layer = new FullyConnected({ nOut: 3, init });
    const config = JSON.parse(JSON.stringify(layer.config()));
    expect(config.hyperparameters.init).toBe(text);
    expect(fromConfig(config).config()).toEqual(config);
    expect(initializerName("Test", resolveInitializer("Test", resolveInitializer("Test", init)))).toBe(text);
  });
});

test("every name is in the list above", () => {
  const message = (() => {
    try {
      resolveInitializer("Test", "no such");
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("expected an error");
  })();
  const names = message.split("one of ")[1]!.split(", ");
  expect(names).toEqual([...new Set(names)]);
  expect(names.filter((name) => !known.some(([text]) => text.split("(")[0] === name))).toEqual([]);
});

test("a function of the user's is called with the dtype and the gain, and has a config once registered", () => {
  const seen: unknown[] = [];
  const halves: Initializer = (shape, options) => {
    seen.push(shape, options);
    return full(shape, 0.5, options);
  };
  const layer = new FullyConnected({ nOut: 1, nIn: 2, actFn: "relu", init: halves, dtype: "float64" });
  expect(seen).toEqual([[2, 1], { dtype: "float64", gain: Math.SQRT2 }]);
  expect(() => layer.config()).toThrow(
    "FullyConnected: a config cannot hold the function halves; expected init by name, or registerInitializer(name, function) before",
  );
  nn.registerInitializer("one_half", halves);
  expect(layer.config().hyperparameters.init).toBe("one_half");
  expect((fromConfig(layer.config()) as FullyConnected).W.toArray()).toEqual([[0.5], [0.5]]);
  expect(resolveInitializer("Test", "OneHalf")).toBe(halves);
});

test.each<[() => unknown, string]>([
  [() => nn.registerInitializer("He_Normal", zeros), "registerInitializer: He_Normal is registered already"],
  [
    () => nn.registerInitializer("truncated_normal", zeros),
    "registerInitializer: truncated_normal is registered already",
  ],
  [() => nn.registerInitializer("", zeros), 'registerInitializer: "" is no name; expected a letter'],
  [() => nn.registerInitializer("fresh", 3 as never), "registerInitializer: fresh is 3; expected a function"],
])("registerInitializer refuses: %#", (call, message) => {
  expect(call).toThrow(message);
});

describe("errors name the layer and what there is", () => {
  test.each<[unknown, string]>([
    [
      "glorot",
      'Conv2D: init is "glorot"; expected a function or one of glorot_uniform, glorot_normal, he_uniform, he_normal, std_normal, trunc_normal, xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal, orthogonal, normal, uniform, zeros, ones, constant',
    ],
    [null, "Conv2D: init is null; expected a function or one of glorot_uniform"],
    [{ name: "he" }, 'Conv2D: init is "he"; expected a function'],
    [array([1]), "Conv2D: init is a NDArray; expected a function"],
    ["he_normal(gain=2)", "Conv2D: init he_normal: unknown argument gain; it takes none"],
    ["trunc_normal(sd=2)", "Conv2D: init trunc_normal: unknown argument sd; expected mean, std"],
    ["trunc_normal(std=-1)", "Conv2D: init trunc_normal: std is -1; expected a finite number of at least 0"],
    ["trunc_normal(0.02)", 'Conv2D: init is "trunc_normal(0.02)": "0.02" has no key; expected name(key=value, ...)'],
    ["kaiming_normal(mode=fan_avg)", 'kaiming_normal: mode is "fan_avg"; expected "fan_in" or "fan_out"'],
    ["kaiming_normal(gain=-1)", "Conv2D: init kaiming_normal: gain is -1; expected a finite number of at least 0"],
    ["constant(value=none)", "Conv2D: init constant: value is null; expected a finite number"],
    ["constant(value=1e999)", "value is 1e999, too large for a number"],
    [JSON.parse('{"name": "zeros", "__proto__": {"a": 1}}'), "Conv2D: init zeros: unknown argument __proto__"],
  ])("%j", (init, message) => {
    expect(() => new Conv2D({ outCh: 1, kernelShape: 1, init: init as never })).toThrow(message);
  });
});
