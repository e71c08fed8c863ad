// The jax-js twin, on its WebAssembly backend, which has one thread in Node: the workloads of suite.ts with the same
// arithmetic. Everything is compiled with `jit`, except the chain, which is about what single operations cost.
import "./jax-globals.mjs";
import { blockUntilReady, init, jit, lax, nn, numpy as np, tree, valueAndGrad, vjp } from "@jax-js/jax";
import { classes, meanAbsolute, values } from "../values.js";
import { serve } from "./serve.js";

await init("wasm");

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

function data(shape, salt, scale = 1, dtype = "float32") {
  const numbers = values(sizeOf(shape), salt, scale);
  return np.array(dtype === "float64" ? numbers : Float32Array.from(numbers), { dtype }).reshape(shape);
}

const weight = (shape, salt, fanIn) => data(shape, salt, Math.sqrt(3 / fanIn));

/** A program that applies `f` to `inputs`, keeping them; the arrays that `f` returns are compared, then freed. */
function program(f, inputs) {
  const run = () => blockUntilReady(f(...inputs.map((x) => tree.ref(x))));
  return {
    step: async () => tree.dispose(await run()),
    check: async () => tree.leaves(await run()).map((x) => meanAbsolute(x.dataSync())),
  };
}

function elementwise(f) {
  const compiled = jit(f);
  return ({ size }) => program(compiled, f.length === 1 ? [data([size], 1)] : [data([size], 1), data([size], 2)]);
}

function matmul({ n, dtype }) {
  return program(
    jit((a, b) => np.matmul(a, b)),
    [data([n, n], 1, 1, dtype), data([n, n], 2, 1, dtype)],
  );
}

const matrix = ({ rows, cols }) => data([rows, cols], 1);
const sum = (sizes) =>
  program(
    jit((x) => np.sum(x, sizes.axis)),
    [matrix(sizes)],
  );
const softmax = (sizes) =>
  program(
    jit((x) => nn.softmax(x, 1)),
    [matrix(sizes)],
  );

const dense = (x, { W, b }) => np.matmul(x, W).add(b);
const oneHot = (n, count) => nn.oneHot(np.array(classes(n, count), { dtype: np.int32 }), count);

/** The mean over the batch of the cross-entropy with one-hot targets. */
function crossEntropy(logits, t) {
  const batch = logits.shape[0];
  return np.sum(nn.logSoftmax(logits, 1).mul(t)).mul(-1 / batch);
}

const layer = (shape, salt) => ({
  W: weight(shape, salt, sizeOf(shape.slice(0, -1))),
  b: np.zeros([shape.at(-1)]),
});

function mlp({ batch, inputs, hidden, classes: outputs }) {
  const widths = [inputs, hidden, hidden, outputs];
  let layers = [0, 1, 2].map((i) => layer([widths[i], widths[i + 1]], 10 + i));
  const [x, t] = [data([batch, inputs], 1), oneHot(batch, outputs)];
  const loss = ([first, second, third], x, t) =>
    crossEntropy(dense(nn.relu(dense(nn.relu(dense(x, first)), second)), third), t);
  const train = jit((layers, x, t) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(layers), x, t);
    return [value, tree.map((p, g) => p.sub(g.mul(0.1)), layers, gradients)];
  });
  const step = async () => {
    const [value, changed] = await blockUntilReady(train(layers, x.ref, t.ref));
    layers = changed;
    return value;
  };
  return {
    step: async () => (await step()).dispose(),
    check: async () => {
      const losses = [(await step()).dataSync()[0], (await step()).dataSync()[0]];
      return [...losses, ...layers.map(({ W }) => meanAbsolute(W.ref.dataSync()))];
    },
  };
}

function lenet({ batch }) {
  const layers = [
    ...[layer([5, 5, 1, 6], 10), layer([5, 5, 6, 16], 11)],
    ...[layer([400, 120], 12), layer([120, 84], 13), layer([84, 10], 14)],
  ];
  const [x, t] = [data([batch, 1, 28, 28], 1), oneHot(batch, 10)];
  const pool = (y) => {
    const [n, channels, rows, cols] = y.shape;
    return np.max(y.reshape([n, channels, rows / 2, 2, cols / 2, 2]), [3, 5]);
  };
  const convolve = (y, { W, b }, pad) => {
    const padding = [
      [pad, pad],
      [pad, pad],
    ];
    const kernel = np.transpose(W, [3, 2, 0, 1]);
    return pool(nn.relu(lax.convGeneralDilated(y, kernel, [1, 1], padding).add(b.reshape([1, -1, 1, 1]))));
  };
  const loss = ([conv1, conv2, dense1, dense2, dense3], x, t) => {
    const features = convolve(convolve(x, conv1, 2), conv2, 0);
    const flat = np.transpose(features, [0, 2, 3, 1]).reshape([batch, 400]);
    return crossEntropy(dense(nn.relu(dense(nn.relu(dense(flat, dense1)), dense2)), dense3), t);
  };
  const differentiate = jit((layers, x, t) => {
    const [value, gradients] = valueAndGrad(loss)(layers, x, t);
    return [value, gradients];
  });
  const made = program(differentiate, [layers, x, t]);
  const check = async () => {
    const [value, gradients] = differentiate(tree.ref(layers), x.ref, t.ref);
    return [value, ...gradients.map(({ W }) => W)].map((y) => meanAbsolute(y.dataSync()));
  };
  return { step: made.step, check };
}

/** The value of `f` and its gradients with respect to all its arguments, given that of its value. */
const valueAndPullback = (f) =>
  jit((gradient, ...inputs) => {
    const [value, pullback] = vjp(f, inputs);
    return [value, ...pullback(gradient)];
  });

function lstm({ inputs, hidden, steps, batch }) {
  const sequence = (x, ih, hh, b) => {
    const projected = np
      .matmul(x.reshape([steps * batch, inputs]), ih)
      .add(b)
      .reshape([steps, batch, 4 * hidden]);
    let h = np.zeros([batch, hidden]);
    let c = np.zeros([batch, hidden]);
    const outputs = np.split(projected, steps).map((p) => {
      const [i, f, g, o] = np.split(p.reshape([batch, 4 * hidden]).add(np.matmul(h, hh.ref)), 4, 1);
      c = nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(g)));
      h = nn.sigmoid(o).mul(np.tanh(c.ref));
      return h.ref;
    });
    for (const rest of [h, c, hh]) rest.dispose();
    return np.stack(outputs);
  };
  return program(valueAndPullback(sequence), [
    data([steps, batch, hidden], 2),
    data([steps, batch, inputs], 1),
    weight([inputs, 4 * hidden], 10, inputs),
    weight([hidden, 4 * hidden], 11, hidden),
    weight([4 * hidden], 12, hidden),
  ]);
}

function attention({ batch, tokens, width, heads }) {
  const depth = width / heads;
  const split = (y) => np.transpose(y.reshape([batch, tokens, heads, depth]), [0, 2, 1, 3]);
  const block = (x, ...weights) => {
    const project = (y, i) => np.matmul(y, weights[i]).add(weights[4 + i]);
    const flat = x.reshape([batch * tokens, width]);
    const [query, key, value] = [flat.ref, flat.ref, flat].map((y, i) => split(project(y, i)));
    const scores = np.matmul(query, np.swapaxes(key, -1, -2)).mul(1 / Math.sqrt(depth));
    const merged = np.transpose(np.matmul(nn.softmax(scores, -1), value), [0, 2, 1, 3]);
    return project(merged.reshape([batch * tokens, width]), 3).reshape([batch, tokens, width]);
  };
  const differentiate = valueAndPullback(block);
  const inputs = [
    data([batch, tokens, width], 2),
    data([batch, tokens, width], 1),
    ...[10, 11, 12, 13].map((salt) => weight([width, width], salt, width)),
    ...[20, 21, 22, 23].map((salt) => weight([width], salt, width)),
  ];
  const made = program(differentiate, inputs);
  return { step: made.step, check: async () => (await made.check()).slice(0, 6) };
}

function chain({ operations, size }) {
  const f = (x) => {
    let y = x;
    for (let i = 0; i < operations / 2; i++) y = y.mul(1.0001).add(0.5);
    return y;
  };
  const differentiate = (gradient, x) => {
    const [value, pullback] = vjp(f, [x]);
    const out = [value, ...pullback(gradient)];
    pullback.dispose();
    return out;
  };
  return program(differentiate, [data([size], 2), data([size], 1)]);
}

await serve({
  add: elementwise((a, b) => np.add(a, b)),
  attention,
  chain,
  exp: elementwise((a) => np.exp(a)),
  lenet,
  lstm,
  matmul,
  mlp,
  peakMemory: mlp,
  softmax,
  sum,
  tanh: elementwise((a) => np.tanh(a)),
});
