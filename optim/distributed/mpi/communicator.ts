import { CommunicationError } from "../../../core/errors.js";
import { heap } from "../../../core/heap.js";
import { onExit, pause } from "../../../core/platform.js";
import type { PendingReduction } from "../communicator.js";
import {
  type CommunicationStatistics,
  Communicator,
  type ExchangedDType,
  type MemoryReduction,
} from "../communicator.js";
import { type Calls, callsOf, check } from "./calls.js";
import { Farewell, type Made } from "./farewell.js";
import { int32At, type Launcher, loadLibrary, type MpiLibrary } from "./library.js";

const BYTES: Readonly<Record<ExchangedDType, number>> = { float32: 4, float64: 8, int32: 4 };
/** MPI_THREAD_FUNNELED: other threads compute, this one alone exchanges. */
const FUNNELED = 1;
/** A handle of either kind fits in. It stays what it is until the request is done. */
const REQUEST_BYTES = 8;
/** Up to so many bytes an exchange that is begun and asked for takes no longer than one that is waited for, and needs no meeting before it. */
const SMALL_BYTES = 1024;
/**
 * After so many milliseconds a rank that waits leaves the processor to others in between, which the one that it waits for may lack, and
 * listens whether another rank has ended.
 */
const PATIENCE = 1;
/** For how many milliseconds it does: longer ones are noticed late. */
const PAUSE = 0.05;
/** So many milliseconds the launcher gets to read what a rank has printed: MPICH's reads nothing more once it is told to end the job. */
const LAST_WORDS = 200;

/**
 * All processes that an MPI launcher started, exchanging arrays where they lie on the heap. Before an exchange that MPI waits for until it is done
 * the ranks meet: what waits there can be told that another rank has ended, which MPI itself would never find out.
 */
export class MpiCommunicator extends Communicator {
  readonly statistics: CommunicationStatistics = { calls: 0, bytes: 0, seconds: 0 };
  private readonly base: number;
  private readonly made: Made = { inTurn: 0, early: 0 };
  private readonly farewell: Farewell;
  /** What a test says: asked for thousands of times while a rank waits. */
  private readonly flag = new Uint8Array(4);

  private constructor(
    private readonly library: MpiLibrary,
    private readonly calls: Calls,
    /** The same processes once more: what is begun there need not keep the order of what is waited for at once. */
    private readonly early: number,
    rank: number,
    size: number,
  ) {
    super(rank, size, `${library.version}, ${size} ${size === 1 ? "process" : "processes"}`);
    this.base = library.address(heap.u8);
    this.farewell = new Farewell(library, calls, rank, size);
    onExit((code, error) => this.end(code, error));
  }

  /**
   * Makes this process one of those that `launcher` started.
   * @throws MissingPackageError and CommunicationError as `loadLibrary`; CommunicationError when the library does not know of the
   * other processes, as that of another launcher does not.
   */
  static start(launcher: Launcher): MpiCommunicator {
    const library = loadLibrary(launcher);
    const calls = callsOf(library);
    const number = new Uint8Array(4);
    const { world, errorsReturn } = library.handles;
    check(
      calls,
      "MPI_Init_thread",
      library.func("int MPI_Init_thread(intptr_t, intptr_t, int, int*)")(0, 0, FUNNELED, number),
    );
    library.func("int MPI_Comm_set_errhandler(HANDLE, HANDLE)")(world, errorsReturn);
    const asked = (name: string): number => {
      check(calls, name, library.func(`int ${name}(HANDLE, int*)`)(world, number));
      return int32At(number);
    };
    const [rank, size] = [asked("MPI_Comm_rank"), asked("MPI_Comm_size")];
    if (launcher.ranks !== null && launcher.ranks !== size) {
      throw new CommunicationError(
        `world: ${launcher.name} started ${launcher.ranks} processes, and ${library.version} knows of ${size}; expected the launcher and the library of the same MPI`,
      );
    }
    const twin = new Uint8Array(8);
    check(calls, "MPI_Comm_dup", library.func("int MPI_Comm_dup(HANDLE, uint8_t*)")(world, twin));
    const early = library.handles.type === "int" ? int32At(twin) : Number(new BigInt64Array(twin.buffer)[0]);
    return new MpiCommunicator(library, calls, early, rank, size);
  }

  override barrier(): void {
    this.exchange("MPI_Barrier", 0, () => 0);
  }

  protected override broadcastMemory(address: number, count: number, dtype: ExchangedDType, root: number): void {
    const { world, dtypes } = this.library.handles;
    this.exchange("MPI_Bcast", count * BYTES[dtype], () =>
      this.calls.broadcast(this.base + address, count, dtypes[dtype], root, world),
    );
  }

  protected override reduceMemory(address: number, count: number, dtype: ExchangedDType, op: MemoryReduction): void {
    const { world, dtypes, operations, inPlace } = this.library.handles;
    const bytes = count * BYTES[dtype];
    if (bytes > SMALL_BYTES) {
      this.exchange("MPI_Allreduce", bytes, () =>
        this.calls.allReduce(inPlace, this.base + address, count, dtypes[dtype], operations[op], world),
      );
      return;
    }
    this.timed(() => {
      const number = this.count("inTurn", bytes);
      this.finish("MPI_Allreduce", this.begun(address, count, dtype, op, world), "inTurn", number);
    });
  }

  protected override startReduceMemory(
    address: number,
    count: number,
    dtype: ExchangedDType,
    op: MemoryReduction,
  ): PendingReduction {
    const number = this.count("early", count * BYTES[dtype]);
    const request = this.timed(() => this.begun(address, count, dtype, op, this.early));
    return {
      test: () => this.timed(() => this.done("MPI_Iallreduce", request)),
      wait: () => this.timed(() => this.finish("MPI_Iallreduce", request, "early", number)),
    };
  }

  protected override gatherMemory(from: number, to: number, count: number, dtype: ExchangedDType): void {
    const { world, dtypes } = this.library.handles;
    const type = dtypes[dtype];
    this.exchange("MPI_Allgather", count * BYTES[dtype], () =>
      this.calls.allGather(this.base + from, count, type, this.base + to, count, type, world),
    );
  }

  /** Meets the other ranks, and then does what MPI waits for. */
  private exchange(name: string, bytes: number, call: () => number): void {
    this.timed(() => {
      const number = this.count("inTurn", bytes);
      const request = new Uint8Array(REQUEST_BYTES);
      check(this.calls, "MPI_Ibarrier", this.calls.startBarrier(this.library.handles.world, request));
      this.finish(name, request, "inTurn", number);
      check(this.calls, name, call());
    });
  }

  /** Begins to reduce memory. */
  private begun(
    address: number,
    count: number,
    dtype: ExchangedDType,
    op: MemoryReduction,
    communicator: number,
  ): Uint8Array {
    const { dtypes, operations, inPlace } = this.library.handles;
    const request = new Uint8Array(REQUEST_BYTES);
    const type = dtypes[dtype];
    const place = this.base + address;
    const code = this.calls.startAllReduce(inPlace, place, count, type, operations[op], communicator, request);
    check(this.calls, "MPI_Iallreduce", code);
    return request;
  }

  /** Whether what was begun is done. Moves it on. */
  private done(name: string, request: Uint8Array): boolean {
    check(this.calls, name, this.calls.test(request, this.flag, this.library.handles.statusIgnore));
    return this.flag[0] !== 0;
  }

  /** Waits until what was begun is done. @throws CommunicationError when another rank has ended without it. */
  private finish(name: string, request: Uint8Array, kind: keyof Made, number: number): void {
    const start = performance.now();
    let listen = start + PATIENCE;
    while (!this.done(name, request)) {
      const now = performance.now();
      if (now < start + PATIENCE) continue;
      pause(PAUSE);
      if (now < listen) continue;
      this.farewell.check(name, kind, number);
      listen = now + PATIENCE;
    }
  }

  /** Counts an exchange of so many bytes; the number of its kind that it is. */
  private count(kind: keyof Made, bytes: number): number {
    this.statistics.calls++;
    this.statistics.bytes += bytes;
    return ++this.made[kind];
  }

  private timed<T>(call: () => T): T {
    const start = performance.now();
    try {
      return call();
    } finally {
      this.statistics.seconds += (performance.now() - start) / 1000;
    }
  }

  /** A rank that ends well waits for the others to do so; one that fails takes them with it, since they would wait for it. */
  private end(code: number, error: unknown): void {
    if (code === 0) {
      if (this.size > 1) this.farewell.say(this.made);
      this.calls.finalize();
      return;
    }
    // Abort leaves Node no time to print it.
    if (error !== undefined) console.error(error);
    console.error(`retrograd: rank ${this.rank} of ${this.size} ends with exit code ${code}, and with it all ranks`);
    pause(LAST_WORDS);
    this.calls.abort(this.library.handles.world, code);
  }
}
