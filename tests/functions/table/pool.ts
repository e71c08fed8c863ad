import { averagePool, maxPool, type PoolOptions } from "../../../functions/pool.js";
import { type FunctionCase, real } from "./case.js";

/** Pooling over images, with its pads as PyTorch's `F.pad` takes them: left, right, top, bottom. */
type Pooling = [label: string, images: number[], options: PoolOptions, sides?: [number, number, number, number]];

const poolings: Pooling[] = [
  ["stride 1, as given by nothing", [2, 4, 5, 2], { kernelShape: [3, 2] }],
  ["stride 2", [2, 4, 6, 2], { kernelShape: [2, 2], stride: 2 }],
  ["stride 2 that leaves a rest", [1, 5, 7, 2], { kernelShape: 2, stride: 2 }],
  ["stride [3, 1]", [1, 7, 3, 2], { kernelShape: [2, 3], stride: [3, 1] }],
  ["stride larger than the kernel", [1, 7, 6, 1], { kernelShape: [2, 1], stride: 3 }],
  ["pad 1", [2, 3, 4, 1], { kernelShape: [3, 3], stride: 2, pad: 1 }, [1, 1, 1, 1]],
  ["pad [0, 1]", [1, 4, 3, 2], { kernelShape: [2, 2], pad: [0, 1] }, [1, 1, 0, 0]],
  ["four different pads", [1, 4, 3, 2], { kernelShape: [4, 3], pad: [3, 0, 1, 2] }, [1, 2, 3, 0]],
  ["pad same", [1, 3, 4, 2], { kernelShape: [2, 3], pad: "same" }, [1, 1, 0, 1]],
  ["one pixel", [1, 1, 1, 3], { kernelShape: 1 }],
  ["kernel as large as the image", [2, 3, 2, 1], { kernelShape: [3, 2] }],
  ["empty batch", [0, 3, 3, 2], { kernelShape: 2 }],
];

function cases(
  name: string,
  f: typeof maxPool,
  torch: (images: string, arguments_: string) => string,
  value: string,
): FunctionCase[] {
  return poolings.map(([label, images, options, sides = [0, 0, 0, 0]]) => {
    const [kernel, stride] = [options.kernelShape, options.stride ?? 1].map((n) =>
      typeof n === "number" ? n : `(${n.join(", ")})`,
    );
    const padded = `F.pad(x0.permute(0, 3, 1, 2), (${sides.join(", ")}), value=${value})`;
    return {
      name,
      label,
      inputs: [real(images)],
      call: (x) => f(x, options),
      torch: `${torch(padded, `${kernel}, ${stride}`)}.permute(0, 2, 3, 1)`,
    };
  });
}

export const poolCases: FunctionCase[] = [
  ...cases("maxPool", maxPool, (images, rest) => `F.max_pool2d(${images}, ${rest})`, "-math.inf"),
  ...cases("averagePool", averagePool, (images, rest) => `F.avg_pool2d(${images}, ${rest})`, "0.0"),
  {
    name: "maxPool",
    label: "pad as PyTorch takes it",
    inputs: [real([1, 5, 4, 2])],
    call: (x) => maxPool(x, { kernelShape: 3, stride: 2, pad: 1 }),
    torch: "F.max_pool2d(x0.permute(0, 3, 1, 2), 3, 2, padding=1).permute(0, 2, 3, 1)",
  },
  {
    name: "averagePool",
    label: "pad as PyTorch takes it",
    inputs: [real([1, 5, 4, 2])],
    call: (x) => averagePool(x, { kernelShape: 3, stride: 2, pad: 1 }),
    torch: "F.avg_pool2d(x0.permute(0, 3, 1, 2), 3, 2, padding=1).permute(0, 2, 3, 1)",
  },
];
