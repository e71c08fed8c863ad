import { CommunicationError } from "../../../core/errors.js";
import { heap } from "../../../core/heap.js";
import { onExit } from "../../../core/platform.js";
import type { PendingReduction } from "../communicator.js";
import {
  type CommunicationStatistics,
  Communicator,
  type ExchangedDType,
  type MemoryReduction,
} from "../communicator.js";
import { decoded, int32At, type Launcher, loadLibrary, type MpiLibrary, type NativeFunction } from "./library.js";

const BYTES: Readonly<Record<ExchangedDType, number>> = { float32: 4, float64: 8, int32: 4 };
/** MPI_THREAD_FUNNELED: other threads compute, this one alone exchanges. */
const FUNNELED = 1;
/** More than either library's MPI_MAX_ERROR_STRING. */
const ERROR_BYTES = 1024;

const SIGNATURES = {
  allReduce: "int MPI_Allreduce(intptr_t, intptr_t, int, HANDLE, HANDLE, HANDLE)",
  startAllReduce: "int MPI_Iallreduce(intptr_t, intptr_t, int, HANDLE, HANDLE, HANDLE, uint8_t*)",
  broadcast: "int MPI_Bcast(intptr_t, int, HANDLE, int, HANDLE)",
  allGather: "int MPI_Allgather(intptr_t, int, HANDLE, intptr_t, int, HANDLE, HANDLE)",
  barrier: "int MPI_Barrier(HANDLE)",
  test: "int MPI_Test(uint8_t*, int*, intptr_t)",
  wait: "int MPI_Wait(uint8_t*, intptr_t)",
  abort: "int MPI_Abort(HANDLE, int)",
  finalize: "int MPI_Finalize()",
  errorText: "int MPI_Error_string(int, uint8_t*, int*)",
} as const;

type Calls = Record<keyof typeof SIGNATURES, NativeFunction>;

/** All processes that an MPI launcher started, exchanging arrays where they lie on the heap. */
export class MpiCommunicator extends Communicator {
  readonly statistics: CommunicationStatistics = { calls: 0, bytes: 0, seconds: 0 };
  private readonly base: number;

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
    onExit((code, error) => this.end(code, error));
  }

  /**
   * Makes this process one of those that `launcher` started.
   * @throws MissingPackageError and CommunicationError as `loadLibrary`; CommunicationError when the library does not know of the
   * other processes, as that of another launcher does not.
   */
  static start(launcher: Launcher): MpiCommunicator {
    const library = loadLibrary(launcher);
    const calls = Object.fromEntries(
      Object.entries(SIGNATURES).map(([name, signature]) => [name, library.func(signature)]),
    ) as Calls;
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
    this.timed("MPI_Barrier", 0, () => this.calls.barrier(this.library.handles.world));
  }

  protected override broadcastMemory(address: number, count: number, dtype: ExchangedDType, root: number): void {
    const { world, dtypes } = this.library.handles;
    this.timed("MPI_Bcast", count * BYTES[dtype], () =>
      this.calls.broadcast(this.base + address, count, dtypes[dtype], root, world),
    );
  }

  protected override reduceMemory(address: number, count: number, dtype: ExchangedDType, op: MemoryReduction): void {
    const { world, dtypes, operations, inPlace } = this.library.handles;
    this.timed("MPI_Allreduce", count * BYTES[dtype], () =>
      this.calls.allReduce(inPlace, this.base + address, count, dtypes[dtype], operations[op], world),
    );
  }

  protected override startReduceMemory(
    address: number,
    count: number,
    dtype: ExchangedDType,
    op: MemoryReduction,
  ): PendingReduction {
    const { dtypes, operations, inPlace, statusIgnore } = this.library.handles;
    // A handle of either kind fits in eight bytes. It stays what it is until the request is done.
    const request = new Uint8Array(8);
    this.timed("MPI_Iallreduce", count * BYTES[dtype], () =>
      this.calls.startAllReduce(
        inPlace,
        this.base + address,
        count,
        dtypes[dtype],
        operations[op],
        this.early,
        request,
      ),
    );
    const flag = new Uint8Array(4);
    return {
      test: () => {
        this.timed("MPI_Test", 0, () => this.calls.test(request, flag, statusIgnore));
        return int32At(flag) !== 0;
      },
      wait: () => this.timed("MPI_Wait", 0, () => this.calls.wait(request, statusIgnore)),
    };
  }

  protected override gatherMemory(from: number, to: number, count: number, dtype: ExchangedDType): void {
    const { world, dtypes } = this.library.handles;
    const type = dtypes[dtype];
    this.timed("MPI_Allgather", count * BYTES[dtype], () =>
      this.calls.allGather(this.base + from, count, type, this.base + to, count, type, world),
    );
  }

  private timed(name: string, bytes: number, call: () => number): void {
    const start = performance.now();
    const code = call();
    this.statistics.calls++;
    this.statistics.bytes += bytes;
    this.statistics.seconds += (performance.now() - start) / 1000;
    check(this.calls, name, code);
  }

  /** A rank that ends well waits for the others to do so; one that fails takes them with it, since they would wait for it. */
  private end(code: number, error: unknown): void {
    if (code === 0) {
      this.calls.finalize();
      return;
    }
    // Abort leaves Node no time to print it.
    if (error !== undefined) console.error(error);
    console.error(`retrograd: rank ${this.rank} of ${this.size} ends with exit code ${code}, and with it all ranks`);
    this.calls.abort(this.library.handles.world, code);
  }
}

function check(calls: Calls, name: string, code: number): void {
  if (code === 0) return;
  const text = new Uint8Array(ERROR_BYTES);
  const length = new Uint8Array(4);
  calls.errorText(code, text, length);
  throw new CommunicationError(`${name} failed: ${decoded(text, length)}`);
}
