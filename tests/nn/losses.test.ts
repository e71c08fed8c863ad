import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ArgumentError,
  array,
  constant,
  DTypeError,
  generator,
  grad,
  gradcheck,
  IndexError,
  type NDArray,
  noGrad,
  type Operand,
  ones,
  randomNormal,
  randomUniform,
  ShapeError,
  seed,
  Variable,
  variable,
} from "../../core/index.js";
import * as F from "../../functions/index.js";
import * as nn from "../../nn/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

interface Golden {
  shape: number[];
  values: number[];
}
type Named = Record<string, Golden>;
interface Edge {
  loss: string;
  inputs: Golden[];
  y: Golden;
  gy: Golden;
  gradients: (Golden | null)[];
}
interface Wgan {
  activation: string;
  critic: Named;
  generator: Named;
  real: Golden;
  noise: Golden;
  alpha: Golden;
  gradient: Golden;
  penalty: Golden;
  criticLoss: Golden;
  generatorLoss: Golden;
  criticGrads: Named;
  generatorGrads: Named;
}
interface Nce extends Named {}

const golden = JSON.parse(readFileSync(join(__dirname, "../golden/losses.json"), "utf8")) as {
  edges: Edge[];
  wgan: Wgan[];
  nce: ({ label: string; probs: number[]; subtractLogLabelProb: boolean } & Nce)[];
};

type Floats = "float32" | "float64";
const arrayOf = ({ shape, values }: Golden, dtype: Floats | "int32" = "float64"): NDArray =>
  array(values, { dtype }).reshape(shape);

function expectClose(actual: Variable | NDArray, { shape, values }: Golden, tolerance = 1e-10): void {
  expect(actual.shape).toEqual(shape);
  const got = actual.toTypedArray();
  const wrong = values.flatMap((value, i) =>
    Math.abs(got[i]! - value) <= tolerance * Math.max(1, Math.abs(value)) ? [] : [[i, got[i], value]],
  );
  expect(wrong).toEqual([]);
}

describe("at the ends of their ranges, as PyTorch", () => {
  const calls: Record<string, (...xs: Variable[]) => Variable> = {
    binaryCrossEntropy: (x, t) => F.binaryCrossEntropy(x!, t!, { reduction: "none" }),
    crossEntropy: (x, t) => F.crossEntropy(x!, t!, { reduction: "none" }),
    vaeLoss: (...xs) => F.vaeLoss(xs[0]!, xs[1]!, xs[2]!, xs[3]!, { reduction: "none" }),
    cosineEmbeddingLoss: (a, b, t) => F.cosineEmbeddingLoss(a!, b!, t!, { margin: -0.5, reduction: "none" }),
    tripletMarginLoss: (a, b, c) => F.tripletMarginLoss(a!, b!, c!, { margin: 3, reduction: "none" }),
  };

  test.each(golden.edges.map((edge) => [edge.loss, edge] as const))("%s", (loss, edge) => {
    const xs = edge.inputs.map((x, i) => {
      const differentiable = edge.gradients[i] !== null;
      return new Variable(arrayOf(x, differentiable ? "float64" : "int32"), differentiable);
    });
    const y = calls[loss]!(...xs);
    expectClose(y, edge.y);
    const differentiable = xs.filter((x) => x.requiresGrad);
    const grads = grad([y], differentiable, { gradYs: [arrayOf(edge.gy)], createGraph: true });
    const expected = edge.gradients.filter((g) => g !== null);
    grads.forEach((g, i) => {
      expectClose(g, expected[i]!);
    });
    const seconds = grad(grads, differentiable, {
      gradYs: grads.map((g) => ones(g.shape, { dtype: "float64" })),
      allowUnused: true,
    });
    expect(seconds.flatMap((g) => [...g.toTypedArray()]).filter((v) => Number.isNaN(v))).toEqual([]);
  });

  test("vaeLoss in float32 clips by the epsilon of float32, without infinities", () => {
    const recon = variable([[0, 1, 0.5]]);
    const y = F.vaeLoss(recon, [[1, 0, 1]], [[0]], [[0]]);
    expect(y.item()).toBeCloseTo(46 * Math.LN2 + Math.LN2, 4);
    expect(grad([y], [recon])[0]!.toArray()).toEqual([[0, 0, -2]]);
  });
});

describe("loss classes", () => {
  const x = constant([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]], { dtype: "float64" }); // biome-ignore format: one line
  const t = constant([[0, 0.25, 0.75], [0.5, 0.5, 0]], { dtype: "float64" }); // biome-ignore format: one line
  const u = constant([[1, -1, 2], [0.5, 0, -3]], { dtype: "float64" }); // biome-ignore format: one line
  const weight = [0.5, 2, 1];
  const table: [name: string, loss: nn.Loss, value: (loss: never) => Variable, expected: Variable][] = [
    ["SquaredError", new nn.SquaredError(), (l: nn.SquaredError) => l.forward(x, t), F.squaredError(x, t)],
    [
      "SquaredError of each",
      new nn.SquaredError({ reduction: "none" }),
      (l: nn.SquaredError) => l.forward(x, t),
      F.squaredError(x, t, { reduction: "none" }),
    ],
    ["MSE", new nn.MSE(), (l: nn.MSE) => l.forward(x, t), F.meanSquaredError(x, t)],
    ["MAE", new nn.MAE({ reduction: "sum" }), (l: nn.MAE) => l.forward(x, t), F.meanAbsoluteError(x, t, { reduction: "sum" })],
    ["Huber", new nn.Huber({ delta: 0.1 }), (l: nn.Huber) => l.forward(x, t), F.huberLoss(x, t, { delta: 0.1 })],
    ["CrossEntropy", new nn.CrossEntropy(), (l: nn.CrossEntropy) => l.forward(x, t), F.crossEntropy(x, t)],
    [
      "SoftmaxCrossEntropy",
      new nn.SoftmaxCrossEntropy({ weight, ignoreIndex: 1, labelSmoothing: 0.25, reduction: "sum" }),
      (l: nn.SoftmaxCrossEntropy) => l.forward(u, [2, 1]),
      F.softmaxCrossEntropy(u, [2, 1], { weight, ignoreIndex: 1, labelSmoothing: 0.25, reduction: "sum" }),
    ],
    ["BCE", new nn.BCE({ weight: [weight] }), (l: nn.BCE) => l.forward(x, t), F.binaryCrossEntropy(x, t, { weight: [weight] })],
    [
      "BCEWithLogits",
      new nn.BCEWithLogits({ weight: [[3], [1]], posWeight: weight }),
      (l: nn.BCEWithLogits) => l.forward(u, t),
      F.sigmoidCrossEntropy(u, t, { weight: [[3], [1]], posWeight: weight }),
    ],
    [
      "KLDivergence",
      new nn.KLDivergence({ reduction: "batchMean", logTarget: true }),
      (l: nn.KLDivergence) => l.forward(u, x),
      F.klDivergence(u, x, { reduction: "batchMean", logTarget: true }),
    ],
    [
      "CosineEmbedding",
      new nn.CosineEmbedding({ margin: 0.2 }),
      (l: nn.CosineEmbedding) => l.forward(x, u, [1, -1]),
      F.cosineEmbeddingLoss(x, u, [1, -1], { margin: 0.2 }),
    ],
    [
      "TripletMargin",
      new nn.TripletMargin({ margin: 5, p: 3, epsilon: 0.1, swap: true }),
      (l: nn.TripletMargin) => l.forward(x, t, u),
      F.tripletMarginLoss(x, t, u, { margin: 5, p: 3, epsilon: 0.1, swap: true }),
    ],
    ["VAELoss", new nn.VAELoss(), (l: nn.VAELoss) => l.forward(x, t, u, u), F.vaeLoss(x, t, u, u)],
    [
      "WGAN_GPLoss",
      new nn.WGAN_GPLoss({ lambda: 3 }),
      (l: nn.WGAN_GPLoss) => l.forward(u, "G"),
      constant(-0.5 / -6, { dtype: "float64" }),
    ],
  ]; // biome-ignore format: one line each

  test("have all a row", () => {
    const classes = Object.entries(nn).filter(([, c]) => typeof c === "function" && c.prototype instanceof nn.Loss);
    const tested = new Set<unknown>(table.map(([, loss]) => loss.constructor));
    expect(classes.filter(([, c]) => !tested.has(c)).map(([name]) => name)).toEqual([]);
  });

  test.each(table)(
    "%s computes its function with its options, and comes back from config and text",
    (_, loss, value, expected) => {
      expect(value(loss as never).toArray()).toEqual(expected.toArray());
      for (const spec of [JSON.parse(JSON.stringify(loss.config())), String(loss), loss] as nn.LossSpec[]) {
        const rebuilt = nn.resolveLoss(spec);
        expect(rebuilt.constructor).toBe(loss.constructor);
        expect(rebuilt.config()).toEqual(loss.config());
        expect(value(rebuilt as never).toArray()).toEqual(expected.toArray());
      }
    },
  );

  test.each<[nn.LossSpec, nn.Loss]>([
    ["mse", new nn.MSE()],
    ["mean_squared_error", new nn.MSE()],
    ["meanAbsoluteError", new nn.MAE()],
    ["SquaredErrorLoss(reduction=mean)", new nn.SquaredError({ reduction: "mean" })],
    ["huber_loss(delta=0.5)", new nn.Huber({ delta: 0.5 })],
    ["bce", new nn.BCE()],
    ["BCE with logits", new nn.BCEWithLogits()],
    ["sigmoidCrossEntropy", new nn.BCEWithLogits()],
    [
      "softmax_cross_entropy(label_smoothing=0.1, weight=[1, 2], ignore_index=none)",
      new nn.SoftmaxCrossEntropy({ labelSmoothing: 0.1, weight: [1, 2], ignoreIndex: null }),
    ],
    ["kl_divergence(log_target=True)", new nn.KLDivergence({ logTarget: true })],
    ["vae", new nn.VAELoss()],
    ["wgan_gp(lambda=5)", new nn.WGAN_GPLoss({ lambda: 5 })],
    ["tripletMargin(p=1)", new nn.TripletMargin({ p: 1 })],
    [{ name: "cosineEmbedding", margin: 0.5 }, new nn.CosineEmbedding({ margin: 0.5 })],
  ])("%j is read", (spec, expected) => {
    expect(nn.resolveLoss(spec).config()).toEqual(expected.config());
  });

  test.each<[() => unknown, string]>([
    [
      () => nn.resolveLoss("hinge"),
      'resolveLoss is "hinge"; expected a Loss or one of BCE, BCEWithLogits, CosineEmbedding',
    ],
    [() => nn.resolveLoss(3 as never, "Trainer: loss"), "Trainer: loss is 3; expected a Loss or one of"],
    [() => nn.resolveLoss("huber(width=3)"), "resolveLoss Huber: unknown argument width; expected delta, reduction"],
    [() => new nn.MSE({ reduce: "sum" } as never), "MSE: unknown option reduce; expected some of reduction"],
    [
      () => new nn.MSE({ reduction: "batchMean" as never }),
      'MSE: reduction is "batchMean"; expected one of "mean", "sum", "none"',
    ],
    [() => new nn.Huber({ delta: 0 }), "Huber: delta is 0; expected a finite number above 0"],
    [() => new nn.KLDivergence({ logTarget: 1 as never }), "KLDivergence: logTarget is 1; expected true or false"],
    [
      () => new nn.SoftmaxCrossEntropy({ labelSmoothing: 1.5 }),
      "SoftmaxCrossEntropy: labelSmoothing is 1.5; expected a number from 0 to 1",
    ],
    [
      () => new nn.SoftmaxCrossEntropy({ ignoreIndex: 0.5 }),
      "SoftmaxCrossEntropy: ignoreIndex is 0.5; expected a class (a whole number) or null",
    ],
    [() => new nn.CosineEmbedding({ margin: 2 }), "CosineEmbedding: margin is 2; expected a number from -1 to 1"],
    [() => new nn.TripletMargin({ p: 0 }), "TripletMargin: p is 0; expected a finite number above 0"],
    [() => new nn.TripletMargin({ swap: "yes" as never }), 'TripletMargin: swap is "yes"; expected true or false'],
    [() => new nn.WGAN_GPLoss({ lambda: -1 }), "WGAN_GPLoss: lambda is -1; expected a finite number of at least 0"],
    [
      () => nn.registerLoss("mse", nn.MAE),
      "registerLoss: another class is registered as MSE; expected a name of its own",
    ],
    [() => nn.registerLoss("3", nn.MAE), 'registerLoss: "3" is no name'],
  ])("what cannot be is refused: %s", (run, message) => {
    expect(run).toThrow(ArgumentError);
    expect(run).toThrow(message);
  });

  test("a loss of the user's, once registered", () => {
    class Quartic extends nn.Loss<{ scale?: number }> {
      static readonly standard = { scale: 1 };
      constructor(options: { scale?: number } = {}) {
        super(options, Quartic.standard);
      }
      override forward(a: Operand, b: Operand): Variable {
        return F.mul(F.sum(F.pow(F.sub(a, b), 4)), this.options.scale);
      }
    }
    const loss = new Quartic({ scale: 2 });
    expect(() => loss.config()).toThrow(
      'config: Quartic is not registered; expected registerLoss("Quartic", Quartic) before',
    );
    nn.registerLoss("Quartic", Quartic);
    const rebuilt = nn.resolveLoss("quartic(scale=2)") as nn.SupervisedLoss;
    expect(rebuilt.forward([3, 1], [1, 1]).item()).toBe(32);
  });
});

/** A network of two layers of the parameters in the file. */
function network(parameters: Named, activation: string): nn.Sequential {
  const [, hidden] = parameters["0.W"]!.shape;
  const [, nOut] = parameters["1.W"]!.shape;
  const model = new nn.Sequential(
    new nn.FullyConnected({ nOut: hidden!, actFn: activation, dtype: "float64" }),
    new nn.FullyConnected({ nOut: nOut!, dtype: "float64" }),
  );
  model.loadStateDict(Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, arrayOf(value)])));
  return model;
}

const gradsOf = (model: nn.Layer) => model.namedParameters().map(([name, p]) => [name, p.grad] as const);

describe.each(golden.wgan.map((w) => [w.activation, w] as const))(
  "WGAN_GPLoss of a critic with %s",
  (activation, w) => {
    const real = arrayOf(w.real);
    const alpha = arrayOf(w.alpha);

    function setUp() {
      const critic = network(w.critic, activation);
      const generator = network(w.generator, activation);
      return {
        critic,
        generator,
        fake: generator.forward(arrayOf(w.noise)),
        score: (x: Variable) => critic.forward(x),
      };
    }

    test("teaches the critic as PyTorch does, and not the generator", () => {
      const { critic, generator, fake, score } = setUp();
      const gradInterp = nn.interpolatedGradient(score, real, fake, { alpha });
      expectClose(gradInterp, w.gradient);
      const loss = new nn.WGAN_GPLoss().forward(critic.forward(fake.detach()), "C", critic.forward(real), gradInterp);
      expectClose(loss, w.criticLoss);
      loss.backward();
      expect(gradsOf(critic).length).toBe(4);
      for (const [name, g] of gradsOf(critic)) {
        if (g === null) expect(w.criticGrads[name]!.values).toEqual(w.criticGrads[name]!.values.map(() => 0));
        else expectClose(g, w.criticGrads[name]!);
      }
      expect(gradsOf(generator).map(([, g]) => g)).toEqual([null, null, null, null]);
    });

    test("teaches the generator through the critic as PyTorch does", () => {
      const { critic, generator, fake } = setUp();
      const loss = new nn.WGAN_GPLoss().forward(critic.forward(fake), "G");
      expectClose(loss, w.generatorLoss);
      loss.backward();
      for (const [name, g] of gradsOf(generator)) expectClose(g!, w.generatorGrads[name]!);
      expect(generator.parameters().some((p) => p.grad!.toTypedArray().some((v) => Math.abs(v) > 1e-3))).toBe(true);
    });

    test("gradientPenalty is the penalty alone, also inside noGrad", () => {
      const { fake, score } = setUp();
      expectClose(nn.gradientPenalty(score, real, fake, { alpha }), w.penalty);
      const half = noGrad(() => nn.gradientPenalty(score, real, fake, { alpha, lambda: 5 }));
      expectClose(F.mul(half, 2), w.penalty);
      expect([half.requiresGrad, half.creator]).toEqual([false, null]);
      const gradient = noGrad(() => nn.interpolatedGradient(score, real, fake, { alpha }));
      expect([gradient.requiresGrad, gradient.creator]).toEqual([false, null]);
    });

    test("nothing of the penalty flows to the examples", () => {
      const { generator, fake, score } = setUp();
      const leaf = variable(real);
      nn.gradientPenalty(score, leaf, fake, { alpha }).backward();
      expect(leaf.grad).toBeNull();
      expect(gradsOf(generator).map(([, g]) => g)).toEqual([null, null, null, null]);
    });

    test("the penalty's gradient passes gradcheck in the critic's parameters", () => {
      const fake = setUp().fake.detach();
      const penalty = (W: Variable, b: Variable, V: Variable) => {
        const act = activation === "tanh" ? F.tanh : F.relu;
        return nn.gradientPenalty((x) => F.matmul(act(F.linear(x, W, b)), V), real, fake, { alpha });
      };
      const parameters = ["0.W", "0.b", "1.W"].map((name) => arrayOf(w.critic[name]!));
      expect(gradcheck(penalty as never, parameters, { order: 2, rtol: 1e-5 })).toBe(true);
    });
  },
);

describe("WGAN_GPLoss", () => {
  const score = (x: Variable) => F.sum(F.square(x), { axis: 1 });
  const gradInterp = ones([3, 2]);

  test("rewards the critic for high scores of the real and low scores of the fake, whatever their numbers", () => {
    const fake = variable([1, 2, 6]);
    const real = variable([[4], [8]]);
    const loss = new nn.WGAN_GPLoss({ lambda: 0 }).forward(fake, "C", real, variable(gradInterp));
    expect(loss.item()).toBe(3 - 6);
    loss.backward();
    expect(fake.grad!.toTypedArray().map((v) => v * 3)).toEqual(new Float32Array([1, 1, 1]));
    expect(real.grad!.toArray()).toEqual([[-0.5], [-0.5]]);
  });

  test("penalizes lengths of the gradient other than 1", () => {
    const loss = new nn.WGAN_GPLoss({ lambda: 10 });
    const penalty = (g: number[][]) => loss.forward([0], "C", [0], variable(g)).item();
    expect(penalty([[3, 4], [0, 1]])).toBeCloseTo((10 * (16 + 0)) / 2, 5); // biome-ignore format: one line
    expect(penalty([[0.6, 0.8]])).toBeCloseTo(0, 10);
    expect(penalty([[0, 0]])).toBeCloseTo(10, 6);
  });

  test("interpolates at random points between the two, one for each example, by the seed", () => {
    const points: number[][] = [];
    const watched = (x: Variable) => {
      points.push([...x.toTypedArray()]);
      return score(x);
    };
    const real = ones([400, 2]);
    const fake = ones([400, 2]).reshape([400, 2]);
    fake.assign(array(3));
    for (const n of [1, 1, 2]) {
      seed(n);
      nn.interpolatedGradient(watched, real, fake);
    }
    expect(points[0]).toEqual(points[1]);
    expect(points[0]).not.toEqual(points[2]);
    for (let i = 0; i < 400; i++) expect(points[0]![2 * i]).toBe(points[0]![2 * i + 1]);
    expect(Math.min(...points[0]!)).toBeGreaterThanOrEqual(1);
    expect(Math.min(...points[0]!)).toBeLessThan(1.05);
    expect(Math.max(...points[0]!)).toBeGreaterThan(2.95);
  });

  test.each<[() => unknown, typeof ShapeError, string]>([
    [
      () => new nn.WGAN_GPLoss().forward([1], "D" as never),
      ArgumentError,
      'WGAN_GPLoss: module is "D"; expected "C" or "G"',
    ],
    [
      () => new nn.WGAN_GPLoss().forward([1], "C", [1]),
      ArgumentError,
      'WGAN_GPLoss: module is "C"; expected yFake, "C", yReal and gradInterp',
    ],
    [
      () => new nn.WGAN_GPLoss().forward([1], "G", [1]),
      ArgumentError,
      'WGAN_GPLoss: module is "G" and more than yFake is given; expected yFake alone',
    ],
    [
      () => new nn.WGAN_GPLoss().forward([], "G"),
      ShapeError,
      "WGAN_GPLoss: the scores of the fake examples of shape (0,) has no elements",
    ],
    [
      () => nn.gradientPenalty(score, ones([2, 3]), ones([3, 3])),
      ShapeError,
      "gradientPenalty: the real examples have shape (2, 3) and the fake ones (3, 3); expected equally many",
    ],
    [
      () => nn.gradientPenalty(score, ones([2]), ones([2])),
      ShapeError,
      "gradientPenalty: the real examples have shape (2,)",
    ],
    [
      () => nn.gradientPenalty(score, ones([2, 3]), ones([2, 3], { dtype: "float64" })),
      DTypeError,
      "gradientPenalty: the real examples are float32 and the fake ones float64",
    ],
    [
      () => nn.gradientPenalty(score, ones([2, 3]), ones([2, 3]), { alpha: [1] }),
      ShapeError,
      "gradientPenalty: alpha has shape (1,); expected a number for each of 2 examples",
    ],
    [
      () => nn.gradientPenalty(score, ones([2, 3]), ones([2, 3]), { lambda: Number.NaN }),
      ArgumentError,
      "gradientPenalty: lambda is NaN",
    ],
    [
      () => nn.gradientPenalty((x) => x, ones([2, 3]), ones([2, 3])),
      ShapeError,
      "gradientPenalty: the critic made (2, 3) of (2, 3); expected a number for each example",
    ],
  ])("refuses %s", (run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

describe.each(golden.nce.map((c) => [c.label, c] as const))("NCELoss: %s", (_, c) => {
  function make(dtype: Floats): nn.NCELoss {
    const { probs, subtractLogLabelProb } = c;
    const layer = new nn.NCELoss({
      nClasses: probs.length,
      noiseSampler: { probs, sample: () => c.negatives!.values },
      numNegativeSamples: c.negatives!.values.length,
      subtractLogLabelProb,
      reduction: "none",
      dtype,
    });
    layer.loadStateDict({ W: arrayOf(c.W!, dtype), b: arrayOf(c.b!, dtype) });
    return layer;
  }

  test.each<[Floats, number]>([
    ["float64", 1e-10],
    ["float32", 1e-5],
  ])("has PyTorch's values and gradients in %s, and changes nothing", (dtype, tolerance) => {
    const layer = make(dtype);
    const x = variable(arrayOf(c.x!, dtype));
    const target = arrayOf(c.target!, "int32");
    const y = layer.forward(x, target);
    expectClose(y, c.y!, tolerance);
    const [gx, gW, gb] = grad([y], [x, layer.W, layer.b], { gradYs: [arrayOf(c.gy!, dtype)] });
    expectClose(gx!, c.gx!, tolerance);
    expectClose(gW!, c.gW!, tolerance);
    expectClose(gb!, c.gb!, tolerance);
    expectClose(layer.probabilities(x, target), c.probabilities!, tolerance);
    expectClose(layer.W.data, c.W!, tolerance);
    expectClose(layer.b.data, c.b!, tolerance);
    expect(layer.W.grad).toBeNull();
  });

  test("passes gradcheck of order 2 in inputs and parameters", () => {
    const layer = make("float64");
    const loss = (x: Variable, W: Variable, b: Variable) => {
      Object.assign(layer, { W, b });
      return layer.forward(x, arrayOf(c.target!, "int32"));
    };
    const initialized = (v: Variable) => Object.assign(v, { initialized: true, pattern: v.shape });
    const checked = (x: Variable, W: Variable, b: Variable) => loss(x, initialized(W), initialized(b));
    expect(gradcheck(checked as never, [arrayOf(c.x!), arrayOf(c.W!), arrayOf(c.b!)], { order: 2 })).toBe(true);
  });
});

describe("NCELoss", () => {
  const probs = [0.5, 0, 0.25, 0.25];
  const options = { nClasses: 4, noiseSampler: { probs }, numNegativeSamples: 3 };
  const make = () => new nn.NCELoss(options);

  test("draws its noise by its probabilities, from the seed, and the batch shares it", () => {
    const layer = new nn.NCELoss({ ...options, numNegativeSamples: 8000, nIn: 1 });
    layer.W.data.assign(array(0));
    seed(4);
    const [gb] = grad([layer.forward(ones([1, 1]), [2])], [layer.b]);
    const logit = (p: number) => 1 / (1 + p);
    [0.5, 0, 0.25, 0.25].forEach((p, i) => {
      const positive = i === 2 ? -(1 - logit(p)) : 0;
      expect((gb!.toTypedArray()[i]! - positive) / 8000).toBeCloseTo(p * logit(p), 1.7);
    });
    expect(gb!.toTypedArray()[1]).toBe(0);
    const value = (n: number) => {
      seed(n);
      return make()
        .forward(ones([2, 3]), [0, 2])
        .item();
    };
    expect(value(5)).toBe(value(5));
    const calls: number[] = [];
    const sample = (n: number) => {
      calls.push(n);
      return [0, 2, 3];
    };
    const counted = new nn.NCELoss({ ...options, noiseSampler: { probs, sample } });
    counted.forward(ones([5, 3]), [0, 0, 0, 0, 0]);
    expect(calls).toEqual([3]);
  });

  test("never draws what has probability 0, at either end of the random numbers", () => {
    const layer = new nn.NCELoss({ ...options, noiseSampler: { probs: [0, 0.5, 0.5, 0] }, nIn: 1 });
    for (const [at, drawn] of [
      [0, 1],
      [0.5, 2],
      [1 - 2 ** -53, 2],
    ] as const) {
      const spy = jest.spyOn(generator, "uniform").mockReturnValue(at);
      const [gb] = grad([layer.forward(ones([1, 1]), [1])], [layer.b]);
      spy.mockRestore();
      const positive = [...gb!.toTypedArray()].flatMap((g, i) => (g > 0 ? [i] : []));
      expect(positive).toEqual([drawn]);
    }
  });

  test("a target that noise never is has no loss and no gradient, and no infinity", () => {
    seed(1);
    const layer = new nn.NCELoss({ ...options, reduction: "none" });
    const x = variable(randomNormal([2, 3]));
    const rare = layer.forward(x, [1, 1]);
    const [gW] = grad([F.sum(rare)], [layer.W]);
    expect((gW!.toArray() as number[][])[1]).toEqual([0, 0, 0]);
    expect(rare.toTypedArray().every(Number.isFinite)).toBe(true);
    expect(layer.probabilities(x, [1, 1]).toArray()).toEqual([1, 1]);
  });

  test.each(["float32", "float64"] as const)("is finite for scores of +-1000, with its gradients, in %s", (dtype) => {
    const layer = new nn.NCELoss({ ...options, nIn: 1, dtype });
    layer.W.data.assign(array([[1000], [1], [-1000], [500]], { dtype }));
    const y = layer.forward(array([[1], [-1], [1]], { dtype }), [0, 0, 2]);
    expect(Number.isFinite(y.item())).toBe(true);
    expect(y.item()).toBeGreaterThan(2000);
    for (const g of grad([y], [layer.W, layer.b])) expect(g.toTypedArray().every(Number.isFinite)).toBe(true);
  });

  test("comes back from its config in JSON, its noise as probabilities", () => {
    const layer = new nn.NCELoss({ ...options, noiseSampler: { probs, sample: () => [0, 0, 0] }, reduction: "mean" });
    layer.forward(ones([2, 3]), [0, 1]);
    const config = JSON.parse(JSON.stringify(layer.config()));
    expect(config.hyperparameters).toEqual({
      nClasses: 4,
      noiseSampler: { probs },
      numNegativeSamples: 3,
      nIn: 3,
      init: "glorot_uniform",
      subtractLogLabelProb: true,
      reduction: "mean",
      dtype: "float32",
    });
    const rebuilt = nn.fromConfig(config) as nn.NCELoss;
    expect(rebuilt.config()).toEqual(config);
    rebuilt.loadStateDict(layer.stateDict());
    expect(Number.isFinite(rebuilt.forward(ones([2, 3]), [0, 1]).item())).toBe(true);
  });

  test("learns which class an input belongs to", () => {
    seed(3);
    const even = [0.25, 0.25, 0.25, 0.25];
    const layer = new nn.NCELoss({ ...options, noiseSampler: { probs: even }, numNegativeSamples: 6, nIn: 4 });
    const x = array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]); // biome-ignore format: one line
    const target = [2, 0, 3, 1];
    for (let i = 0; i < 300; i++) {
      layer.clearGrads();
      layer.forward(x, target).backward();
      for (const p of layer.parameters()) p.data = F.sub(p.data, F.mul(p.grad!.data, 0.1)).data;
    }
    const scores = F.add(F.matmul(x, F.transpose(layer.W)), layer.b);
    expect(F.argmax(scores, { axis: 1 }).toArray()).toEqual(target);
  });

  refusesOptions("NCELoss", [
    [() => new nn.NCELoss({ ...options, negatives: 3 } as never), "NCELoss: unknown option negatives"],
    [() => new nn.NCELoss({ ...options, nClasses: 0 }), "NCELoss: nClasses is 0; expected a whole number of at least 1"],
    [() => new nn.NCELoss({ ...options, numNegativeSamples: 0 }), "NCELoss: numNegativeSamples is 0; expected a whole number of at least 1"],
    [() => new nn.NCELoss({ ...options, noiseSampler: null as never }), "NCELoss: noiseSampler is null; expected { probs, sample }"],
    [() => new nn.NCELoss({ ...options, noiseSampler: { probs: [0.5, 0.5] } }), "NCELoss: noiseSampler has 2 probabilities; expected one for each of 4 classes"],
    [() => new nn.NCELoss({ ...options, noiseSampler: { probs: [1.5, -0.5, 0, 0] } }), "NCELoss: noiseSampler gives class 0 the probability 1.5; expected 0 to 1"],
    [() => new nn.NCELoss({ ...options, noiseSampler: { probs: [0.5, 0.4, 0, 0] } }), "NCELoss: the probabilities of noiseSampler add up to 0.9; expected 1"],
    [() => new nn.NCELoss({ ...options, subtractLogLabelProb: 1 as never }), "NCELoss: subtractLogLabelProb is 1; expected true or false"],
    [() => new nn.NCELoss({ ...options, reduction: "max" as never }), 'NCELoss: reduction is "max"; expected one of "mean", "sum", "none"'],
  ]); // biome-ignore format: one line each

  refusesCalls("NCELoss", make, (l) => l.forward(ones([2, 3]), [0, 1]), [
    [(l) => l.forward(ones([3]), [0]), "NCELoss: the input has shape (3,); expected at least 2 axes (N, nIn) or (N, nC, nIn)"],
    [(l) => l.forward(ones([1, 1, 1, 3]), [0]), "NCELoss: the input has shape (1, 1, 1, 3); expected (N, nIn) or (N, nC, nIn)"],
    [(l) => l.forward(ones([0, 3]), []), "NCELoss: the input of shape (0, 3) has no elements"],
    [(l) => l.forward(ones([2, 4]), [0, 1]), "NCELoss: the input of shape (2, 4) has 4 features; expected 3"],
    [(l) => l.forward(ones([2, 3], { dtype: "float64" }), [0, 1]), "NCELoss: the input is float64; expected float32"],
    [(l) => l.forward(ones([2, 3]), [0]), "NCELoss: the input has shape (2, 3) and the target (1,); expected a target of shape (2,)"],
    [(l) => l.forward(ones([2, 3]), [0, 4]), "NCELoss: class 4 at position 1 is out of range for 4 classes; expected 0 to 3"],
    [(l) => l.forward(ones([2, 3]), new Float32Array([0, 1])), "NCELoss: the target is float32; expected int32"],
  ]); // biome-ignore format: one line each

  test.each<[unknown, string]>([
    [[0, 1, 2], "NCELoss: noiseSampler drew 1; expected 3 classes of a probability above 0"],
    [[0, 2], "NCELoss: noiseSampler drew 2 classes; expected 3 classes of a probability above 0"],
    [[0, 2, 4], "NCELoss: noiseSampler drew 4; expected 3 classes"],
    [[0, 2, 0.5], "NCELoss: noiseSampler drew 0.5; expected 3 classes"],
  ])("refuses a sampler that draws %j", (drawn, message) => {
    const layer = new nn.NCELoss({ ...options, noiseSampler: { probs, sample: () => drawn as never } });
    expect(() => layer.forward(ones([2, 3]), [0, 2])).toThrow(message);
  });

  test("says what kind of error it is", () => {
    expect(() => make().forward(ones([1, 3]), [7])).toThrow(IndexError);
    expect(() => make().forward(randomUniform([1, 3]), [[1]])).toThrow(ShapeError);
  });
});
