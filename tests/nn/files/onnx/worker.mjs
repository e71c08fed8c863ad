// Runs ONNX files, outside jest, whose modules cannot import() the runtime.
import { parentPort } from "node:worker_threads";
import * as ort from "onnxruntime-web";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

const TYPES = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };

async function run({ bytes, feeds }) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  try {
    const tensors = Object.entries(feeds).map(([name, { dtype, shape, values }]) => [
      name,
      new ort.Tensor(dtype, TYPES[dtype].from(values), shape),
    ]);
    const results = await session.run(Object.fromEntries(tensors));
    return Object.fromEntries(
      session.outputNames.map((name) => {
        const { type, dims, data } = results[name];
        return [name, { dtype: type, shape: [...dims], values: Array.from(data, Number) }];
      }),
    );
  } finally {
    await session.release();
  }
}

parentPort.on("message", async ({ id, bytes, feeds }) => {
  try {
    parentPort.postMessage({ id, outputs: await run({ bytes, feeds }) });
  } catch (error) {
    parentPort.postMessage({ id, error: error.message });
  }
});
