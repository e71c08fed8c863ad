import { col2im, conv1d, conv2d, deconv2d, im2col } from "../../../functions/conv.js";
import { dilate, pad1d, pad2d } from "../../../functions/padding.js";
import type { Pad1D, TransposedWindow2DOptions, Window1DOptions, Window2DOptions } from "../../../functions/window.js";
import { type FunctionCase, type Input, real } from "./case.js";

/** A window over images, with its pads as PyTorch's `F.pad` takes them: left, right, top, bottom. */
interface Sliding {
  label: string;
  images: number[];
  kernel: [number, number];
  options?: Window2DOptions;
  sides?: [left: number, right: number, top: number, bottom: number];
}

const slidings: Sliding[] = [
  { label: "plain", images: [2, 4, 5, 2], kernel: [3, 2] },
  { label: "stride 2", images: [2, 5, 4, 1], kernel: [2, 2], options: { stride: 2 } },
  { label: "stride [3, 1]", images: [1, 7, 4, 2], kernel: [2, 3], options: { stride: [3, 1] } },
  { label: "pad 1", images: [1, 3, 4, 2], kernel: [3, 3], options: { pad: 1 }, sides: [1, 1, 1, 1] },
  { label: "pad [0, 2]", images: [2, 3, 2, 1], kernel: [2, 3], options: { pad: [0, 2] }, sides: [2, 2, 0, 0] },
  {
    label: "four different pads and stride 2",
    images: [1, 4, 3, 2],
    kernel: [3, 2],
    options: { stride: 2, pad: [1, 0, 3, 2] },
    sides: [3, 2, 1, 0],
  },
  { label: "pad same", images: [1, 4, 3, 2], kernel: [3, 2], options: { pad: "same" }, sides: [0, 1, 1, 1] },
  {
    label: "pad same, stride 2",
    images: [1, 4, 3, 1],
    kernel: [3, 3],
    options: { pad: "same", stride: 2 },
    sides: [2, 2, 2, 3],
  },
  { label: "dilation 1", images: [1, 6, 5, 2], kernel: [3, 2], options: { dilation: 1 } },
  {
    label: "dilation [0, 2], stride 2 and pads",
    images: [2, 4, 6, 1],
    kernel: [2, 3],
    options: { dilation: [0, 2], stride: 2, pad: [1, 0, 0, 1] },
    sides: [0, 1, 1, 0],
  },
  {
    label: "pad same, dilation 1",
    images: [1, 4, 5, 1],
    kernel: [2, 3],
    options: { pad: "same", dilation: 1 },
    sides: [2, 2, 1, 1],
  },
  { label: "one pixel", images: [1, 1, 1, 3], kernel: [1, 1] },
  { label: "kernel as large as the image", images: [2, 3, 2, 1], kernel: [3, 2] },
  {
    label: "kernel larger than the image",
    images: [1, 2, 1, 2],
    kernel: [3, 3],
    options: { pad: 1 },
    sides: [1, 1, 1, 1],
  },
];

const pair = (value: number | readonly number[] = 0) => (typeof value === "number" ? [value, value] : value);
const tuple = (values: readonly number[]) => `(${values.join(", ")})`;

/** Stride and dilation as Python arguments. */
function steps({ stride = 1, dilation = 0 }: Window2DOptions): string {
  return `stride=${tuple(pair(stride))}, dilation=${tuple(pair(dilation).map((d) => d + 1))}`;
}

function padded({ sides = [0, 0, 0, 0] }: Sliding): string {
  return `F.pad(x0.permute(0, 3, 1, 2), ${tuple(sides)})`;
}

function im2colCase(s: Sliding): FunctionCase {
  const [N, , , C] = s.images as [number, number, number, number];
  const taps = s.kernel[0] * s.kernel[1];
  return {
    name: "im2col",
    label: s.label,
    inputs: [real(s.images)],
    call: (x) => im2col(x, s.kernel, s.options),
    torch:
      `F.unfold(${padded(s)}, ${tuple(s.kernel)}, ${steps(s.options ?? {})})` +
      `.reshape(${N}, ${C}, ${taps}, -1).permute(0, 3, 2, 1).reshape(-1, ${taps * C})`,
  };
}

function col2imCase(s: Sliding): FunctionCase {
  const [N, rows, cols, C] = s.images as [number, number, number, number];
  const [left, right, top, bottom] = s.sides ?? [0, 0, 0, 0];
  const { stride = 1, dilation = 0 } = s.options ?? {};
  const size = [rows + top + bottom, cols + left + right];
  const out = size.map((n, i) => {
    const covered = (s.kernel[i]! - 1) * (pair(dilation)[i]! + 1) + 1;
    return Math.floor((n - covered) / pair(stride)[i]!) + 1;
  });
  const taps = s.kernel[0] * s.kernel[1];
  const positions = out[0]! * out[1]!;
  return {
    name: "col2im",
    label: s.label,
    inputs: [real([N * positions, taps * C])],
    call: (x) => col2im(x, s.images, s.kernel, s.options),
    torch:
      `F.fold(x0.reshape(${N}, ${positions}, ${taps}, ${C}).permute(0, 3, 2, 1).reshape(${N}, ${C * taps}, ${positions}), ` +
      `${tuple(size)}, ${tuple(s.kernel)}, ${steps(s.options ?? {})})` +
      `[:, :, ${top}:${top + rows}, ${left}:${left + cols}].permute(0, 2, 3, 1)`,
  };
}

function conv2dCase(s: Sliding, outChannels: number, bias: boolean): FunctionCase {
  const inputs = [real(s.images), real([...s.kernel, s.images[3]!, outChannels])];
  const b = bias ? "x2" : "None";
  return {
    name: "conv2d",
    label: `${s.label}${bias ? "" : ", no bias"}`,
    inputs: bias ? [...inputs, real([outChannels])] : inputs,
    call: (x, W, b) => conv2d(x, W, b, s.options),
    torch: `F.conv2d(${padded(s)}, x1.permute(3, 2, 0, 1).contiguous(), ${b}, ${steps(s.options ?? {})}).permute(0, 2, 3, 1)`,
  };
}

function conv1dCase(
  label: string,
  sequences: [N: number, length: number, channels: number],
  width: number,
  options: Window1DOptions = {},
  [left, right]: [number, number] = [0, 0],
): FunctionCase {
  const { stride = 1, dilation = 0 } = options;
  return {
    name: "conv1d",
    label,
    inputs: [real(sequences), real([width, sequences[2], 2]), real([2])],
    call: (x, W, b) => conv1d(x, W, b, options),
    torch:
      `F.conv1d(F.pad(x0.permute(0, 2, 1), (${left}, ${right})), x1.permute(2, 1, 0).contiguous(), x2, ` +
      `stride=${stride}, dilation=${dilation + 1}).permute(0, 2, 1)`,
  };
}

/** A transposed convolution; what it crops from its full output is given as [top, bottom, left, right]. */
function deconv2dCase(
  label: string,
  images: [N: number, rows: number, cols: number, channels: number],
  kernel: [number, number],
  options: TransposedWindow2DOptions = {},
  crop?: [number, number, number, number],
): FunctionCase {
  const { stride = 1, pad = 0, outputPad = 0, dilation = 0 } = options;
  const inputs: Input[] = [real(images), real([...kernel, images[3], 2]), real([2])];
  const padding = crop === undefined && pad !== "same" ? tuple(pair(pad)) : "0";
  const full = images.slice(1, 3).map((n, i) => {
    const covered = (kernel[i]! - 1) * (pair(dilation)[i]! + 1) + 1;
    return pair(stride)[i]! * (n - 1) + covered + pair(outputPad)[i]!;
  });
  const [top, bottom, left, right] = crop ?? [0, 0, 0, 0];
  const part = crop === undefined ? "" : `[:, :, ${top}:${full[0]! - bottom}, ${left}:${full[1]! - right}]`;
  return {
    name: "deconv2d",
    label,
    inputs,
    call: (x, W, b) => deconv2d(x, W, b, options),
    torch:
      "F.conv_transpose2d(x0.permute(0, 3, 1, 2), x1.permute(2, 3, 0, 1).contiguous(), x2, " +
      `${steps(options)}, padding=${padding}, output_padding=${tuple(pair(outputPad))})${part}.permute(0, 2, 3, 1)`,
  };
}

function pad2dCase(s: Sliding): FunctionCase {
  const { pad = 0, ...options } = s.options ?? {};
  const [left, right, top, bottom] = s.sides ?? [0, 0, 0, 0];
  return {
    name: "pad2d",
    label: s.label,
    inputs: [real(s.images)],
    call: (x) => pad2d(x, pad, s.kernel, options)[0],
    torch: `F.pad(x0, ${tuple([0, 0, left, right, top, bottom])})`,
  };
}

function pad1dCase(
  label: string,
  padding: Pad1D,
  kernelWidth: number,
  options: Omit<Window1DOptions, "pad">,
  [left, right]: [number, number],
): FunctionCase {
  return {
    name: "pad1d",
    label,
    inputs: [real([2, 4, 2])],
    call: (x) => pad1d(x, padding, kernelWidth, options)[0],
    torch: `F.pad(x0, (0, 0, ${left}, ${right}))`,
  };
}

/** Zeros between rows and columns, in PyTorch by a transposed convolution of each channel with a kernel of one tap. */
function dilateCase(label: string, images: number[], dilation: number | [number, number]): FunctionCase {
  const stride = pair(dilation).map((d) => d + 1);
  return {
    name: "dilate",
    label,
    inputs: [real(images)],
    call: (x) => dilate(x, dilation),
    torch:
      `F.conv_transpose2d(x0.permute(0, 3, 1, 2), torch.ones(${images[3]}, 1, 1, 1), stride=${tuple(stride)}, ` +
      `groups=${images[3]}).permute(0, 2, 3, 1)`,
  };
}

export const convCases: FunctionCase[] = [
  ...slidings.map(im2colCase),
  ...slidings.map(col2imCase),
  ...slidings.map((s) => conv2dCase(s, 2, true)),
  conv2dCase(slidings[0]!, 3, false),
  conv2dCase({ label: "empty batch", images: [0, 3, 3, 2], kernel: [2, 2] }, 2, true),

  conv1dCase("plain", [2, 5, 2], 3),
  conv1dCase("stride 3", [1, 8, 1], 2, { stride: 3 }),
  conv1dCase("pad 2", [2, 3, 2], 3, { pad: 2 }, [2, 2]),
  conv1dCase("different pads", [1, 4, 2], 3, { pad: [0, 3] }, [0, 3]),
  conv1dCase("pad same", [1, 5, 2], 4, { pad: "same" }, [1, 2]),
  conv1dCase("pad same, stride 2", [1, 4, 1], 3, { pad: "same", stride: 2 }, [2, 3]),
  conv1dCase("pad causal", [2, 4, 2], 3, { pad: "causal" }, [2, 0]),
  conv1dCase("pad causal, dilation 1 and stride 2", [1, 7, 1], 3, { pad: "causal", dilation: 1, stride: 2 }, [4, 0]),
  conv1dCase("dilation 2", [1, 8, 2], 3, { dilation: 2 }),
  conv1dCase("one entry", [1, 1, 1], 1),
  conv1dCase("empty batch", [0, 4, 2], 3),

  deconv2dCase("plain", [2, 3, 2, 2], [3, 2]),
  deconv2dCase("stride 2", [1, 3, 2, 1], [2, 3], { stride: 2 }),
  deconv2dCase("stride [3, 1]", [1, 2, 3, 2], [2, 2], { stride: [3, 1] }),
  deconv2dCase("pad 1", [2, 3, 2, 1], [3, 3], { pad: 1 }),
  deconv2dCase("pad [0, 1], stride 2", [1, 2, 3, 2], [3, 2], { pad: [0, 1], stride: 2 }),
  deconv2dCase("pad larger than the kernel", [1, 5, 4, 1], [2, 1], { pad: [2, 1] }),
  deconv2dCase("four different pads", [1, 3, 3, 2], [3, 2], { pad: [1, 0, 0, 2], stride: 2 }, [1, 0, 0, 2]),
  deconv2dCase("pad same", [1, 3, 4, 1], [3, 2], { pad: "same" }, [1, 1, 0, 1]),
  deconv2dCase("pad same, stride 2", [1, 3, 2, 1], [3, 3], { pad: "same", stride: 2 }, [2, 2, 1, 2]),
  deconv2dCase("dilation 1", [2, 3, 2, 2], [3, 2], { dilation: 1 }),
  deconv2dCase("dilation [2, 0], stride [1, 3] and pads", [1, 3, 2, 1], [2, 3], {
    dilation: [2, 0],
    stride: [1, 3],
    pad: [2, 1],
  }),
  deconv2dCase("outputPad 1, stride 2", [1, 3, 2, 2], [3, 2], { stride: 2, pad: 1, outputPad: 1 }),
  deconv2dCase("outputPad [0, 2], stride 3", [1, 2, 2, 1], [2, 2], { stride: 3, outputPad: [0, 2] }),
  deconv2dCase("outputPad 1, dilation 1", [1, 2, 3, 1], [2, 2], { dilation: 1, outputPad: 1, pad: [0, 1] }),
  deconv2dCase(
    "outputPad 1, stride 2 and four different pads",
    [1, 3, 2, 1],
    [2, 3],
    { pad: [0, 2, 1, 0], stride: 2, outputPad: 1 },
    [0, 2, 1, 0],
  ),
  deconv2dCase(
    "pad same, stride 2, dilation 1",
    [1, 3, 2, 1],
    [3, 2],
    { pad: "same", stride: 2, dilation: 1 },
    [3, 3, 1, 2],
  ),
  deconv2dCase("one pixel", [1, 1, 1, 2], [2, 3]),
  deconv2dCase("empty batch", [0, 2, 2, 1], [2, 2], { stride: 2 }),

  ...slidings.filter((s) => s.options?.pad !== undefined).map(pad2dCase),
  pad1dCase("2", 2, 3, {}, [2, 2]),
  pad1dCase("different pads", [0, 3], 3, {}, [0, 3]),
  pad1dCase("same", "same", 4, { stride: 2 }, [3, 3]),
  pad1dCase("same, dilation 1", "same", 2, { dilation: 2 }, [1, 2]),
  pad1dCase("causal, dilation 1", "causal", 3, { dilation: 1, stride: 2 }, [4, 0]),

  dilateCase("by 1", [2, 3, 2, 2], 1),
  dilateCase("by [0, 3]", [1, 2, 3, 1], [0, 3]),
  dilateCase("by 0", [1, 2, 2, 1], 0),
  dilateCase("one pixel", [1, 1, 1, 2], 2),
];
