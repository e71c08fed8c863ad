import type { NDArray } from "../../core/ndarray.js";
import { shapeText } from "../../core/shape.js";
import { checkAgreement } from "./agreement.js";
import { type Communicator, SingleProcess } from "./communicator.js";

/** What gets its data when it is made or at a later time: a Parameter, or a Buffer of a layer. */
export interface LateData {
  readonly name: string | null;
  readonly initialized: boolean;
  readonly data: NDArray;
  /** What makes the first data that it takes of that which it is given, or null. */
  initializing: ((data: NDArray) => NDArray) | null;
}

const sharers = new WeakMap<LateData, Communicator>();
const alone = new SingleProcess();

/** The processes that train a parameter or buffer together, and so must change it alike: a single one unless they follow rank 0. */
export function sharersOf(entry: LateData): Communicator {
  return sharers.get(entry) ?? alone;
}

/**
 * Gives every rank the data that rank 0 has, now or, of what has none yet, when it gets it; the ranks agree on what these are.
 * @throws CommunicationError when the exchange fails; later, on all ranks, when first data differ in name, shape or dtype.
 */
export function followFirstRank(communicator: Communicator, entries: readonly LateData[]): void {
  if (communicator.size === 1) return;
  for (const entry of entries) {
    sharers.set(entry, communicator);
    if (entry.initialized) {
      takeFromFirst(communicator, entry);
      continue;
    }
    entry.initializing = (data) => {
      const line = `the first data of ${entry.name ?? "a parameter"} are of shape ${shapeText(data.shape)}, ${data.dtype}`;
      checkAgreement(communicator, "initialize", [line]);
      return communicator.broadcast(data.copy());
    };
  }
}

/** Graphs that saved the former data notice, as with any change in place. */
function takeFromFirst(communicator: Communicator, entry: LateData): void {
  communicator.broadcast(entry.data);
}
