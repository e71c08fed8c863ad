import type { Communicator, Optimizer, OptimizerSpec } from "../../optim/index.js";
import type { Layer } from "../layer.js";
import type { LossSpec } from "../losses/index.js";
import type { Batch, SupervisedBatch } from "./batch.js";
import type { CallbackSpec } from "./callback.js";
import type { CheckpointOptions } from "./checkpoints.js";
import type { BatchData } from "./data.js";
import type { MetricSpecs } from "./metrics/resolve.js";
import type { LossFunction, Step } from "./objective.js";

/** Options of `Trainer`. `B` is what a batch is. */
export interface TrainerOptions<B = Batch> {
  /**
   * What changes the parameters: an Optimizer, or a text such as "adam(lr=0.001)" for all parameters of the model. Several by name
   * when the `step` calls them itself. Needed to fit.
   */
  optimizer?: OptimizerSpec | Readonly<Record<string, Optimizer>>;
  /** The loss of predictions and targets: a name such as "softmaxCrossEntropy", a Loss, a layer that is one, or a function. */
  loss?: LossSpec | LossFunction | Layer;
  /** What to do with a batch, in place of `loss`: for models with losses of their own. */
  step?: Step<B>;
  /** What is measured beside the loss: names, Metrics, functions `(y, t) => number`; in a list or by names of their own. */
  metrics?: MetricSpecs;
  /** What is done at points of the training; functions are called after each epoch. */
  callbacks?: readonly CallbackSpec[];
  /** Where checkpoints are kept: a folder, or options. None unless given. */
  checkpoint?: string | CheckpointOptions | null;
  /**
   * Whether to train on all processes that the program was started as, `mpirun -np 4 ...`, or on those of a Communicator: false unless given. Each takes
   * its part of every batch of a loader, arrays or a dataset, and the end is that of one process with the whole batches. With one process it
   * changes nothing.
   */
  distributed?: boolean | Communicator;
  /** Seeds all randomness, as `seed` does, when the Trainer is made. */
  seed?: number | null;
  /** Whether to show how far training is: a bar on a terminal, plain lines elsewhere; true unless given. */
  progress?: boolean;
  /** Whether a loss or a gradient that is NaN or infinite ends the training with an error: true unless given. */
  checkFinite?: boolean;
  /** Whether every step runs inside `detectAnomaly`: false unless given. It is slow, and checks gradients inside the graph too. */
  detectAnomaly?: boolean;
  /**
   * Whether each batch is worked on inside `tidy`: its memory serves the next one, and what it made, except the values in the properties of the
   * layers and what metrics are given, can be used no more. True unless given with a `loss`; with a `step`, which may put things
   * aside, false unless given.
   */
  tidy?: boolean;
  /** Whether the first Ctrl-C ends the training after the step at work, with a checkpoint: true unless given. */
  catchInterrupt?: boolean;
}

/** Options of `fit`. */
export interface FitOptions<B = Batch> {
  /** How often to go through the data: 1 unless given. */
  epochs?: number;
  /** What to measure the model on after each epoch; its figures begin with `val`. */
  validation?: BatchData<B | SupervisedBatch> | null;
  /** Examples in a batch, where the data are arrays or a dataset: 256 unless given. */
  batchSize?: number;
  /** Whether these come in random order: true unless given. */
  shuffle?: boolean;
  /** The most steps in an epoch: all that the data give unless given. */
  stepsPerEpoch?: number | null;
  /**
   * Goes on with what was left: from the latest checkpoint in the folder (a new start where there is none), or after Ctrl-C or `load`
   * from where the Trainer is; a path for that checkpoint. `epochs` counts from the start of what is gone on with.
   */
  resume?: boolean | string;
}

/** Options of `evaluate` and `predict`. */
export interface PassOptions {
  /** Examples in a batch, where the data are arrays or a dataset: 256 unless given. */
  batchSize?: number;
}

/** The names of `TrainerOptions`. */
export const TRAINER_OPTIONS = [
  "optimizer",
  "loss",
  "step",
  "metrics",
  "callbacks",
  "checkpoint",
  "distributed",
  "seed",
  "progress",
  "checkFinite",
  "detectAnomaly",
  "tidy",
  "catchInterrupt",
];
/** The names of `FitOptions`. */
export const FIT_OPTIONS = ["epochs", "validation", "batchSize", "shuffle", "stepsPerEpoch", "resume"];
