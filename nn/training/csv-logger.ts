import { writeAtomically } from "../../core/atomic.js";
import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import type { Callback, TrainingEvent } from "./callback.js";

/** Keeps a file of comma-separated values of the history, a line for each epoch, also of those before a run was gone on with. */
export class CSVLogger implements Callback {
  /** @throws ArgumentError when there is no path. */
  constructor(private readonly path: string) {
    if (typeof path !== "string" || path === "") {
      throw new ArgumentError(`CSVLogger: the path is ${describe(path)}; expected that of a file`);
    }
  }

  onEpoch({ history, rank }: TrainingEvent): void {
    if (rank > 0) return;
    writeAtomically("CSVLogger", this.path, [() => new TextEncoder().encode(history.toCSV())]);
  }
}
