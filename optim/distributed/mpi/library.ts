import { CommunicationError } from "../../../core/errors.js";
import { missingPackage } from "../../../core/missing-package.js";
import { defaultEnvironment, environment, hasConnection, optionalPackage } from "../../../core/platform.js";
import type { ExchangedDType, MemoryReduction } from "../communicator.js";

/*
 * MPI says what its functions do and leaves open what its handles are. There are two answers: in Open MPI they are pointers to objects
 * that the library exports, in MPICH (and in those that share its binary interface, such as Intel MPI and MVAPICH) numbers that are
 * written down in its header.
 */

/** A function of a library, called with numbers and with buffers for what it gives back. */
export type NativeFunction = (...values: (number | Uint8Array)[]) => number;

interface LoadedLibrary {
  func(signature: string): NativeFunction;
  symbol(name: string): unknown;
}

interface Koffi {
  load(library: string, options: { global: boolean; lazy: boolean }): LoadedLibrary;
  address(value: unknown): bigint;
}

/** The handles and special addresses of one of the two. */
export interface Handles {
  /** The C type that stands for a handle. */
  readonly type: "intptr_t" | "int";
  readonly world: number;
  readonly dtypes: Readonly<Record<ExchangedDType, number>>;
  readonly operations: Readonly<Record<MemoryReduction, number>>;
  readonly errorsReturn: number;
  readonly inPlace: number;
  readonly statusIgnore: number;
}

/** An MPI library as this process found it. */
export interface MpiLibrary {
  /** What it calls itself, such as "Open MPI 4.1.4". */
  readonly version: string;
  readonly handles: Handles;
  /** The function with this signature, in which HANDLE stands for the type of handles. */
  func(signature: string): NativeFunction;
  /** Where an array buffer lies in this process. */
  address(view: Uint8Array): number;
}

/** The launcher that started this process: whose it is and, if it says so, how many processes it started. */
export interface Launcher {
  readonly name: "Open MPI" | "MPICH";
  readonly ranks: number | null;
}

const OPEN_MPI = ["libmpi.so.40", "libmpi.40.dylib", "libmpi.so", "libmpi.dylib"];
const MPICH = ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib", "libmpich.so", "libmpich.dylib"];
const PACKAGES = { "Open MPI": "openmpi-bin", MPICH: "mpich" };
/** More than either library needs for its version. */
const VERSION_BYTES = 16384;

/** Who started this process as one of several, told from what launchers leave in the environment; null for nobody. */
export function launcher(): Launcher | null {
  const number = (name: string): number | null => {
    const text = environment(name);
    return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
  };
  if (number("OMPI_COMM_WORLD_RANK") !== null) return { name: "Open MPI", ranks: number("OMPI_COMM_WORLD_SIZE") };
  if (number("PMI_RANK") !== null) return { name: "MPICH", ranks: number("PMI_SIZE") };
  // With the option -pmi-port.
  if (number("PMI_ID") !== null) return { name: "MPICH", ranks: null };
  if (number("PMIX_RANK") !== null) return { name: "Open MPI", ranks: null };
  return null;
}

/**
 * Loads the MPI library of a launcher, or the one that RETROGRAD_MPI names.
 * @throws MissingPackageError without the package koffi; CommunicationError, that says what to do, without such a library and when MPICH's
 * connection between the processes is lost.
 */
export function loadLibrary({ name, ranks }: Launcher): MpiLibrary {
  const koffi = optionalPackage("koffi");
  if (koffi === undefined) throw missingPackage("world", "koffi", "it is not installed");
  const connection = environment("PMI_FD");
  if (name === "MPICH" && connection !== undefined && !hasConnection(Number(connection))) {
    throw new CommunicationError(
      `world: this process was started by MPICH as one of ${ranks ?? "several"}, through a program such as npx that did not pass on the connection to the others; expected mpirun -pmi-port, or Node itself: mpirun -np ${ranks ?? 4} node --import tsx program.ts`,
    );
  }
  const { load, address } = koffi.exports as Koffi;
  // UCX would end the process at the signal by which WebAssembly tells an access out of bounds, an exception otherwise.
  defaultEnvironment("UCX_ERROR_SIGNALS", "");
  // UCX tries out whether it learns of changes of memory by growing and shrinking the heap of C by a page. Where it cannot grow, since V8's
  // code lies behind it, it shrinks all the same, and loses a page that is in use.
  defaultEnvironment("UCX_MEM_MMAP_HOOK_MODE", "none");
  const wanted = environment("RETROGRAD_MPI");
  const names = wanted ? [wanted] : name === "Open MPI" ? OPEN_MPI : MPICH;
  const problems: string[] = [];
  for (const library of names) {
    try {
      // Global, since what the library loads itself looks its functions up there.
      return described(load(library, { global: true, lazy: true }), address);
    } catch (error) {
      problems.push((error as Error).message.split("\n")[0]!);
    }
  }
  const started = `this process was started by ${name} as one of ${ranks ?? "several"}`;
  if (wanted) {
    throw new CommunicationError(
      `world: ${started}, and RETROGRAD_MPI is ${wanted}, which is no MPI library (${problems[0]}); expected one of ${name}`,
    );
  }
  throw new CommunicationError(
    `world: ${started}, and there is no ${names[0]}; expected the library of ${name} (on Debian: apt-get install ${PACKAGES[name]}), or RETROGRAD_MPI to say where it is`,
  );
}

function described(library: LoadedLibrary, address: (value: unknown) => bigint): MpiLibrary {
  const text = new Uint8Array(VERSION_BYTES);
  const length = new Uint8Array(4);
  library.func("int MPI_Get_library_version(uint8_t*, int*)")(text, length);
  const full = decoded(text, length);
  const symbol = (name: string): number => {
    const place = library.symbol(name);
    return Number(typeof place === "bigint" ? place : address(place));
  };
  const open = full.startsWith("Open MPI");
  const handles = open ? openMpiHandles(symbol) : MPICH_HANDLES;
  const [, version = "?"] = /v?(\d[\w.]*)/.exec(full) ?? [];
  return {
    version: `${open ? "Open MPI" : "MPICH"} ${version}`,
    handles,
    func: (signature) => library.func(signature.replaceAll("HANDLE", handles.type)),
    address: (view) => Number(address(view)),
  };
}

/** The text that a function left in a buffer, with its length in another. */
export function decoded(text: Uint8Array, length: Uint8Array): string {
  return new TextDecoder().decode(text.subarray(0, int32At(length))).replace(/\0.*$/s, "");
}

/** The int that a function left in a buffer. */
export function int32At(buffer: Uint8Array): number {
  return new DataView(buffer.buffer, buffer.byteOffset).getInt32(0, true);
}

/** The objects that Open MPI's header takes the addresses of. */
function openMpiHandles(symbol: (name: string) => number): Handles {
  return {
    type: "intptr_t",
    world: symbol("ompi_mpi_comm_world"),
    dtypes: {
      float32: symbol("ompi_mpi_float"),
      float64: symbol("ompi_mpi_double"),
      int32: symbol("ompi_mpi_int"),
    },
    operations: { sum: symbol("ompi_mpi_op_sum"), min: symbol("ompi_mpi_op_min"), max: symbol("ompi_mpi_op_max") },
    errorsReturn: symbol("ompi_mpi_errors_return"),
    inPlace: 1,
    statusIgnore: 0,
  };
}

/** The numbers in MPICH's header, which are part of its binary interface. */
const MPICH_HANDLES: Handles = {
  type: "int",
  world: 0x44000000,
  dtypes: { float32: 0x4c00040a, float64: 0x4c00080b, int32: 0x4c000405 },
  operations: { sum: 0x58000003, min: 0x58000002, max: 0x58000001 },
  errorsReturn: 0x54000001,
  inPlace: -1,
  statusIgnore: 1,
};
