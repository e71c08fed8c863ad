import { array, NDArray, noGrad, randomUniform, seed, slice, type Variable, zeros } from "../../../core/index.js";
import "../../../functions/index.js";
import {
  BernoulliVAE,
  type BernoulliVAEOptions,
  type BernoulliVAEProgress,
  fromConfig,
  minibatch,
  VAELoss,
} from "../../../nn/index.js";
import { RMSProp, SGD } from "../../../optim/index.js";
import { refusesCalls, refusesOptions, valuesOf } from "../refusals.js";

beforeEach(() => seed(23));

const small: BernoulliVAEOptions = {
  ...{ T: 2, latentDim: 6, encConv1OutCh: 3, encConv2OutCh: 4, encConv1KernelShape: 3, encConv2KernelShape: 2 },
  ...{ dtype: "float64" },
};
const make = (options: BernoulliVAEOptions = {}) => new BernoulliVAE({ ...small, ...options });
const drawn = (n: number, size = 9) => randomUniform([n, size, size, 1], { dtype: "float64" });

/** Images with a bright bar, which lies in one of `size` columns. */
function bars(n: number, size = 9): NDArray {
  const images = zeros([n, size, size, 1], { dtype: "float64" });
  for (let i = 0; i < n; i++) {
    const column = i % size;
    images.slice(i, slice(), slice(column, column + 1)).assign(array(0.9, { dtype: "float64" }));
  }
  return images;
}

test("has the reference's architecture, and its names", () => {
  const vae = new BernoulliVAE();
  vae.forward(zeros([2, 28, 28, 1]));
  expect(vae.namedParameters().map(([name, p]) => `${name} ${p.shape.join("x")}`)).toEqual([
    ...["encoder.conv1.W 5x5x1x32", "encoder.conv1.b 32", "encoder.conv2.W 5x5x32x64", "encoder.conv2.b 64"],
    ...["encoder.fc4.W 3136x256", "encoder.fc4.b 256", "encoder.fc5.W 256x10", "encoder.fc5.b 10"],
    ...["decoder.fc1.W 5x256", "decoder.fc1.b 256", "decoder.fc2.W 256x784", "decoder.fc2.b 784"],
  ]);
  expect(vae.config().hyperparameters).toMatchObject({ T: 5, optimizer: "RMSProp(lr=0.0001)", inShape: [28, 28, 1] });
  const summary = vae.summary();
  expect(summary).toContain("encoder.pool1 Pool2D");
  expect(summary).toContain("(2, 12, 12, 32)");
  expect(summary).toContain("(2, 28, 28, 1) (2, 5) (2, 5)");
});

test("knows as much of its shapes before the first images as there is to know", () => {
  const summary = make().summary();
  expect(summary).toContain("W (3, 3, ?, 3)");
  expect(summary).toContain("W (?, 6)");
  expect(summary).toContain("W (6, ?)  b (?,)");
});

describe("codes", () => {
  test("lie exp(logVar / 2) times the noise away from their means", () => {
    const logVar = array([[2 * Math.log(3), 0]], { dtype: "float64" });
    const z = make().sample([[1, 2]], logVar, [[0.5, -1]]);
    expect(z.shape).toEqual([1, 2]);
    const [first, second] = z.toTypedArray();
    expect(first).toBeCloseTo(2.5, 12);
    expect(second).toBeCloseTo(1, 12);
  });

  test("have that deviation when the generator draws the noise", () => {
    const [n, deviation] = [20_000, 1.5];
    const logVar = array(new Float64Array(n).fill(2 * Math.log(deviation))).reshape([n, 1]);
    const z = make({ T: 1 })
      .sample(zeros([n, 1], { dtype: "float64" }), logVar)
      .toTypedArray() as Float64Array;
    const mean = z.reduce((a, b) => a + b) / n;
    const variance = z.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.sqrt(variance)).toBeCloseTo(deviation, 1);
  });

  test("are what forward decodes, and their distributions what encode gives", () => {
    const vae = make();
    const [x, noise] = [drawn(3), randomUniform([3, 2], { dtype: "float64" })];
    const { xRecon, mean, logVar } = vae.forward(x, noise);
    const code = vae.encode(x);
    expect([code.mean.toArray(), code.logVar.toArray()]).toEqual([mean.toArray(), logVar.toArray()]);
    expect(vae.decode(vae.sample(mean, logVar, noise)).toArray()).toEqual(xRecon.toArray());
    expect(vae.reconstruct(x).toArray()).toEqual(vae.decode(mean).toArray());
    expect(xRecon.shape).toEqual(x.shape);
  });

  test("are drawn anew in each forward, and a seed repeats them", () => {
    const vae = make({ inShape: [9, 9, 1] });
    const x = drawn(2);
    const run = () => vae.forward(x).xRecon.toArray();
    seed(1);
    const first = run();
    expect(run()).not.toEqual(first);
    seed(1);
    expect(run()).toEqual(first);
  });
});

test("the loss is VAELoss of a forward", () => {
  const vae = make();
  const [x, noise] = [drawn(3), randomUniform([3, 2], { dtype: "float64" })];
  const { xRecon, mean, logVar } = vae.forward(x, noise);
  expect(vae.loss(x, noise).item()).toBe(new VAELoss().forward(xRecon, x, mean, logVar).item());
  expect(vae.loss(x, noise).requiresGrad).toBe(true);
});

test("generates images, without a graph", () => {
  const vae = make({ inShape: [9, 10, 2] });
  const images = vae.generate(4);
  expect(images).toBeInstanceOf(NDArray);
  expect(images.shape).toEqual([4, 9, 10, 2]);
  const values = images.toTypedArray() as Float64Array;
  expect(values.every((v) => v > 0 && v < 1)).toBe(true);
  expect(vae.generate().shape).toEqual([1, 9, 10, 2]);
  expect(vae.generate().toArray()).not.toEqual(vae.generate().toArray());
});

test("evaluates the mean over all images, also when the last batch is smaller", () => {
  const vae = make();
  const x = drawn(5);
  vae.encode(x);
  seed(2);
  const found = vae.evaluate(x, { batchSize: 2 });
  seed(2);
  const losses = [slice(0, 2), slice(2, 4), slice(4, 5)].map((part) => vae.loss(x.slice(part)).item());
  expect(found).toBeCloseTo((2 * losses[0]! + 2 * losses[1]! + losses[2]!) / 5, 12);
  expect(vae.parameters().every((p) => p.grad === null)).toBe(true);
});

describe("fit", () => {
  test("is a loop over batches with the reference's RMSProp", () => {
    const x = drawn(6);
    const vae = make({ inShape: [9, 9, 1] });
    const twin = fromConfig(vae.config()) as BernoulliVAE;
    twin.loadStateDict(vae.stateDict());
    // One batch is the same in any order of images but for rounding, and the generator's noise is not.
    const noise = zeros([6, 2], { dtype: "float64" });
    for (const model of [vae, twin])
      model.sample = (mean, logVar) => BernoulliVAE.prototype.sample.call(model, mean, logVar, noise);
    const losses = vae.fit(x, { epochs: 3, batchSize: 6 });
    const optimizer = new RMSProp(twin.parameters(), { lr: 0.0001 });
    const wanted = Array.from({ length: 3 }, () => {
      const loss = twin.loss(x);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(wanted[i]!, 9);
    });
    expect(losses[2]).toBeLessThan(losses[0]!);
    expectClose(vae.reconstruct(x), twin.reconstruct(x));
  });

  test("learns where bars are", () => {
    const vae = make({ encConv1OutCh: 8, encConv2OutCh: 8, latentDim: 32, optimizer: "adam(lr=0.01)" });
    const x = bars(90);
    const losses = vae.fit(x, { epochs: 40, batchSize: 15 });
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 3);
    const recon = vae.reconstruct(x.slice(slice(0, 9))).toTypedArray();
    const brightest = Array.from({ length: 9 }, (_, i) => {
      const row = Array.from(recon.slice(81 * i, 81 * i + 9), Number);
      return row.indexOf(Math.max(...row));
    });
    expect(brightest.filter((column, i) => column === i).length).toBeGreaterThanOrEqual(7);
  });

  test("goes on where it was, with the same optimizer", () => {
    const x = bars(8);
    const run = (calls: readonly number[]) => {
      seed(5);
      const made: unknown[] = [];
      const vae = make({
        inShape: [9, 9, 1],
        optimizer: (parameters) => {
          made.push(parameters);
          return new SGD(parameters as ReturnType<BernoulliVAE["parameters"]>, { lr: 0.01, momentum: 0.9 });
        },
      });
      const losses = calls.flatMap((epochs) => vae.fit(x, { epochs, batchSize: 8 }));
      expect(made).toHaveLength(1);
      return losses;
    };
    expect(run([2, 2])).toHaveLength(4);
  });

  test("reports after each step, and prints a line after each epoch if asked to", () => {
    const reports: BernoulliVAEProgress[] = [];
    const print = jest.spyOn(console, "log").mockImplementation(() => {});
    const losses = make().fit(drawn(5), {
      epochs: 2,
      batchSize: 2,
      verbose: true,
      onProgress: (report) => reports.push(report),
    });
    const lines = print.mock.calls.map(([line]) => line);
    print.mockRestore();
    expect(reports.map(({ epoch, images }) => [epoch, images])).toEqual([
      ...[
        [1, 2],
        [1, 4],
        [1, 5],
      ],
      ...[
        [2, 2],
        [2, 4],
        [2, 5],
      ],
    ]);
    expect(reports.every(({ epochs, totalImages }) => epochs === 2 && totalImages === 5)).toBe(true);
    expect([reports[2]!.loss, reports[5]!.loss]).toEqual(losses);
    expect(lines).toEqual(losses.map((loss, i) => `epoch ${i + 1}/2: loss ${loss.toFixed(2)}`));
  });

  test("leaves alone what is frozen", () => {
    const vae = make({ inShape: [9, 9, 1] });
    vae.encoder.freeze();
    const [encoder, decoder] = [valuesOf(vae.encoder), valuesOf(vae.decoder)];
    vae.fit(drawn(4), { epochs: 1 });
    expect(valuesOf(vae.encoder)).toMatchObject({ "conv1.W": encoder["conv1.W"], "fc5.b": encoder["fc5.b"] });
    expect(valuesOf(vae.decoder)["fc2.W"]).not.toEqual(decoder["fc2.W"]);
  });

  test("stops when the loss is not finite", () => {
    const vae = make({ optimizer: "sgd(lr=1e200)" });
    expect(() => vae.fit(drawn(4), { epochs: 5 })).toThrow(/^BernoulliVAE.fit: the loss is NaN; expected a smaller/);
  });

  test("images and a seed give the same model, whether its shape was given or told", () => {
    const x = drawn(4);
    const [told, given] = [{}, { inShape: [9, 9, 1] as const }].map((options) => {
      seed(8);
      const vae = make(options);
      vae.fit(x, { epochs: 2, batchSize: 2 });
      return vae.stateDict();
    });
    for (const [name, value] of Object.entries(told!)) expect(value.toArray()).toEqual(given![name]!.toArray());
  });
});

describe("state and config", () => {
  test("make the model again, which can then generate", () => {
    const vae = make({ optimizer: { name: "adam", lr: 0.002 }, init: "he_normal", encConv2Pad: "same" });
    vae.fit(drawn(3), { epochs: 1 });
    const config = JSON.parse(JSON.stringify(vae.config()));
    expect(config.hyperparameters).toMatchObject({ optimizer: { name: "adam", lr: 0.002 }, encConv2Pad: "same" });
    const same = fromConfig(config) as BernoulliVAE;
    same.loadStateDict(vae.stateDict());
    seed(3);
    const wanted = vae.generate(2).toArray();
    seed(3);
    expect(same.generate(2).toArray()).toEqual(wanted);
  });

  test("a state alone says how many pixels there are, and the first images how they lie", () => {
    const vae = make();
    const x = drawn(2);
    vae.encode(x);
    const fresh = make();
    fresh.loadStateDict(vae.stateDict());
    expect(() => fresh.generate()).toThrow(
      "BernoulliVAE: the shape of its images is not known yet; expected a forward",
    );
    expect(() => fresh.encode(drawn(2, 8))).toThrow(
      "BernoulliVAE: images (8, 8, 1) have 1 channels, 4 features and 64 pixels; expected 1, 4 and 81",
    );
    expect(fresh.reconstruct(x).toArray()).toEqual(vae.reconstruct(x).toArray());
    expect(fresh.generate().shape).toEqual([1, 9, 9, 1]);
  });

  test("an optimizer that is a function has no config", () => {
    const vae = make({ optimizer: (parameters) => new SGD(parameters as Variable[] as never) });
    expect(() => vae.config()).toThrow("config: BernoulliVAE has the function optimizer as optimizer; expected a text");
  });
});

test("gradients reach the images through the code", () => {
  const vae = make();
  const [batches] = minibatch(4, { batchSize: 4 });
  expect([...batches]).toHaveLength(1);
  const x = drawn(2);
  noGrad(() => vae.loss(x));
  expect(vae.parameters().every((p) => p.grad === null)).toBe(true);
  vae.loss(x).backward();
  expect(vae.parameters().every((p) => p.grad !== null)).toBe(true);
});

function expectClose(actual: NDArray, expected: NDArray): void {
  const wanted = expected.toTypedArray();
  actual.toTypedArray().forEach((v, i) => {
    expect(v).toBeCloseTo(Number(wanted[i]), 9);
  });
}

refusesOptions("BernoulliVAE", [
  [() => make({ T: 0 }), "BernoulliVAE: T is 0; expected a whole number of at least 1"],
  [() => make({ latentDim: 2.5 }), "BernoulliVAE: latentDim is 2.5; expected a whole number of at least 1"],
  [() => make({ encConv1OutCh: -1 }), "BernoulliVAE: encConv1OutCh is -1; expected a whole number"],
  [() => make({ encConv2OutCh: "8" as never }), 'BernoulliVAE: encConv2OutCh is "8"; expected a whole number'],
  [() => make({ encConv1Pad: -1 }), "BernoulliVAE: encConv1: pad is -1; expected"],
  [() => make({ encConv2Pad: "causal" as never }), 'BernoulliVAE: encConv2: pad is "causal"; expected'],
  [() => make({ encConv1Stride: 0 }), "BernoulliVAE: encConv1: stride is 0; expected a positive integer"],
  [() => make({ encPool1Stride: [1, 2, 3] }), "BernoulliVAE: encPool1: stride is [1, 2, 3]; expected"],
  [() => make({ encPool2KernelShape: 0 }), "BernoulliVAE: encPool2: kernelShape is 0; expected a positive integer"],
  [() => make({ optimizer: "adamm" }), 'BernoulliVAE: optimizer is "adamm"; expected'],
  [() => make({ optimizer: "adam(lr=-1)" }), "Adam: lr is -1; expected a finite number of at least 0"],
  [() => make({ init: "glorot" }), 'BernoulliVAE: init is "glorot"; expected'],
  [() => make({ inShape: [28, 28] as never }), "BernoulliVAE: inShape is [28, 28]; expected [rows, cols, channels]"],
  [() => make({ inShape: [28, 0, 1] }), "BernoulliVAE: inShape is [28, 0, 1]; expected [rows, cols, channels]"],
  [() => make({ inShape: [3, 9, 1] }), "BernoulliVAE: encPool1: the kernel covers 2 rows and the input has 1"],
  [() => make({ dtype: "int32" as never }), 'BernoulliVAE: dtype is "int32"; expected'],
  [() => make({ latent_dim: 3 } as never), "BernoulliVAE: unknown option latent_dim; expected some of T, latentDim"],
]);

const double = (...shape: number[]) => zeros(shape, { dtype: "float64" });
refusesCalls("BernoulliVAE", make, (vae) => vae.forward(drawn(2), double(2, 2)), [
  [
    (vae) => vae.forward(double(9, 9, 1)),
    "BernoulliVAE: the input has shape (9, 9, 1); expected 4 axes (N, rows, cols",
  ],
  [
    (vae) => vae.forward(double(2, 9, 9, 2)),
    "BernoulliVAE: the input has shape (2, 9, 9, 2); expected images (N, 9, 9, 1)",
  ],
  [(vae) => vae.encode(double(0, 9, 9, 1)), "BernoulliVAE: the input of shape (0, 9, 9, 1) has no elements"],
  [(vae) => vae.encode(zeros([2, 9, 9, 1])), "BernoulliVAE: the input is float32; expected float64"],
  [(vae) => vae.forward(drawn(2), double(1, 2)), "BernoulliVAE: the noise has shape (1, 2); expected (2, 2)"],
  [(vae) => vae.forward(drawn(2), zeros([2, 2])), "BernoulliVAE: the noise is float32; expected float64"],
  [
    (vae) => vae.loss(array([255], { dtype: "float64" }).broadcastTo([1, 9, 9, 1])),
    "BernoulliVAE: the input holds 255 at position 0; expected probabilities from 0 to 1",
  ],
  [(vae) => vae.decode(double(2, 3)), "BernoulliVAE: the input of shape (2, 3) has 3 latent variables; expected 2"],
  [(vae) => vae.decode(double(2)), "BernoulliVAE: the input has shape (2,); expected 2 axes (N, T)"],
  [
    (vae) => vae.sample(double(2, 2), double(2, 1)),
    "BernoulliVAE: the mean has shape (2, 2) and the logarithm of the variance (2, 1); expected equal shapes",
  ],
  [(vae) => vae.generate(0), "BernoulliVAE.generate: n is 0; expected a whole number of at least 1"],
  [(vae) => vae.evaluate(drawn(2), { batchSize: 0 }), "BernoulliVAE.evaluate: batchSize is 0; expected a whole number"],
  [(vae) => vae.fit(drawn(2), { epochs: 0 }), "BernoulliVAE.fit: epochs is 0; expected a whole number of at least 1"],
  [(vae) => vae.fit(drawn(2), { batchSize: -3 }), "BernoulliVAE.fit: batchSize is -3; expected a whole number"],
  [(vae) => vae.fit(drawn(2), { verbose: 1 as never }), "BernoulliVAE.fit: verbose is 1; expected true or false"],
  [
    (vae) => vae.fit(drawn(2), { onProgress: true as never }),
    "BernoulliVAE.fit: onProgress is true; expected a function",
  ],
  [(vae) => vae.fit(drawn(2), { lr: 1 } as never), "BernoulliVAE.fit: unknown option lr; expected some of epochs"],
  [
    (vae) => vae.fit(array([-1], { dtype: "float64" }).broadcastTo([2, 9, 9, 1])),
    "BernoulliVAE: the input holds -1 at position 0; expected probabilities from 0 to 1",
  ],
]);
