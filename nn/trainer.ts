import { ArgumentError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { checkCount, checkFlag, checkOptions, describe } from "../core/options.js";
import { seed as seedGenerator } from "../core/rng.js";
import type { Optimizer } from "../optim/index.js";
import { loadTree, saveTree } from "./files/tree.js";
import { Layer } from "./layer.js";
import type { Batch, SupervisedBatch } from "./training/batch.js";
import { type Callback, resolveCallbacks } from "./training/callback.js";
import { Checkpoints } from "./training/checkpoints.js";
import { type BatchData, BatchSource, isBatched } from "./training/data.js";
import { measure, predictAll } from "./training/evaluation.js";
import { type Figures, Measures } from "./training/figures.js";
import { Fit, KIND, validationName } from "./training/fit.js";
import type { History } from "./training/history.js";
import type { Direction } from "./training/metrics/metric.js";
import { resolveMetrics } from "./training/metrics/resolve.js";
import { type Objective, resolveLossFunction, stepObjective, supervised } from "./training/objective.js";
import { resolveOptimizers } from "./training/optimizers.js";
import {
  FIT_OPTIONS,
  type FitOptions,
  type PassOptions,
  TRAINER_OPTIONS,
  type TrainerOptions,
} from "./training/options.js";
import { progressDisplay } from "./training/progress.js";
import { Session } from "./training/session.js";

/**
 * Trains a model, and all that goes with it: figures, validation, early stopping, checkpoints, Ctrl-C and NaN.
 *
 *     const trainer = new Trainer(model, { optimizer: "adam(lr=0.003)", loss: "softmaxCrossEntropy", metrics: ["accuracy"] });
 *     const history = await trainer.fit(train, { epochs: 5, validation: test });
 *     const { accuracy } = await trainer.evaluate(test);
 *     const y = await trainer.predict(images);
 *
 * Batches are `{ x, t }` or `[x, t]`, and the model takes x to a prediction; whatever else, a `step` says what to do:
 *
 *     new Trainer(vae, { optimizer: "adam", step: ({ x }) => vae.loss(x) });
 */
export class Trainer<B = Batch> {
  /** What has come of the epochs so far. */
  readonly history: History;
  private readonly session: Session;
  private readonly objective: Objective<B> | null;
  private readonly checkpoints: Checkpoints | null;
  private readonly settings: {
    progress: boolean;
    checkFinite: boolean;
    detectAnomaly: boolean;
    catchInterrupt: boolean;
  };
  private readonly directions: ReadonlyMap<string, Direction | null> | null;
  private fitting = false;

  /** @throws ArgumentError for options that are unknown, out of range or do not go together, and an optimizer of other parameters. */
  constructor(
    readonly model: Layer,
    options: TrainerOptions<B> = {},
  ) {
    if (!(model instanceof Layer))
      throw new ArgumentError(`Trainer: the model is ${describe(model)}; expected a Layer`);
    checkOptions("Trainer", options, TRAINER_OPTIONS);
    const { optimizer, loss, step, metrics = [], callbacks = [], checkpoint = null, seed = null } = options;
    const { progress = true, checkFinite = true, detectAnomaly = false, catchInterrupt = true } = options;
    this.settings = { progress, checkFinite, detectAnomaly, catchInterrupt };
    for (const [name, value] of Object.entries(this.settings)) checkFlag("Trainer", name, value);
    if (seed !== null) checkCount("Trainer", "seed", seed, Number.MIN_SAFE_INTEGER);
    if (loss !== undefined && step !== undefined) {
      throw new ArgumentError("Trainer: both loss and step are given; expected one of them");
    }
    if (step !== undefined && typeof step !== "function") {
      throw new ArgumentError(`Trainer: step is ${describe(step)}; expected a function of a batch`);
    }
    const measured = resolveMetrics("Trainer", metrics);
    this.checkpoints = checkpoint === null ? null : new Checkpoints("Trainer", checkpoint);
    const lossLayer = loss instanceof Layer ? loss : null;
    this.objective = null;
    if (step !== undefined) this.objective = stepObjective("Trainer", step);
    if (loss !== undefined) {
      this.objective = supervised("Trainer", model, resolveLossFunction("Trainer: loss", loss)) as Objective<B>;
    }
    this.directions =
      step === undefined
        ? new Map([["loss", "min"], ...measured.map(({ name, direction }) => [name, direction] as const)])
        : null;
    this.session = new Session({
      operation: "Trainer",
      model,
      lossLayer,
      optimizers: resolveOptimizers(optimizer, lossLayer === null ? [model] : [model, lossLayer]),
      metrics: measured,
      measures: new Measures("Trainer", measured),
      callbacks: resolveCallbacks("Trainer", callbacks),
    });
    this.history = this.session.history;
    if (seed !== null) seedGenerator(seed);
  }

  /** How many epochs are done, in all. */
  get epoch(): number {
    return this.session.place.epoch;
  }

  /** How many steps have been taken, in all. */
  get step(): number {
    return this.session.place.step;
  }

  /** The optimizers by their names; one alone is called `optimizer`. */
  get optimizers(): Readonly<Record<string, Optimizer>> {
    return this.session.parts.optimizers;
  }

  /**
   * Goes through the data `epochs` times, a step for each batch. The model is put into `train()` if it is in `eval()`; a layer in
   * it that is in `eval()` by itself stays so.
   * @throws ArgumentError for options that are unknown or out of range, no data, no optimizer, a folder that has checkpoints already,
   * or a checkpoint that does not fit, and then nothing has changed; AnomalyError for a loss or a gradient that is not finite.
   */
  async fit(data: BatchData<B | SupervisedBatch>, options: FitOptions<B> = {}): Promise<History> {
    const operation = "Trainer.fit";
    checkOptions(operation, options, FIT_OPTIONS);
    const { epochs = 1, validation = null, batchSize, shuffle = true, stepsPerEpoch = null, resume = false } = options;
    checkCount(operation, "epochs", epochs, 0);
    checkFlag(operation, "shuffle", shuffle);
    if (typeof resume !== "boolean" && typeof resume !== "string") {
      throw new ArgumentError(`${operation}: resume is ${describe(resume)}; expected true, false or a path`);
    }
    const { session, checkpoints, settings } = this;
    const objective = this.checkReady(operation, true);
    const source = new BatchSource<B>(operation, data as BatchData<B>, { batchSize, shuffle, limit: stepsPerEpoch });
    const tested =
      validation === null
        ? null
        : new BatchSource<B>(`${operation}: validation`, validation as BatchData<B>, {
            batchSize: isBatched(validation) ? undefined : batchSize,
            shuffle: false,
          });
    if (resume === false) {
      checkpoints?.checkEmpty();
      const { epoch, step } = session.place;
      session.place = { epoch, step, firstEpoch: epoch, validating: false, stopped: null, best: null };
    } else {
      this.goOn(resume, source);
    }
    if (!this.model.training) this.model.train();
    const fit = new Fit<B>({
      session,
      learner: { operation, objective, optimizers: this.optimizers, ...settings },
      source,
      validation: tested,
      checkpoints,
      callbacks: [...session.parts.callbacks, ...(settings.progress ? [progressDisplay() as Callback] : [])],
      expected: this.expected(tested !== null),
      epochs: session.place.firstEpoch + epochs,
      catchInterrupt: settings.catchInterrupt,
    });
    this.fitting = true;
    try {
      await fit.run();
    } finally {
      this.fitting = false;
    }
    return this.history;
  }

  /**
   * The loss and the metrics on all of the data, as the model is in use: in `eval()`, and without a graph. Metrics that are no
   * number, such as a ConfusionMatrix, can be read afterwards.
   * @throws ArgumentError for no data, and options that are unknown or out of range.
   */
  async evaluate(data: BatchData<B | SupervisedBatch>, options: PassOptions = {}): Promise<Figures> {
    checkOptions("Trainer.evaluate", options, ["batchSize"]);
    const objective = this.checkReady("Trainer.evaluate", false);
    const source = new BatchSource<B>("Trainer.evaluate", data as BatchData<B>, { ...options, shuffle: false });
    const { measures, model, lossLayer } = this.session.parts;
    const former = this.fitting ? measures.state() : null;
    try {
      await measure(lossLayer === null ? [model] : [model, lossLayer], objective, source, measures, {
        epoch: this.epoch,
        step: this.step,
      });
      return measures.values();
    } finally {
      if (former !== null) measures.loadState(former);
    }
  }

  /**
   * What the model gives for all of the data, as it is in use: (examples, ...). Batches are inputs, alone or as `{ x }` or `[x]`, with
   * targets or without.
   * @throws ArgumentError for no data, options that are unknown or out of range, and a model that gives no Variable.
   */
  async predict(data: BatchData<unknown>, options: PassOptions = {}): Promise<NDArray> {
    checkOptions("Trainer.predict", options, ["batchSize"]);
    const source = new BatchSource<unknown>("Trainer.predict", data, { ...options, shuffle: false });
    return predictAll("Trainer.predict", this.model, source);
  }

  /**
   * Writes all that training goes on from to a file, atomically: a safetensors file that also other programs can read, with the model's
   * values as `model.<name>`.
   * @throws GraphError while the model has parameters without data; the errors of `node:fs`.
   */
  save(path: string): void {
    saveTree(path, KIND, this.session.state());
  }

  /**
   * Takes what a checkpoint holds. `fit` with `resume: true` goes on with its epoch, and without begins a new one.
   * @throws FileError for what is no checkpoint; ArgumentError, that says what differs, for one of another model, optimizer or other
   * callbacks and metrics. Nothing has changed then.
   */
  load(path: string): void {
    this.session.loadState(loadTree(path, KIND), null);
  }

  private goOn(resume: true | string, source: BatchSource<B>): void {
    const { session, checkpoints } = this;
    const read = (path: string): void => session.loadState(loadTree(path, KIND), source as BatchSource<unknown>);
    if (typeof resume === "string") {
      read(resume);
      return;
    }
    const found = checkpoints?.latest((path) => {
      read(path);
      return path;
    });
    if (found === undefined || found === null) session.goOn(source as BatchSource<unknown>);
  }

  private checkReady(operation: string, learning: boolean): Objective<B> {
    if (this.fitting && learning) throw new ArgumentError(`${operation}: this Trainer is fitting already`);
    if (this.objective === null)
      throw new ArgumentError(`${operation}: the Trainer has no loss; expected loss or step`);
    if (learning && Object.keys(this.optimizers).length === 0) {
      throw new ArgumentError(`${operation}: the Trainer has no optimizer; expected one, such as "adam(lr=0.001)"`);
    }
    return this.objective;
  }

  private expected(validation: boolean): ReadonlyMap<string, Direction | null> | null {
    if (this.directions === null) return null;
    const own = [...this.directions];
    return new Map(validation ? [...own, ...own.map(([name, way]) => [validationName(name), way] as const)] : own);
  }
}
