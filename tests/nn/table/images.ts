import { Conv2D, type Conv2DOptions, Pool2D, type Pool2DOptions } from "../../../nn/index.js";
import { given, type Input, type LayerCase, real, row } from "./case.js";

/** A window over images, with its pads as PyTorch's `F.pad` takes them: left, right, top, bottom. */
interface Sliding {
  label: string;
  images: number[];
  kernel: [rows: number, cols: number];
  stride?: number | [number, number];
  dilation?: number | [number, number];
  pad?: Conv2DOptions["pad"];
  sides?: [left: number, right: number, top: number, bottom: number];
}

const slidings: Sliding[] = [
  { label: "plain", images: [2, 4, 5, 2], kernel: [3, 2] },
  { label: "stride 2", images: [2, 5, 4, 1], kernel: [2, 2], stride: 2 },
  { label: "stride 3", images: [1, 7, 8, 2], kernel: [2, 3], stride: 3 },
  { label: "stride [3, 1], odd sizes", images: [1, 7, 5, 1], kernel: [2, 3], stride: [3, 1] },
  { label: "stride larger than the kernel", images: [1, 6, 5, 2], kernel: [1, 2], stride: 3 },
  { label: "pad 1", images: [1, 3, 4, 2], kernel: [3, 3], pad: 1, sides: [1, 1, 1, 1] },
  { label: "pad [0, 2]", images: [2, 3, 2, 1], kernel: [2, 3], pad: [0, 2], sides: [2, 2, 0, 0] },
  {
    label: "four different pads and stride 2",
    images: [1, 4, 3, 2],
    kernel: [3, 2],
    stride: 2,
    pad: [1, 0, 3, 2],
    sides: [3, 2, 1, 0],
  },
  { label: "same", images: [2, 4, 3, 1], kernel: [3, 2], pad: "same", sides: [0, 1, 1, 1] },
  { label: "same, stride 2", images: [1, 4, 3, 1], kernel: [3, 3], stride: 2, pad: "same", sides: [2, 2, 2, 3] },
  { label: "one pixel", images: [1, 1, 1, 3], kernel: [1, 1] },
  { label: "one pixel, padded", images: [2, 1, 1, 2], kernel: [3, 3], pad: 1, sides: [1, 1, 1, 1] },
  { label: "a kernel as large as the image", images: [2, 3, 2, 1], kernel: [3, 2] },
];

/** Settings that pooling does not have. */
const dilated: Sliding[] = [
  { label: "dilation 1", images: [1, 6, 5, 2], kernel: [3, 2], dilation: 1 },
  { label: "dilation 2", images: [1, 7, 8, 1], kernel: [2, 3], dilation: 2 },
  {
    label: "dilation [0, 2], stride 2 and two pads",
    images: [2, 4, 6, 1],
    kernel: [2, 3],
    stride: 2,
    dilation: [0, 2],
    pad: [1, 0, 0, 1],
    sides: [0, 1, 1, 0],
  },
  {
    label: "same, dilation 1",
    images: [1, 4, 5, 1],
    kernel: [2, 3],
    dilation: 1,
    pad: "same",
    sides: [2, 2, 1, 1],
  },
];

const pair = (value: number | readonly number[]) => (typeof value === "number" ? [value, value] : value);
const tuple = (values: readonly number[]) => `(${values.join(", ")})`;

function padded({ sides = [0, 0, 0, 0] }: Sliding, value = "0"): string {
  return `F.pad(nchw(x[0]), ${tuple(sides)}, value=${value})`;
}

/** `conv2d` in Python: the activation in terms of `z`, if any. */
function conv(s: Sliding, bias: boolean): string {
  const steps = `stride=${tuple(pair(s.stride ?? 1))}, dilation=${tuple(pair(s.dilation ?? 0).map((d) => d + 1))}`;
  return `nhwc(F.conv2d(${padded(s)}, p['W'].permute(3, 2, 0, 1), ${bias ? "p['b']" : "None"}, ${steps}))`;
}

function convRow(s: Sliding, more: Partial<Conv2DOptions> = {}, after = (z: string) => z): LayerCase {
  const { label, images, kernel, stride = 1, dilation = 0, pad = 0 } = s;
  return row({
    layer: "Conv2D",
    label: more.actFn === undefined ? label : `${label}, ${more.actFn}`,
    make: (o) => new Conv2D({ outCh: 2, kernelShape: kernel, stride, dilation, pad, ...more, ...o }),
    sizes: { inCh: images[3]! },
    inputs: [real(images)],
    torch: after(conv(s, more.bias !== false)),
  });
}

function poolRow(mode: "max" | "average", s: Sliding, input: Input = real(s.images)): LayerCase {
  const { label, kernel, stride = 1, pad = 0, sides = [0, 0, 0, 0] } = s;
  const [left, right, top, bottom] = sides;
  const outside = Math.max(left, right) >= kernel[1] || Math.max(top, bottom) >= kernel[0];
  const options: Pool2DOptions = { kernelShape: kernel, stride, pad: pad as Pool2DOptions["pad"], mode };
  const pool = mode === "max" ? "max_pool2d" : "avg_pool2d";
  const x = padded(s, mode === "max" ? "-math.inf" : "0");
  return row({
    layer: "Pool2D",
    label: `${mode}, ${label}`,
    make: () => new Pool2D(options),
    inputs: [input],
    noGradcheck: mode === "max" && outside ? "windows in the padding give -Infinity" : undefined,
    torch: `nhwc(F.${pool}(${x}, ${tuple(kernel)}, stride=${tuple(pair(stride))}))`,
  });
}

/** Equal numbers side by side, so that windows have ties. */
const ties = given([1, 4, 4, 1], [3, 3, 1, 1, 3, 3, 1, 1, -2, -2, -2, 0, -2, -2, 0, 0]);
const negative = real([2, 3, 4, 2], -5, -1);

/** Convolution and pooling of images. */
export const cases: readonly LayerCase[] = [
  ...slidings.map((s) => convRow(s)),
  ...dilated.map((s) => convRow(s)),
  convRow({ ...slidings[5]!, label: "without bias" }, { bias: false, init: "he_normal" }),
  convRow({ ...slidings[1]!, label: "stride 2" }, { actFn: "tanh" }, (z) => `torch.tanh(${z})`),
  convRow({ ...slidings[7]!, label: "four different pads" }, { actFn: "relu" }, (z) => `F.relu(${z})`),
  ...slidings.flatMap((s) => [poolRow("max", s), poolRow("average", s)]),
  poolRow(
    "max",
    { label: "negative numbers and padding", images: [2, 3, 4, 2], kernel: [2, 2], pad: 1, sides: [1, 1, 1, 1] },
    negative,
  ),
  poolRow("max", { label: "ties", images: [1, 4, 4, 1], kernel: [2, 2], stride: 2 }, ties),
  poolRow(
    "max",
    { label: "ties in windows that overlap", images: [1, 4, 4, 1], kernel: [3, 3], pad: 1, sides: [1, 1, 1, 1] },
    ties,
  ),
];
