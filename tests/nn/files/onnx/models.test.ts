import { testMode } from "../../../../core/config.js";
import { Function } from "../../../../core/function.js";
import { constant, noGrad, randomInt, randomNormal, randomUniform, seed } from "../../../../core/index.js";
import type { NDArray } from "../../../../core/ndarray.js";
import { type Operand, Variable } from "../../../../core/variable.js";
import * as F from "../../../../functions/index.js";
import * as nn from "../../../../nn/index.js";
import { difference, Runtime } from "./runtime.js";

let runtime: Runtime;
beforeAll(() => {
  runtime = new Runtime();
});
afterAll(() => runtime.close());
beforeEach(() => seed(11));

/** Exports a model, and compares what the file computes of each of `batches` with what the model does. */
async function compare<L extends nn.Layer>(
  model: L,
  example: readonly unknown[],
  batches: readonly (readonly NDArray[])[],
  options: nn.ExportOnnxOptions<L> = {},
): Promise<void> {
  const bytes = await nn.exportOnnx(model, example, options);
  model.eval();
  const call = options.call ?? ((layer: L, ...xs: never[]) => layer.forward(...xs));
  for (const arrays of batches) {
    const count = arrays.length;
    const feeds = Object.fromEntries(
      arrays.map((x, i) => [options.inputNames?.[i] ?? (count === 1 ? "input" : `input${i}`), x]),
    );
    const got = Object.values(await runtime.run(bytes, feeds));
    const result = noGrad(() => testMode(() => call(model, ...(arrays.map((x) => new Variable(x, false)) as never[]))));
    const expected = (result instanceof Variable ? [result] : Object.values(result as object)) as Variable[];
    expect(got.length).toBe(expected.length);
    for (const [i, y] of expected.entries()) expect(difference(got[i]!, y)).toBeLessThan(1e-5);
  }
}

const images = (n: number, size = 12, channels = 1) => randomUniform([n, size, size, channels]);
const sequences = (n: number, features: number, steps: number) => randomNormal([n, features, steps]);

test.each([17, 18, 19, 20, 21])("a convolutional network like LeNet, with operators of version %d", async (opset) => {
  const model = new nn.Sequential(
    new nn.Conv2D({ outCh: 4, kernelShape: [3, 3], pad: "same", actFn: "relu" }),
    new nn.Pool2D({ kernelShape: [2, 2], stride: 2, mode: "max" }),
    new nn.Conv2D({ outCh: 6, kernelShape: [3, 3], actFn: "tanh" }),
    new nn.Pool2D({ kernelShape: [2, 2], stride: 2, mode: "average" }),
    new nn.Flatten(),
    new nn.FullyConnected({ nOut: 16, actFn: "gelu" }),
    new nn.Dropout({ p: 0.5 }),
    new nn.FullyConnected({ nOut: 10 }),
    new nn.Softmax(),
  );
  await compare(model, [images(2)], [[images(2)], [images(1)], [images(7)]], { opset });
});

class Classifier extends nn.Layer {
  readonly embedding = new nn.Embedding({ nOut: 5, vocabSize: 20 });
  readonly lstm = new nn.LSTM({ nOut: 6, numLayers: 2, returnSequences: false });
  readonly out = new nn.FullyConnected({ nOut: 3 });

  forward(ids: Operand): { logits: Variable; label: Variable } {
    const logits = this.out.forward(this.lstm.forward(F.swapaxes(this.embedding.forward(ids), 1, 2)));
    return { logits, label: F.argmax(logits, { axis: 1 }) };
  }
}

test("an LSTM that classifies sequences of ids, of any length too", async () => {
  const ids = (n: number, steps: number) => randomInt(0, 20, [n, steps]);
  const options = { inputNames: ["ids"], dynamicAxes: { ids: { 0: "batch", 1: "steps" } } };
  await compare(new Classifier(), [ids(3, 4)], [[ids(3, 4)], [ids(1, 1)], [ids(5, 9)]], options);
});

test("recurrent networks in both directions", async () => {
  const model = new nn.BidirectionalLSTM({ nOut: 4, mergeMode: "concat" });
  await compare(model, [sequences(2, 3, 5)], [[sequences(2, 3, 5)], [sequences(4, 3, 5)]]);
});

class Transformer extends nn.Layer {
  readonly positions = new nn.PositionalEncoding({ maxLen: 16, learned: true, nIn: 8 });
  readonly encoder: nn.TransformerEncoder;

  constructor(causal: boolean) {
    super();
    this.encoder = new nn.TransformerEncoder({ numLayers: 2, nHeads: 2, dimFeedforward: 12, causal, dropoutP: 0.1 });
  }

  forward(x: Operand, mask: Operand | null = null): Variable {
    return F.mean(this.encoder.forward(this.positions.forward(x), { mask }), { axis: 1 });
  }
}

describe.each([false, true])("a transformer encoder, causal %p", (causal) => {
  const tokens = (n: number, steps: number) => randomNormal([n, steps, 8]);
  const mask = (n: number, steps: number) => {
    const ends = Array.from({ length: n }, (_, i) =>
      Array.from({ length: steps }, (__, j) => j <= steps - 1 - (i % steps)),
    );
    return F.reshape(constant(ends), [n, 1, steps]).data;
  };

  test("without a mask", async () => {
    await compare(new Transformer(causal), [tokens(2, 5)], [[tokens(2, 5)], [tokens(1, 5)], [tokens(6, 5)]]);
  });

  test("with a mask for each sequence, of which some attend to nothing", async () => {
    const batches = [1, 2, 7].map((n) => [tokens(n, 5), mask(n, 5)]);
    await compare(new Transformer(causal), [tokens(3, 5), mask(3, 5)], batches);
  });
});

test("attention over sequences whose length stays open", async () => {
  const model = new nn.TransformerEncoderBlock({ nHeads: 2, dimFeedforward: 8, causal: true });
  const tokens = (n: number, steps: number) => randomNormal([n, steps, 4]);
  const dynamicAxes = { input: { 0: "batch", 1: "steps" } };
  await compare(model, [tokens(2, 5)], [[tokens(2, 5)], [tokens(1, 3)], [tokens(4, 11)]], { dynamicAxes });
});

test("a variational autoencoder: the distribution of codes, images of codes, and both with the noise as an input", async () => {
  const model = new nn.BernoulliVAE({ T: 3, latentDim: 8 });
  const noise = (n: number) => randomNormal([n, 3]);
  const all = [1, 2, 5];
  await compare(
    model,
    [images(2, 16)],
    all.map((n) => [images(n, 16)]),
    { call: (vae, x) => vae.encode(x) },
  );
  await compare(
    model,
    [noise(2)],
    all.map((n) => [noise(n)]),
    { call: (vae, z) => vae.decode(z) },
  );
  await compare(
    model,
    [images(2, 16), noise(2)],
    all.map((n) => [images(n, 16), noise(n)]),
  );
});

test("residual networks, whose transpositions are done once", async () => {
  const model = new nn.Sequential(
    new nn.Conv2D({ outCh: 4, kernelShape: [3, 3], pad: "same" }),
    new nn.SkipConnectionIdentityModule({ outCh: 4, kernelShape1: [3, 3], kernelShape2: [3, 3] }),
    new nn.SkipConnectionConvModule({
      outCh1: 4,
      outCh2: 6,
      kernelShape1: [3, 3],
      kernelShape2: [3, 3],
      kernelShapeSkip: [5, 5],
    }),
    new nn.Flatten(),
  );
  await compare(model, [images(2, 6, 2)], [[images(3, 6, 2)], [images(1, 6, 2)]]);
});

test("images of any size, where the padding does not depend on it", async () => {
  const model = new nn.Sequential(
    new nn.Conv2D({ outCh: 3, kernelShape: [3, 3], pad: "same", actFn: "relu" }),
    new nn.Pool2D({ kernelShape: [2, 2], stride: 2, mode: "max" }),
    new nn.Deconv2D({ outCh: 2, kernelShape: [2, 2], stride: 2 }),
  );
  const dynamicAxes = { input: { 0: "batch", 1: "rows", 2: "cols" } };
  const sized = (n: number, rows: number, cols: number) => randomUniform([n, rows, cols, 2]);
  await compare(model, [sized(2, 8, 6)], [[sized(1, 8, 6)], [sized(3, 4, 10)], [sized(2, 7, 9)]], { dynamicAxes });
});

/** Images that are halved and brought back meet those that were not: their sizes must be even. */
class Hourglass extends nn.Layer {
  readonly down = new nn.Conv2D({ outCh: 3, kernelShape: [3, 3], pad: "same", actFn: "relu" });
  readonly pool = new nn.Pool2D({ kernelShape: [2, 2], stride: 2, mode: "max" });
  readonly up = new nn.Deconv2D({ outCh: 2, kernelShape: [2, 2], stride: 2 });

  forward(x: Variable): Variable {
    const wide = this.down.forward(x);
    const small = this.pool.forward(wide);
    const centered = F.sub(small, F.mean(small, { axis: [1, 2], keepdims: true }));
    return F.cat([wide, this.up.forward(centered)], { axis: 3 });
  }
}

test("images of any even size", async () => {
  const dynamicAxes = { input: { 0: "n", 1: "rows", 2: "cols" } };
  const sized = (n: number, rows: number, cols: number) => randomUniform([n, rows, cols, 2]);
  await compare(new Hourglass(), [sized(1, 8, 8)], [[sized(1, 8, 8)], [sized(3, 4, 14)]], { dynamicAxes });
});

test("WaveNet's residual module", async () => {
  const model = new nn.WavenetResidualModule({ chResidual: 3, chDilation: 4, dilation: 1, kernelWidth: 2 });
  const waves = (n: number) => randomNormal([n, 9, 3]);
  await compare(model, [waves(2)], [[waves(2)], [waves(4)]]);
});

/** A function of a user, whose forward is made of others. */
class Swish extends Function {
  forward(x: NDArray): NDArray {
    return F.mul(x, F.sigmoid(x)).data;
  }

  backward(gy: Variable): Variable {
    const x = this.input(0);
    const s = F.sigmoid(x);
    return F.mul(gy, F.add(s, F.mul(F.mul(x, s), F.sub(1, s))));
  }
}

class Written extends nn.Layer {
  readonly scale = new nn.LazyParameter("scale", [4], "float32");
  readonly inner = new nn.FullyConnected({ nOut: 4 });

  constructor() {
    super();
    this.scale.initialize(randomNormal([4]));
  }

  forward(xs: { left: Variable; right: Variable }): Variable[] {
    const y = new Swish().apply(F.mul(this.inner.forward(xs.left), this.scale));
    const halves = F.split(y, 2, { axis: 1 });
    return [F.add(F.cat(halves.reverse(), { axis: 1 }), F.roll(xs.right, 1, { axis: 1 })), F.norm(y, { axis: 1 })];
  }
}

test("a layer that a user has written, with a function of the user's and inputs in an object", async () => {
  const model = new Written();
  const vectors = (n: number) => randomNormal([n, 4]);
  const inputNames = ["left", "right"];
  const call = (layer: Written, left: Variable, right: Variable) => layer.forward({ left, right });
  const batches = [1, 2, 6].map((n) => [vectors(n), vectors(n)]);
  await compare(model, [vectors(3), vectors(3)], batches, { inputNames, call });
  const direct = await nn.exportOnnx(model, [{ left: constant(vectors(2)), right: constant(vectors(2)) }]);
  const [left, right] = [vectors(4), vectors(4)];
  const got = await runtime.run(direct, { "input.left": left, "input.right": right });
  const expected = model.forward({ left: constant(left), right: constant(right) });
  expected.forEach((y, i) => {
    expect(difference(got[`output${i}`]!, y)).toBeLessThan(1e-5);
  });
});

test("what a batch is made of: sizes of it, rows chosen by ids, and constants as long as it", async () => {
  class Batch extends nn.Layer {
    forward(x: Variable, ids: Variable): Variable[] {
      const [n, m] = x.shape as [number, number];
      const rows = F.takeAlongAxis(x, F.reshape(ids, [n, 1]), { axis: 1 });
      const last = F.getItem(x, -1);
      const spread = F.broadcastTo(last, [n, m]);
      const pairs = F.sub(F.reshape(x, [n, 1, m]), F.reshape(x, [1, n, m]));
      const count = F.sum(F.broadcastTo(F.mean(x), [n]));
      return [rows, spread, F.norm(pairs, { axis: 2 }), count, F.var(x, { axis: 0, ddof: 1 }), F.oneHot(ids, m)];
    }
  }
  const arguments_ = (n: number) => [randomNormal([n, 4]), randomInt(0, 4, [n])];
  await compare(new Batch(), arguments_(3), [arguments_(3), arguments_(2), arguments_(8)]);
});
