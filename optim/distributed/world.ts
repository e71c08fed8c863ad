import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { environment, shared } from "../../core/platform.js";
import { Communicator, SingleProcess } from "./communicator.js";
import { MpiCommunicator } from "./mpi/communicator.js";
import { launcher } from "./mpi/library.js";

let inUse: Communicator | null = null;

/**
 * The processes that this program was started as: those of MPI's launcher, `mpirun -np 4 ...`, or the one by itself. MPI is that of
 * the launcher, Open MPI or MPICH; `RETROGRAD_MPI` names another library, and with `none` each process stays by itself.
 * @throws MissingPackageError, when started by such a launcher, without the package koffi; CommunicationError without its library, and
 * with that of another launcher.
 */
export function world(): Communicator {
  if (inUse !== null) return inUse;
  const started = environment("RETROGRAD_MPI") === "none" ? null : launcher();
  // MPI can be started once in a process, however often this module is loaded.
  inUse = started === null ? new SingleProcess() : shared("retrograd.mpi.1", () => MpiCommunicator.start(started));
  return inUse;
}

/**
 * Runs `fn` while `world()` is `communicator`, and returns what it returns.
 * @throws ArgumentError for what is no Communicator.
 */
export function usingCommunicator<T>(communicator: Communicator, fn: () => T): T {
  checkCommunicator("usingCommunicator", communicator);
  const former = inUse;
  inUse = communicator;
  try {
    return fn();
  } finally {
    inUse = former;
  }
}

/**
 * Checks that a value is a Communicator.
 * @throws ArgumentError when it is not.
 */
export function checkCommunicator(operation: string, value: unknown): asserts value is Communicator {
  if (value instanceof Communicator) return;
  throw new ArgumentError(
    `${operation}: the communicator is ${describe(value)}; expected a Communicator, such as world()`,
  );
}
