import { arange, array, type DType, NDArray, slice, zeros } from "retrograd";
import { allReduceNumbers } from "retrograd/optim";
import type { Report, Section } from "./report.js";

/** The numbers that rank `rank` gives. */
const own = (rank: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => ((rank + 1) * (i + 3)) % 7);

function each(report: Report, check: (dtype: DType, values: NDArray, all: number[][]) => void): void {
  const { rank, size } = report.world;
  for (const dtype of ["float32", "float64", "int32"] as const) {
    const all = Array.from({ length: size }, (_, r) => own(r, 11));
    check(dtype, array(own(rank, 11), { dtype }), all);
  }
}

const columns = (all: number[][], reduce: (column: number[]) => number): number[] =>
  all[0]!.map((_, i) => reduce(all.map((row) => row[i]!)));
const sum = (xs: number[]): number => xs.reduce((a, b) => a + b, 0);

/** What communicators do with arrays. */
export const exchanges: Record<string, Section> = {
  "allReduce: sum, min and max of float32, float64 and int32"(report) {
    each(report, (dtype, values, all) => {
      for (const [reduction, of] of [
        ["sum", sum],
        ["min", (xs: number[]) => Math.min(...xs)],
        ["max", (xs: number[]) => Math.max(...xs)],
      ] as const) {
        const x = values.copy();
        const { version } = x;
        report.ok(`${dtype} ${reduction} gives the array back`, report.world.allReduce(x, reduction) === x);
        report.near(`${dtype} ${reduction}`, x.toTypedArray(), columns(all, of));
        report.ok(`${dtype} ${reduction} is noticed by graphs`, x.version > version);
      }
    });
  },

  "allReduce: means"(report) {
    each(report, (dtype, values, all) => {
      if (dtype === "int32") return;
      const expected = columns(all, (xs) => sum(xs) / xs.length);
      report.near(`mean of ${dtype}`, report.world.allReduce(values, "mean").toTypedArray(), expected, 1e-6);
    });
    report.near("numbers", allReduceNumbers(report.world, [report.world.rank, 1]), [
      (report.world.size * (report.world.size - 1)) / 2,
      report.world.size,
    ]);
  },

  "arrays of which every second element is exchanged, empty and large ones"(report) {
    const { world } = report;
    const whole = zeros([6, 4]);
    const view = whole.slice(slice(0, 6, 2), slice(1, 3));
    world.allReduce(view.assign(array([world.rank + 1])));
    const total = (world.size * (world.size + 1)) / 2;
    const expected = Array.from({ length: 24 }, (_, i) =>
      Math.floor(i / 4) % 2 === 0 && i % 4 > 0 && i % 4 < 3 ? total : 0,
    );
    report.near("a view", whole.toTypedArray(), expected);
    report.ok("an empty array", world.allReduce(zeros([0, 3])).size === 0);
    const large = world.allReduce(array(Float64Array.from({ length: 300_000 }, (_, i) => i)));
    report.near(
      "a large array",
      large.toTypedArray(),
      Array.from({ length: 300_000 }, (_, i) => i * world.size),
    );
  },

  "broadcast from each rank"(report) {
    const { rank, size } = report.world;
    each(report, (dtype, _values, all) => {
      for (let root = 0; root < size; root++) {
        const x = array(own(rank, 11), { dtype });
        report.near(`${dtype} from ${root}`, report.world.broadcast(x, root).toTypedArray(), all[root]!);
      }
    });
  },

  allGather(report) {
    const { rank, size } = report.world;
    each(report, (dtype, values, all) => {
      const gathered = report.world.allGather(values);
      report.ok(`the shape for ${dtype}`, gathered.shape.join() === `${size},11` && gathered.dtype === dtype);
      report.near(`gathered ${dtype}`, gathered.toTypedArray(), all.flat());
    });
    const grid = arange(6).reshape([2, 3]).transpose();
    const columnwise = report.world.allGather(grid).slice(rank);
    report.near("a transposed array", columnwise.toTypedArray(), grid.toTypedArray());
  },

  "reductions that go on while others are begun"(report) {
    const { world } = report;
    const pending = [3, 50_000, 7].map((length) => {
      const x = array(new Float32Array(length).fill(world.rank + 1));
      return { x, reduction: world.startAllReduce(x, length === 7 ? "mean" : "sum") };
    });
    const total = (world.size * (world.size + 1)) / 2;
    while (!pending[1]!.reduction.test());
    for (const { reduction } of pending.reverse()) reduction.wait();
    for (const { x, reduction } of pending) {
      report.ok("done stays done", reduction.test());
      const expected = x.size === 7 ? total / world.size : total;
      report.near(
        `of ${x.size}`,
        x.toTypedArray(),
        Array.from({ length: x.size }, () => expected),
        1e-6,
      );
    }
  },

  "what cannot be exchanged is refused, and so are errors of MPI"(report) {
    const { world } = report;
    report.throws("bools", "DTypeError", /allReduce: the array is bool; expected/, () =>
      world.allReduce(array([true])),
    );
    report.throws("mean of int32", "DTypeError", /mean of int32/, () =>
      world.allReduce(array(Int32Array.of(1)), "mean"),
    );
    report.throws("no rank", "ArgumentError", /root is 9; expected 0 to/, () => world.broadcast(zeros([1]), 9));
    report.throws("no array", "ArgumentError", /expected an NDArray/, () => world.allReduce(1 as never));
    report.throws("no reduction", "ArgumentError", /"prod"/, () => world.allReduce(zeros([1]), "prod" as never));
    report.throws("not contiguous", "ArgumentError", /not contiguous/, () =>
      world.startAllReduce(zeros([2, 3]).transpose()),
    );
    // Debian's MPICH is built without checks of arguments.
    if (!world.description.startsWith("Open MPI")) return;
    const inner = world as unknown as { reduceMemory(...args: unknown[]): void };
    report.throws("a count below 0", "CommunicationError", /MPI_I?allreduce failed: .*(count|COUNT)/is, () =>
      inner.reduceMemory(NDArray.empty([4], "float32").address, -1, "float32", "sum"),
    );
  },
};
