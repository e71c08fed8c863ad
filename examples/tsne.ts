import { array, type NDArray, noGrad, Parameter, randomNormal } from "retrograd";
import * as F from "retrograd/functions";
import * as optim from "retrograd/optim";

/** Options of `tsne`. */
export interface TsneOptions {
  /** About how many neighbours a point is to keep: 15 unless given. */
  perplexity?: number;
  /** Steps of gradient descent: 500 unless given. */
  steps?: number;
}

const EXAGGERATION = 12;

/**
 * Places for the rows of `x` (N, width) in the plane, (N, 2), such that neighbours stay neighbours (van der Maaten and Hinton,
 * "Visualizing data using t-SNE", 2008). The divergence of the two distributions of neighbours is written down, and `backward()` finds its
 * gradient.
 */
export function tsne(x: NDArray, { perplexity = 15, steps = 500 }: TsneOptions = {}): NDArray {
  const N = x.shape[0]!;
  const affinities = neighbours(noGrad(() => squaredDistances(x)).data, perplexity);
  const y = new Parameter(randomNormal([N, 2], { std: 0.01 }));
  const optimizer = new optim.SGD([y], { lr: Math.max(10, N / EXAGGERATION), momentum: 0.8 });
  for (let step = 0; step < steps; step++) {
    const d = squaredDistances(y);
    // Neighbours attract each other, at first more than they should, and every pair repels.
    const attraction = F.sum(F.mul(affinities, F.log(F.add(d, 1))));
    const repulsion = F.log(F.sub(F.sum(F.div(1, F.add(d, 1))), N));
    const loss = F.add(F.mul(attraction, step < steps / 4 ? EXAGGERATION : 1), repulsion);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }
  return y.data;
}

/** The squares of the distances between all rows: (N, N). */
function squaredDistances(x: Parameter | NDArray) {
  return F.sum(F.square(F.sub(F.expandDims(x, 1), F.expandDims(x, 0))), { axis: 2 });
}

/** How probably each two points are neighbours: Gaussian around each point, as wide as it takes to have so many. */
function neighbours(squares: NDArray, perplexity: number): NDArray {
  const N = squares.shape[0]!;
  const rows = (squares.toArray() as number[][]).map((row, i) => neighboursOf(row, i, Math.log(perplexity)));
  return array(rows.map((row, i) => row.map((p, j) => (p + rows[j]![i]!) / (2 * N))));
}

function neighboursOf(squares: readonly number[], own: number, entropy: number): number[] {
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let precision = 1;
  for (let tries = 0; ; tries++) {
    const weights = squares.map((d, j) => (j === own ? 0 : Math.exp(-d * precision)));
    const total = weights.reduce((a, b) => a + b, 1e-300);
    const p = weights.map((weight) => weight / total);
    const found = p.reduce((h, q) => (q > 0 ? h - q * Math.log(q) : h), 0);
    if (Math.abs(found - entropy) < 1e-4 || tries === 60) return p;
    if (found > entropy) low = precision;
    else high = precision;
    precision = high === Number.POSITIVE_INFINITY ? 2 * precision : (low + high) / 2;
  }
}
