import { RBM, SparseEvolution } from "../../../nn/index.js";
import { type LayerCase, real, row } from "./case.js";

const SPARSE = "F.linear(x[0], (p['W'] * s['WMask']).T, p['b'])";
const FREE_ENERGY = "-(x[0] @ p['bIn']) - torch.logaddexp(x[0] @ p['W'] + p['bOut'], torch.zeros(())).sum(-1)";

/** Boltzmann machines and evolving sparse layers. */
export const cases: readonly LayerCase[] = [
  row({
    layer: "RBM",
    label: "hidden units",
    make: (o) => new RBM({ nOut: 3, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([5, 4], 0, 1)],
    torch: "torch.sigmoid(x[0] @ p['W'] + p['bOut'])",
  }),
  row({
    layer: "RBM",
    label: "hidden units, one of each",
    make: (o) => new RBM({ nOut: 1, K: 3, init: "he_normal", ...o }),
    sizes: { nIn: 1 },
    inputs: [real([1, 1], 0, 1)],
    torch: "torch.sigmoid(x[0] @ p['W'] + p['bOut'])",
  }),
  row({
    layer: "RBM",
    label: "free energy",
    make: (o) => new RBM({ nOut: 3, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([5, 4], 0, 1)],
    call: (layer, v) => layer.freeEnergy(v!),
    torch: FREE_ENERGY,
  }),
  row({
    layer: "SparseEvolution",
    label: "half of the connections",
    make: (o) => new SparseEvolution({ nOut: 5, density: 0.5, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([3, 4])],
    torch: SPARSE,
  }),
  row({
    layer: "SparseEvolution",
    label: "epsilon, tanh, three axes",
    make: (o) => new SparseEvolution({ nOut: 4, epsilon: 0.8, zeta: 0.5, actFn: "tanh", init: "he_uniform", ...o }),
    sizes: { nIn: 6 },
    inputs: [real([2, 3, 6])],
    torch: `torch.tanh(${SPARSE})`,
  }),
  row({
    layer: "SparseEvolution",
    label: "dense, since epsilon is large",
    make: (o) => new SparseEvolution({ nOut: 3, actFn: "sigmoid", ...o }),
    sizes: { nIn: 2 },
    inputs: [real([4, 2])],
    torch: `torch.sigmoid(${SPARSE})`,
  }),
  row({
    layer: "SparseEvolution",
    label: "no connections",
    make: (o) => new SparseEvolution({ nOut: 3, density: 0, ...o }),
    sizes: { nIn: 2 },
    inputs: [real([4, 2])],
    torch: SPARSE,
  }),
];
