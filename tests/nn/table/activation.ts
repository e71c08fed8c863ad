import {
  Affine,
  ELU,
  Exponential,
  FullyConnected,
  GELU,
  HardSigmoid,
  LeakyReLU,
  ReLU,
  SELU,
  Sigmoid,
  SoftPlus,
  Tanh,
} from "../../../nn/index.js";
import { type LayerCase, real, row } from "./case.js";

interface Setting {
  /** What distinguishes rows of the same layer. */
  label?: string;
  make: LayerCase["make"];
  torch: string;
  /** Where the slope jumps. */
  kinks?: readonly number[];
}

/** The settings of one activation, of which the first has inputs of two shapes. */
function rows(layer: string, ...settings: Setting[]): LayerCase[] {
  return settings.flatMap(({ label = "as it is unless told", make, torch, kinks = [0] }, i) => {
    const shapes = i === 0 ? [[3, 4], [5], [2, 3, 1, 2]] : [[3, 4]];
    return shapes.map((shape) =>
      row({ layer, label: `${label}, of (${shape})`, make, inputs: [real(shape, -4, 4, kinks)], torch }),
    );
  });
}

/** The activations as layers, and some as the `actFn` of another layer. */
export const cases: readonly LayerCase[] = [
  ...rows("Sigmoid", { make: () => new Sigmoid(), torch: "torch.sigmoid(x[0])" }),
  ...rows("Tanh", { make: () => new Tanh(), torch: "torch.tanh(x[0])" }),
  ...rows("ReLU", { make: () => new ReLU(), torch: "F.relu(x[0])" }),
  ...rows(
    "LeakyReLU",
    { make: () => new LeakyReLU(), torch: "F.leaky_relu(x[0], 0.3)" },
    { label: "alpha 0.01", make: () => new LeakyReLU({ alpha: 0.01 }), torch: "F.leaky_relu(x[0], 0.01)" },
  ),
  ...rows(
    "ELU",
    { make: () => new ELU(), torch: "F.elu(x[0])" },
    { label: "alpha 0.4", make: () => new ELU({ alpha: 0.4 }), torch: "F.elu(x[0], 0.4)" },
  ),
  ...rows("SELU", { make: () => new SELU(), torch: "F.selu(x[0])" }),
  ...rows(
    "GELU",
    { make: () => new GELU(), torch: 'F.gelu(x[0], approximate="tanh")' },
    { label: "exact", make: () => new GELU({ approximate: false }), torch: "F.gelu(x[0])" },
  ),
  ...rows("HardSigmoid", {
    make: () => new HardSigmoid(),
    torch: "torch.clip(0.2 * x[0] + 0.5, 0, 1)",
    kinks: [-2.5, 2.5],
  }),
  ...rows("SoftPlus", { make: () => new SoftPlus(), torch: "F.softplus(x[0], threshold=40)" }),
  ...rows("Exponential", { make: () => new Exponential(), torch: "torch.exp(x[0])" }),
  ...rows(
    "Affine",
    { make: () => new Affine(), torch: "x[0] * 1.0" },
    {
      label: "slope -2, intercept 0.5",
      make: () => new Affine({ slope: -2, intercept: 0.5 }),
      torch: "-2 * x[0] + 0.5",
    },
  ),
  row({
    layer: "FullyConnected",
    label: "an activation by name with an argument",
    make: (o) => new FullyConnected({ nOut: 3, actFn: "ELU(alpha=0.4)", ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 4])],
    torch: "F.elu(F.linear(x[0], p['W'].T, p['b']), 0.4)",
  }),
  row({
    layer: "FullyConnected",
    label: "an activation layer",
    make: (o) => new FullyConnected({ nOut: 3, actFn: new Affine({ slope: 2, intercept: -1 }), ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 4])],
    torch: "2 * F.linear(x[0], p['W'].T, p['b']) - 1",
  }),
];
