// Imports TensorFlow.js with its WebAssembly backend and does a first operation.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";

await tf.setBackend("wasm");
const x = tf.tensor([
  [1, 2],
  [3, 4],
]);
const { value } = tf.valueAndGrad((a) => tf.sum(tf.matMul(a, a)))(x);
if (value.dataSync()[0] !== 54) throw new Error(`the sum is ${value}; expected 54`);
