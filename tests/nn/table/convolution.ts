import { Conv1D, type Conv1DOptions, Deconv2D, type Deconv2DOptions } from "../../../nn/index.js";
import { type LayerCase, real, row } from "./case.js";

type Sequences = [N: number, length: number, channels: number];
type Images = [N: number, rows: number, cols: number, channels: number];

const python = (values: readonly number[]) => `(${values.join(", ")})`;
const pair = (value: number | readonly number[] = 0) => (typeof value === "number" ? [value, value] : value);
const bias = (options: { bias?: boolean }) => (options.bias === false ? "None" : "p['b']");

/** A setting of Conv1D, with what its pad adds on the left and right. */
function conv1d(
  label: string,
  sequences: Sequences,
  options: Conv1DOptions,
  [left, right]: [number, number] = [0, 0],
  activation = "",
): LayerCase {
  const { stride = 1, dilation = 0 } = options;
  return row({
    layer: "Conv1D",
    label,
    make: (o) => new Conv1D({ ...options, ...o }),
    sizes: { inCh: sequences[2] },
    inputs: [real(sequences)],
    torch:
      `${activation}(F.conv1d(F.pad(x[0].permute(0, 2, 1), (${left}, ${right})), p['W'].permute(2, 1, 0).contiguous(), ` +
      `${bias(options)}, stride=${stride}, dilation=${dilation + 1}).permute(0, 2, 1))`,
  });
}

/** A setting of Deconv2D whose pad is one that PyTorch has. */
function deconv2d(label: string, images: Images, options: Deconv2DOptions, activation = ""): LayerCase {
  const { pad = 0, ...rest } = options;
  return cropped(label, images, { ...rest, pad }, python(pair(pad as number)), "", activation);
}

/** A setting of Deconv2D whose pad PyTorch lacks: all that the kernel reaches, from which `part` is left. */
function cropped(
  label: string,
  images: Images,
  options: Deconv2DOptions,
  padding: string,
  part: string,
  activation = "",
): LayerCase {
  const { stride = 1, dilation = 0, outputPad = 0 } = options;
  const steps = `stride=${python(pair(stride))}, dilation=${python(pair(dilation).map((d) => d + 1))}`;
  return row({
    layer: "Deconv2D",
    label,
    make: (o) => new Deconv2D({ ...options, ...o }),
    sizes: { inCh: images[3] },
    inputs: [real(images)],
    torch:
      `${activation}(nhwc(F.conv_transpose2d(nchw(x[0]), p['W'].permute(2, 3, 0, 1).contiguous(), ${bias(options)}, ` +
      `${steps}, padding=${padding}, output_padding=${python(pair(outputPad))})${part}))`,
  });
}

/** Convolution of sequences, and transposed convolution. */
export const cases: readonly LayerCase[] = [
  conv1d("plain", [2, 5, 3], { outCh: 2, kernelWidth: 3 }),
  conv1d("kernel of 1, tanh", [2, 3, 2], { outCh: 3, kernelWidth: 1, actFn: "tanh" }, [0, 0], "torch.tanh"),
  conv1d("kernel of even width, no bias", [1, 6, 2], { outCh: 2, kernelWidth: 4, bias: false }),
  conv1d("stride 2", [2, 7, 2], { outCh: 2, kernelWidth: 3, stride: 2 }),
  conv1d("stride 3, entries left over", [1, 9, 1], { outCh: 2, kernelWidth: 2, stride: 3 }),
  conv1d("pad 2", [2, 4, 2], { outCh: 1, kernelWidth: 3, pad: 2 }, [2, 2]),
  conv1d("pad wider than the kernel", [1, 3, 2], { outCh: 2, kernelWidth: 2, pad: 3, stride: 2 }, [3, 3]),
  conv1d("different pads", [1, 4, 2], { outCh: 2, kernelWidth: 3, pad: [0, 3] }, [0, 3]),
  conv1d("pad same, odd width", [2, 5, 2], { outCh: 2, kernelWidth: 3, pad: "same" }, [1, 1]),
  conv1d("pad same, even width", [2, 5, 1], { outCh: 2, kernelWidth: 4, pad: "same" }, [1, 2]),
  conv1d("pad same, stride 2", [1, 5, 2], { outCh: 2, kernelWidth: 3, pad: "same", stride: 2 }, [3, 3]),
  conv1d("pad same, dilation 1", [1, 6, 2], { outCh: 1, kernelWidth: 4, pad: "same", dilation: 1 }, [3, 3]),
  conv1d("pad causal", [2, 4, 2], { outCh: 2, kernelWidth: 3, pad: "causal" }, [2, 0]),
  conv1d(
    "pad causal, dilation 3, tanh",
    [1, 6, 2],
    { outCh: 2, kernelWidth: 2, pad: "causal", dilation: 3, actFn: "tanh" },
    [4, 0],
    "torch.tanh",
  ),
  conv1d(
    "pad causal, dilation 1 and stride 2",
    [1, 7, 1],
    { outCh: 2, kernelWidth: 3, pad: "causal", dilation: 1, stride: 2 },
    [4, 0],
  ),
  conv1d("dilation 2, stride 3", [2, 12, 2], { outCh: 2, kernelWidth: 3, dilation: 2, stride: 3 }),
  conv1d("one entry", [1, 1, 2], { outCh: 2, kernelWidth: 1 }),
  conv1d("one entry, pad same", [1, 1, 1], { outCh: 1, kernelWidth: 5, pad: "same" }, [2, 2]),

  deconv2d("plain", [2, 3, 2, 2], { outCh: 3, kernelShape: [3, 2] }),
  deconv2d("kernel of 1, tanh", [1, 2, 3, 2], { outCh: 2, kernelShape: 1, actFn: "tanh" }, "torch.tanh"),
  deconv2d("stride 2, no bias", [2, 3, 2, 1], { outCh: 2, kernelShape: [2, 3], stride: 2, bias: false }),
  deconv2d("stride 3 beyond the kernel", [1, 2, 3, 2], { outCh: 1, kernelShape: 2, stride: 3 }),
  deconv2d("stride [1, 3], pad [2, 0]", [1, 4, 2, 2], { outCh: 2, kernelShape: [3, 4], stride: [1, 3], pad: [2, 0] }),
  deconv2d("pad 1, stride 2", [2, 2, 3, 2], { outCh: 2, kernelShape: 3, stride: 2, pad: 1 }),
  deconv2d("pad larger than the kernel less 1", [1, 5, 4, 2], { outCh: 2, kernelShape: [2, 1], pad: [2, 1] }),
  deconv2d("pad larger than the kernel, stride 2", [1, 4, 3, 1], { outCh: 2, kernelShape: 2, pad: 2, stride: 2 }),
  deconv2d("dilation 1", [1, 3, 2, 2], { outCh: 2, kernelShape: [3, 2], dilation: 1 }),
  deconv2d("dilation [2, 0], stride [2, 3] and pads", [1, 2, 2, 1], {
    outCh: 2,
    kernelShape: [2, 3],
    dilation: [2, 0],
    stride: [2, 3],
    pad: [1, 2],
  }),
  deconv2d("outputPad 1, stride 2", [2, 2, 3, 1], { outCh: 2, kernelShape: 3, stride: 2, pad: 1, outputPad: 1 }),
  deconv2d("outputPad [2, 0], stride 3", [1, 2, 2, 2], { outCh: 1, kernelShape: 2, stride: 3, outputPad: [2, 0] }),
  deconv2d("outputPad 1, dilation 1", [1, 2, 2, 2], { outCh: 2, kernelShape: 2, dilation: 1, outputPad: 1 }),
  cropped(
    "four different pads, stride 2 and outputPad 1",
    [1, 3, 2, 2],
    { outCh: 2, kernelShape: [2, 3], pad: [0, 2, 1, 0], stride: 2, outputPad: 1 },
    "0",
    "[:, :, :-2, 1:]",
  ),
  cropped("pad same", [2, 3, 4, 2], { outCh: 2, kernelShape: [3, 2], pad: "same" }, "0", "[:, :, 1:-1, :-1]"),
  cropped(
    "pad same, stride 2",
    [1, 3, 2, 1],
    { outCh: 2, kernelShape: 3, pad: "same", stride: 2 },
    "0",
    "[:, :, 2:-2, 1:-2]",
  ),
  deconv2d("one pixel", [1, 1, 1, 3], { outCh: 2, kernelShape: [2, 3] }),
];
