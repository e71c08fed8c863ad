import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import type { Optimizer } from "../../optim/index.js";
import type { Tree } from "../files/tree.js";
import type { Layer } from "../layer.js";
import type { Figures } from "./figures.js";
import type { History } from "./history.js";
import type { Direction } from "./metrics/metric.js";

/** What callbacks see of the training, and can do to it. */
export interface TrainingEvent {
  readonly model: Layer;
  /** The optimizers by their names; one alone is called `optimizer`. */
  readonly optimizers: Readonly<Record<string, Optimizer>>;
  readonly history: History;
  /** The number of the epoch at work, from 1 on, and of the last one. */
  readonly epoch: number;
  readonly epochs: number;
  /** How many steps have been taken in all, and in this epoch. */
  readonly step: number;
  readonly stepInEpoch: number;
  /** How many steps an epoch has, or null when it is not known. */
  readonly stepsPerEpoch: number | null;
  /** The figures of the epoch so far; in `onEpoch` those of the whole epoch, with the validation's. */
  readonly figures: Figures;
  /** In `onStep`, the figures of the step alone. */
  readonly stepFigures: Figures;
  /** Which figures there will be, and which way they should go; null when only the step knows. */
  readonly expected: ReadonlyMap<string, Direction | null> | null;
  /** The number of this process, and how many train together; see the option `distributed`. 0 and 1 for one by itself. */
  readonly rank: number;
  readonly size: number;
  /** Why the training ends, or null while it goes on. */
  readonly stopReason: string | null;
  /** Whether it ends because Ctrl-C was pressed, so that it can be gone on with. */
  readonly interrupted: boolean;
  /** Ends the training after this step or epoch. */
  stop(reason: string): void;
  /** Writes a checkpoint. Of several processes, all must call it. */
  save(path: string): void;
}

/** Something to do at points of the training. What is asynchronous is waited for. */
export interface Callback {
  /** Before anything else, also of a run that is gone on with. */
  onStart?(event: TrainingEvent): void | Promise<void>;
  /** Before each epoch; of a run that is gone on with inside an epoch, not again. */
  onEpochStart?(event: TrainingEvent): void | Promise<void>;
  /** After each step. */
  onStep?(event: TrainingEvent): void | Promise<void>;
  /** After each epoch and its validation. */
  onEpoch?(event: TrainingEvent): void | Promise<void>;
  /** At the end, unless an error is what ends it. */
  onEnd?(event: TrainingEvent): void | Promise<void>;
  /** What it remembers, for checkpoints. */
  state?(): Tree;
  /** Takes what `state()` gave; when it throws, nothing has changed. */
  loadState?(state: Tree): void;
}

/** A callback, or a function to call after each epoch. */
export type CallbackSpec = Callback | ((event: TrainingEvent) => void | Promise<void>);

/** The points at which callbacks are called. */
export type Moment = "onStart" | "onEpochStart" | "onStep" | "onEpoch" | "onEnd";

const MOMENTS: readonly string[] = ["onStart", "onEpochStart", "onStep", "onEpoch", "onEnd"];

/** The callbacks that `specs` says. @throws ArgumentError for what is none. */
export function resolveCallbacks(operation: string, specs: readonly CallbackSpec[]): Callback[] {
  if (!Array.isArray(specs)) {
    throw new ArgumentError(`${operation}: callbacks is ${describe(specs)}; expected a list`);
  }
  return specs.map((spec: CallbackSpec, i) => {
    if (typeof spec === "function") return { onEpoch: spec };
    if (typeof spec === "object" && spec !== null && MOMENTS.some((moment) => moment in spec)) {
      if ((spec.state === undefined) === (spec.loadState === undefined)) return spec;
      throw new ArgumentError(`${operation}: callback ${i} has one of state and loadState; expected both, or none`);
    }
    throw new ArgumentError(
      `${operation}: callback ${i} is ${describe(spec)}; expected a function, or an object with some of ${MOMENTS.join(", ")}`,
    );
  });
}

/** Calls what each of `callbacks` has for a moment, one after the other. */
export async function notify(callbacks: readonly Callback[], moment: Moment, event: TrainingEvent): Promise<void> {
  for (const callback of callbacks) {
    const waiting = callback[moment]?.(event);
    if (waiting !== undefined) await waiting;
  }
}
