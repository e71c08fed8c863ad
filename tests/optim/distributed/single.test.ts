import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { array, type NDArray, Parameter, tidy, zeros } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { SingleProcess } from "../../../optim/distributed/communicator.js";
import { describeWith, environment } from "./mpi.js";

const root = join(__dirname, "../../..");

describe("a single process", () => {
  const alone = new SingleProcess();

  test("is what world() gives a program that nobody started as several", () => {
    expect(optim.world()).toMatchObject({ rank: 0, size: 1, description: "a single process" });
    expect(optim.world()).toBe(optim.world());
  });

  test("keeps its arrays", () => {
    const x = array([1, 2, 3]);
    const { version } = x;
    expect(alone.allReduce(x, "mean")).toBe(x);
    expect(alone.broadcast(x)).toBe(x);
    alone.startAllReduce(x).wait();
    expect(x.toArray()).toEqual([1, 2, 3]);
    expect(x.version).toBe(version);
    expect(alone.allGather(x).toArray()).toEqual([[1, 2, 3]]);
    expect(optim.allReduceNumbers(alone, [4, 5], "mean")).toEqual([4, 5]);
    alone.barrier();
  });

  test("keeps an array whose exchange was begun beyond the end of a tidy", () => {
    const sent: NDArray[] = [];
    const reduction = tidy(() => {
      sent.push(zeros([1000]));
      return alone.startAllReduce(sent[0]!);
    });
    reduction.wait();
    expect(sent[0]!.toTypedArray()).toEqual(new Float32Array(1000));
  });

  test("refuses what several would", () => {
    expect(() => alone.allReduce(array([true]))).toThrow(
      "allReduce: the array is bool; expected float32, float64 or int32",
    );
    expect(() => alone.allReduce(array(Int32Array.of(1)), "mean")).toThrow("the mean of int32");
    expect(() => alone.broadcast(zeros([1]), 1)).toThrow("broadcast: root is 1; expected 0 to 0");
    expect(() => alone.allReduce(zeros([1]), "product" as never)).toThrow('reduction is "product"');
  });

  test("usingCommunicator changes world() for as long as it runs", () => {
    const former = optim.world();
    expect(optim.usingCommunicator(alone, () => optim.world())).toBe(alone);
    expect(() =>
      optim.usingCommunicator(alone, () => {
        throw new Error("out");
      }),
    ).toThrow("out");
    expect(optim.world()).toBe(former);
    expect(() => optim.usingCommunicator({} as never, () => 0)).toThrow("expected a Communicator, such as world()");
  });

  test("a distributed optimizer does what the optimizer does", () => {
    const [plain, wrapped] = [0, 1].map(() => new Parameter(array([1, 2]), "p")) as [Parameter, Parameter];
    const a = new optim.Adam([plain], { lr: 0.1, accumulate: 2 });
    const b = new optim.DistributedOptimizer(new optim.Adam([wrapped], { lr: 0.1, accumulate: 2 }));
    for (let step = 0; step < 5; step++) {
      for (const [p, optimizer] of [
        [plain, a],
        [wrapped, b],
      ] as const) {
        optimizer.zeroGrad();
        F.sum(F.square(p)).backward();
        optimizer.step();
      }
    }
    expect(wrapped.toArray()).toEqual(plain.toArray());
    expect(b).toBeInstanceOf(optim.Optimizer);
    expect([b.steps, b.lr, `${b}`]).toEqual([a.steps, a.lr, `${a}`]);
    expect(b.config()).toEqual(a.config());
    b.lr = 0.5;
    expect(b.optimizer.lr).toBe(0.5);
    b.optimizer.groups[0]!.beta1 = 0.5;
    expect(b.groups[0]!.beta1).toBe(0.5);
    b.loadState(a.state());
    expect(b.optimizer.lr).toBe(0.1);
    b.resetState(wrapped);
    expect(b.state().groups[0]!.parameters[0]!.steps).toBe(0);
    expect(b.copy()).toBeInstanceOf(optim.Adam);
  });

  test("a distributed optimizer refuses what it cannot take", () => {
    const p = new Parameter(array([1]));
    expect(() => new optim.DistributedOptimizer({} as never)).toThrow(
      "DistributedOptimizer: expected an Optimizer, got a Object",
    );
    const once = new optim.DistributedOptimizer(new optim.SGD([p]));
    expect(() => new optim.DistributedOptimizer(once)).toThrow("distributed already");
    const sgd = (): optim.SGD => new optim.SGD([p]);
    expect(() => new optim.DistributedOptimizer(sgd(), { bucketBytes: 0 })).toThrow("bucketBytes is 0");
    expect(() => new optim.DistributedOptimizer(sgd(), { communicator: {} as never })).toThrow(
      "the communicator is a Object",
    );
    expect(() => new optim.DistributedOptimizer(sgd(), { bucket: 1 } as never)).toThrow("unknown option bucket");
  });

  test("the Trainer refuses what is no communicator", () => {
    const model = new nn.FullyConnected({ nOut: 1 });
    expect(() => new nn.Trainer(model, { distributed: 4 as never })).toThrow(
      "Trainer: distributed: the communicator is 4",
    );
  });
});

describe("shards of a loader", () => {
  const x = array(Float64Array.from({ length: 23 }, (_, i) => i));
  const shards = (size: number, options: object = {}) =>
    Array.from(
      { length: size },
      (_, rank) => new nn.DataLoader({ x }, { batchSize: 5, seed: 9, shard: { rank, size }, ...options }),
    );
  const batches = (loader: nn.DataLoader<{ x: typeof x }>): number[][] =>
    [...loader].map((batch) => [...batch.x.toTypedArray()]);

  test.each([2, 3, 4, 7])("%i of them make up the batches of one loader", (size) => {
    const whole = batches(new nn.DataLoader({ x }, { batchSize: 5, seed: 9 }));
    const parts = shards(size).map(batches);
    expect(whole.map((_, i) => parts.flatMap((own) => own[i] ?? []))).toEqual(whole);
    for (const own of parts)
      expect(own.every(({ length }) => Math.abs(length - 5 / size) < 1 || length > 0)).toBe(true);
  });

  test("a batch of fewer examples than shards leaves out the last ones; dropLast leaves out such a batch", () => {
    expect(shards(4).map((loader) => batches(loader).length)).toEqual([5, 5, 5, 4]);
    expect(shards(4).map(({ length }) => length)).toEqual([5, 5, 5, 5]);
    expect(shards(4, { dropLast: true }).map((loader) => batches(loader).length)).toEqual([4, 4, 4, 4]);
  });

  test("of a stream, too", async () => {
    const source = () => Array.from({ length: 11 }, (_, i) => i).values() as Iterable<number>;
    const own = (rank: number) => new nn.DataLoader(source, { batchSize: 4, shard: { rank, size: 3 } });
    const parts = [0, 1, 2].map((rank) => [...own(rank)].map((batch) => [...batch.toTypedArray()]));
    expect(parts).toEqual([
      [[0, 1], [4, 5], [8]],
      [[2], [6], [9]],
      [[3], [7], [10]],
    ]);
    const later: number[][] = [];
    for await (const batch of own(1)) later.push([...batch.toTypedArray()]);
    expect(later).toEqual(parts[1]);
  });

  test("sharded gives a part of what is left of a pass, and takes its orders from the same source", () => {
    const loader = new nn.DataLoader({ x }, { batchSize: 5, seed: 2 });
    const twin = new nn.DataLoader({ x }, { batchSize: 5, seed: 2 });
    for (const one of [loader, twin]) for (const _ of one) break;
    loader.loadState(loader.state());
    const part = loader.sharded({ rank: 0, size: 2 });
    twin.loadState(twin.state());
    expect(batches(part)).toEqual(batches(twin).map((batch) => batch.slice(0, Math.ceil(batch.length / 2))));
    expect(batches(loader.sharded({ rank: 0, size: 1 }))).toEqual(batches(twin));
  });

  test("are refused where they cannot fit together", () => {
    expect(() => new nn.DataLoader({ x }, { shard: { rank: 0, size: 2 } })).toThrow(
      "has no seed; expected one, the same for all shards",
    );
    expect(() => new nn.DataLoader({ x }, { shard: { rank: 2, size: 2 } })).toThrow(
      "shard is rank 2 of 2; expected { rank, size }",
    );
    expect(() => new nn.DataLoader({ x }, { shard: 3 as never })).toThrow("shard is 3");
  });
});

describe("metrics of several processes", () => {
  const y = array([
    [0.9, 0.1],
    [0.2, 0.8],
    [0.6, 0.4],
  ]);
  const t = array(Int32Array.of(0, 1, 1));

  test.each([() => new nn.Accuracy(), () => new nn.F1(), () => new nn.ConfusionMatrix()])(
    "merge to those of all examples %#",
    (make) => {
      const [whole, first, second] = [make(), make(), make()];
      whole.update(y, t);
      first.update(F.getItem(y, array(Int32Array.of(0, 1))), array(Int32Array.of(0, 1)));
      second.update(F.getItem(y, array(Int32Array.of(2))), array(Int32Array.of(1)));
      const merged = make();
      merged.loadState(merged.merge([first.state(), second.state(), make().state()]));
      expect(merged.state()).toEqual(whole.state());
    },
  );

  test("say so when their states cannot be added up", () => {
    expect(() => new nn.Accuracy().merge(["a", "b"])).toThrow(
      'accuracy: the states of several processes hold "a" and "b"',
    );
  });
});

describe("a process that a launcher seems to have started", () => {
  const start = (env: Record<string, string>) => {
    const code = 'import { world } from "retrograd/optim"; console.log(world().description);';
    const words = ["--import", "tsx", "--input-type=module", "-e", code];
    return spawnSync(process.execPath, words, { cwd: root, encoding: "utf8", env: { ...environment, ...env } });
  };

  test("is told when there is no library", () => {
    const { status, stderr } = start({ PMI_RANK: "0", PMI_SIZE: "2", RETROGRAD_MPI: "/nowhere/libmpich.so" });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /CommunicationError: world: this process was started by MPICH as one of 2, and RETROGRAD_MPI is \/nowhere\/libmpich.so, which is no MPI library/,
    );
  });

  test("is told when MPICH's connection was not passed on", () => {
    const { status, stderr } = start({ PMI_RANK: "0", PMI_SIZE: "2", PMI_FD: "99" });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /world: this process was started by MPICH as one of 2, through a program such as npx that did not pass on .* mpirun -np 2 node --import tsx/,
    );
  });

  test("stays by itself with RETROGRAD_MPI=none", () => {
    expect(start({ OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "2", RETROGRAD_MPI: "none" }).stdout).toBe(
      "a single process\n",
    );
  });

  describeWith("Open MPI", "with Open MPI", () => {
    test("is told when the library knows of no others", () => {
      const { status, stderr } = start({ PMI_RANK: "0", PMI_SIZE: "2", RETROGRAD_MPI: "libmpi.so.40" });
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /MPICH started 2 processes, and Open MPI [\d.]+ knows of 1; expected the launcher and the library/,
      );
    });
  });
});
