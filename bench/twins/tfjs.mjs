// The TensorFlow.js twin, on its WebAssembly backend: the workloads of suite.ts with the same arithmetic.
// The backend computes at once and on one thread in Node, and has neither float64 nor the gradient of a convolution.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { classes, meanAbsolute, values } from "../values.js";
import { serve } from "./serve.js";

await tf.setBackend("wasm");

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const data = (shape, salt, scale = 1) =>
  tf.tensor(Float32Array.from(values(sizeOf(shape), salt, scale)), shape, "float32");
const weight = (shape, salt, fanIn) => data(shape, salt, Math.sqrt(3 / fanIn));

/** A program whose `work` returns the tensors to compare. */
function program(work) {
  return {
    step: () => tf.tidy(() => void work()),
    check: () => tf.tidy(() => work().map((x) => meanAbsolute(x.dataSync()))),
  };
}

function elementwise(f) {
  return ({ size }) => {
    const [a, b] = [data([size], 1), data([size], 2)];
    return program(() => [f(a, b)]);
  };
}

function reduction(f) {
  return (sizes) => {
    const x = data([sizes.rows, sizes.cols], 1);
    return program(() => [f(x, sizes)]);
  };
}

function matmul({ n, dtype }) {
  if (dtype !== "float32") return null;
  const [a, b] = [data([n, n], 1), data([n, n], 2)];
  return program(() => [tf.matMul(a, b)]);
}

const relu = (x) => tf.relu(x);

function mlp({ batch, inputs, hidden, classes: outputs }) {
  const widths = [inputs, hidden, hidden, outputs];
  const layers = [0, 1, 2].map((i) => ({
    W: tf.variable(weight([widths[i], widths[i + 1]], 10 + i, widths[i])),
    b: tf.variable(tf.zeros([widths[i + 1]])),
  }));
  const x = data([batch, inputs], 1);
  const t = tf.oneHot(tf.tensor1d(classes(batch, outputs), "int32"), outputs);
  const optimizer = tf.train.sgd(0.1);
  const loss = () => {
    const logits = layers.reduce((y, { W, b }, i) => {
      const out = tf.add(tf.matMul(y, W), b);
      return i < 2 ? relu(out) : out;
    }, x);
    return tf.losses.softmaxCrossEntropy(t, logits);
  };
  const step = () => optimizer.minimize(loss, true);
  return {
    step: () => tf.tidy(() => void step()),
    check: () => {
      const losses = tf.tidy(() => [step(), step()].map((y) => y.dataSync()[0]));
      return [...losses, ...layers.map(({ W }) => meanAbsolute(W.dataSync()))];
    },
  };
}

function lstm({ inputs, hidden, steps, batch }) {
  const x = data([steps, batch, inputs], 1);
  const ih = weight([inputs, 4 * hidden], 10, inputs);
  const hh = weight([hidden, 4 * hidden], 11, hidden);
  const b = weight([4 * hidden], 12, hidden);
  const gradient = data([steps, batch, hidden], 2);
  const sequence = (x, ih, hh, b) => {
    const projected = tf.add(tf.matMul(tf.reshape(x, [steps * batch, inputs]), ih), b);
    let h = tf.zeros([batch, hidden]);
    let c = tf.zeros([batch, hidden]);
    const outputs = tf.split(projected, steps).map((p) => {
      const [i, f, g, o] = tf.split(tf.add(p, tf.matMul(h, hh)), 4, 1);
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      return h;
    });
    return tf.stack(outputs);
  };
  const differentiate = tf.valueAndGrads(sequence);
  return program(() => {
    const { value, grads } = differentiate([x, ih, hh, b], gradient);
    return [value, ...grads];
  });
}

function attention({ batch, tokens, width, heads }) {
  const depth = width / heads;
  const x = data([batch, tokens, width], 1);
  const W = [10, 11, 12, 13].map((salt) => weight([width, width], salt, width));
  const b = [20, 21, 22, 23].map((salt) => weight([width], salt, width));
  const gradient = data([batch, tokens, width], 2);
  const split = (y) => tf.transpose(tf.reshape(y, [batch, tokens, heads, depth]), [0, 2, 1, 3]);
  const block = (x, ...weights) => {
    const project = (y, i) => tf.add(tf.matMul(y, weights[i]), weights[4 + i]);
    const flat = tf.reshape(x, [batch * tokens, width]);
    const [query, key, value] = [0, 1, 2].map((i) => split(project(flat, i)));
    const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(depth));
    const merged = tf.transpose(tf.matMul(tf.softmax(scores), value), [0, 2, 1, 3]);
    return tf.reshape(project(tf.reshape(merged, [batch * tokens, width]), 3), [batch, tokens, width]);
  };
  const differentiate = tf.valueAndGrads(block);
  return program(() => {
    const { value, grads } = differentiate([x, ...W, ...b], gradient);
    return [value, ...grads.slice(0, 5)];
  });
}

function chain({ operations, size }) {
  const [x, gradient] = [data([size], 1), data([size], 2)];
  const differentiate = tf.valueAndGrad((x) => {
    let y = x;
    for (let i = 0; i < operations / 2; i++) y = y.mul(1.0001).add(0.5);
    return y;
  });
  return program(() => {
    const { value, grad } = differentiate(x, gradient);
    return [value, grad];
  });
}

await serve({
  add: elementwise((a, b) => tf.add(a, b)),
  attention,
  chain,
  exp: elementwise((a) => tf.exp(a)),
  lstm,
  matmul,
  mlp,
  peakMemory: mlp,
  softmax: reduction((x) => tf.softmax(x, 1)),
  sum: reduction((x, { axis }) => tf.sum(x, axis)),
  tanh: elementwise((a) => tf.tanh(a)),
});
