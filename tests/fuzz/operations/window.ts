import { zeros } from "../../../core/creation.js";
import * as F from "../../../functions/index.js";
import type { Draw } from "../draw.js";
import { distinct, elements, type Json, type Operation, operation, py } from "../operation.js";

/** How a window slides over images. */
type Sliding = { stride: number | number[]; pad: number | number[] | "same"; dilation: number | number[] };
type Kernel = [number, number];

function either(d: Draw, low: number, high: number): number | number[] {
  return d.chance(0.5) ? d.integer(low, high) : d.integers(2, low, high);
}

function sliding(d: Draw): Sliding {
  const pad = d.pick<Sliding["pad"]>([0, 0, 1, either(d, 0, 2), d.integers(4, 0, 2), "same"]);
  return { stride: d.chance(0.5) ? 1 : either(d, 1, 3), pad, dilation: d.chance(0.6) ? 0 : either(d, 0, 2) };
}

function kernel(d: Draw): Kernel {
  return [d.integer(1, 3), d.integer(1, 3)];
}

const images = (d: Draw) => d.ofRank(4, { nonEmpty: true, fits: ({ shape }) => shape[3]! <= 9 });

function convolution(name: "conv2d", f: typeof F.conv2d): Operation<Json> {
  return operation<Sliding>({
    functions: [name],
    draw: (d) => {
      const x = images(d);
      const out = d.integer(1, d.chance(0.8) ? 3 : 9);
      const W = d.like([...kernel(d), d.values[x]!.shape[3]!, out]);
      return { args: d.chance(0.6) ? [x, W, d.like([out])] : [x, W], params: sliding(d) };
    },
    run: ([x, W, b], options) => f(x!, W!, b ?? null, options as F.Window2DOptions),
    torch: (options) => `conv2d(xs, ${py(options)})`,
  });
}

/** The elements under each window, without those of the padding, as flat groups. */
function windowsApart(x: Parameters<typeof elements>[0]): boolean {
  // All distinct is more than is needed, but simple.
  return distinct(elements(x));
}

/** Convolution, pooling, and what they are made of. */
export const windows: Record<string, Operation<Json>> = {
  conv2d: convolution("conv2d", F.conv2d),
  conv1d: operation<{ stride: number; pad: number | number[] | string; dilation: number }>({
    functions: ["conv1d"],
    draw: (d) => {
      const x = d.ofRank(3, { nonEmpty: true, fits: ({ shape }) => shape[2]! <= 9 });
      const out = d.integer(1, 4);
      const W = d.like([d.integer(1, 3), d.values[x]!.shape[2]!, out]);
      const pad = d.pick<number | number[] | string>([0, 1, d.integers(2, 0, 3), "same", "causal"]);
      const params = { stride: d.integer(1, 3), pad, dilation: d.chance(0.6) ? 0 : d.integer(1, 2) };
      return { args: d.chance(0.6) ? [x, W, d.like([out])] : [x, W], params };
    },
    run: ([x, W, b], options) => F.conv1d(x!, W!, b ?? null, options as F.Window1DOptions),
    torch: (options) => `conv1d(xs, ${py(options)})`,
  }),
  deconv2d: operation<{ stride: number[]; pad: number[] | "same"; dilation: number[]; outputPad: number[] }>({
    functions: ["deconv2d"],
    draw: (d) => {
      const x = d.ofRank(4, { nonEmpty: true, fits: ({ shape }) => shape[3]! <= 6 && shape[1]! * shape[2]! <= 40 });
      const out = d.integer(1, 3);
      const W = d.like([...kernel(d), d.values[x]!.shape[3]!, out]);
      const stride = d.integers(2, 1, 3);
      const dilation = d.chance(0.6) ? [0, 0] : d.integers(2, 0, 2);
      const pad = d.chance(0.2) ? ("same" as const) : d.integers(4, 0, 1);
      const outputPad = stride.map((s, i) => (pad === "same" ? 0 : d.integer(0, Math.max(s, dilation[i]! + 1) - 1)));
      return {
        args: d.chance(0.6) ? [x, W, d.like([out])] : [x, W],
        params: { stride, pad, dilation, outputPad: d.chance(0.5) ? [0, 0] : outputPad },
      };
    },
    run: ([x, W, b], options) => F.deconv2d(x!, W!, b ?? null, options as F.TransposedWindow2DOptions),
    torch: (options) => `deconv2d(xs, ${py(options)})`,
  }),
  im2col: operation<Sliding & { kernel: Kernel }>({
    functions: ["im2col"],
    draw: (d) => ({ args: [images(d)], params: { ...sliding(d), kernel: kernel(d) } }),
    run: ([x], { kernel, ...options }) => F.im2col(x!, kernel, options as F.Window2DOptions),
    torch: ({ kernel, ...options }) => `im2col(x0, ${py(kernel)}, ${py(options)})`,
  }),
  col2im: operation<Sliding & { kernel: Kernel; shape: number[] }>({
    functions: ["col2im"],
    draw: (d) => {
      const shape = [d.integer(1, 2), d.integer(2, 5), d.integer(2, 5), d.integer(1, 3)];
      const [options, taps] = [sliding(d), kernel(d)];
      return { args: [patches(d, shape, taps, options)], params: { ...options, kernel: taps, shape } };
    },
    run: ([x], { kernel, shape, ...options }) => F.col2im(x!, shape, kernel, options as F.Window2DOptions),
    torch: ({ kernel, shape, ...options }) => `col2im(x0, ${py(shape)}, ${py(kernel)}, ${py(options)})`,
  }),
  maxPool: operation<{ kernelShape: Kernel; stride: number[]; pad: Sliding["pad"] }>({
    functions: ["maxPool"],
    draw: (d) => {
      const { stride, pad } = sliding(d);
      return { args: [images(d)], params: { kernelShape: kernel(d), stride: pairOf(stride), pad } };
    },
    run: ([x], options) => F.maxPool(x!, options as Parameters<typeof F.maxPool>[1]),
    torch: (options) => `max_pool(x0, ${py(options)})`,
    smooth: ([x]) => windowsApart(x!),
  }),
  averagePool: operation<{ kernelShape: Kernel; stride: number[]; pad: Sliding["pad"] }>({
    functions: ["averagePool"],
    draw: (d) => {
      const { stride, pad } = sliding(d);
      return { args: [images(d)], params: { kernelShape: kernel(d), stride: pairOf(stride), pad } };
    },
    run: ([x], options) => F.averagePool(x!, options as Parameters<typeof F.averagePool>[1]),
    torch: (options) => `average_pool(x0, ${py(options)})`,
  }),
  pad2d: operation<Sliding & { kernel: Kernel }>({
    functions: ["pad2d"],
    draw: (d) => ({ args: [d.ofRank(4)], params: { ...sliding(d), kernel: kernel(d) } }),
    run: ([x], { kernel, pad, ...options }) => F.pad2d(x!, pad as F.Pad2D, kernel, options as F.Window2DOptions)[0],
    torch: ({ kernel, ...options }) => `pad2d(x0, ${py(kernel)}, ${py(options)})`,
  }),
  pad1d: operation<{ stride: number; pad: number | number[] | string; dilation: number; kernel: number }>({
    functions: ["pad1d"],
    draw: (d) => {
      const pad = d.pick<number | number[] | string>([1, d.integers(2, 0, 3), "same", "causal"]);
      const params = { stride: d.integer(1, 2), pad, dilation: d.integer(0, 1), kernel: d.integer(1, 3) };
      return { args: [d.ofRank(3, { nonEmpty: true })], params };
    },
    run: ([x], { kernel, pad, ...options }) => F.pad1d(x!, pad as F.Pad1D, kernel, options)[0],
    torch: ({ kernel, ...options }) => `pad1d(x0, ${kernel}, ${py(options)})`,
  }),
};

function pairOf(n: number | number[]): number[] {
  return typeof n === "number" ? [n, n] : n;
}

/** Rows as many and as long as im2col would make of images of this shape. */
function patches(d: Draw, shape: number[], taps: Kernel, options: Sliding): number {
  const like = F.im2col(zeros(shape), taps, options as F.Window2DOptions);
  return d.like(like.shape);
}
