import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { NDArray } from "../../../../core/ndarray.js";
import { Variable } from "../../../../core/variable.js";

/** A tensor that goes into the runtime, or comes out of it. */
export interface Tensor {
  dtype: string;
  shape: number[];
  values: number[];
}

type Reply = { id: number; outputs?: Record<string, Tensor>; error?: string };

/** ONNX Runtime as WebAssembly, in a thread of its own. */
export class Runtime {
  private readonly worker = new Worker(join(__dirname, "worker.mjs"));
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private count = 0;

  constructor() {
    this.worker.on("message", (reply: Reply) => {
      this.waiting.get(reply.id)!(reply);
      this.waiting.delete(reply.id);
    });
  }

  /** What the file computes of some inputs. */
  async run(bytes: Uint8Array, feeds: Record<string, NDArray | Variable>): Promise<Record<string, Tensor>> {
    const id = this.count++;
    const tensors = Object.entries(feeds).map(([name, x]): [string, Tensor] => {
      const array = x instanceof Variable ? x.data : x;
      return [name, { dtype: array.dtype, shape: [...array.shape], values: Array.from(array.toTypedArray()) }];
    });
    const reply = await new Promise<Reply>((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, bytes, feeds: Object.fromEntries(tensors) });
    });
    if (reply.error !== undefined) throw new Error(`ONNX Runtime: ${reply.error}`);
    return reply.outputs!;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** The largest difference between what the runtime gave and what it should have, relative to numbers above 1. */
export function difference(got: Tensor, expected: NDArray | Variable): number {
  const array = expected instanceof Variable ? expected.data : expected;
  const values = Array.from(array.toTypedArray());
  if (got.dtype !== array.dtype || got.shape.join() !== array.shape.join()) {
    throw new Error(`got ${got.dtype} (${got.shape}); expected ${array.dtype} (${array.shape})`);
  }
  return values.reduce((most, value, i) => {
    const other = got.values[i]!;
    if (Object.is(value, other) || value === other) return most;
    const relative = Math.abs(value - other) / Math.max(1, Math.abs(value));
    return Number.isNaN(relative) ? Infinity : Math.max(most, relative);
  }, 0);
}
