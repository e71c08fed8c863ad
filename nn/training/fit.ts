import { generator } from "../../core/rng.js";
import type { Optimizer } from "../../optim/index.js";
import type { Layer } from "../layer.js";
import { examplesIn } from "./batch.js";
import { type Callback, notify, type TrainingEvent } from "./callback.js";
import type { Checkpoints } from "./checkpoints.js";
import type { BatchSource } from "./data.js";
import { measure } from "./evaluation.js";
import type { Figures } from "./figures.js";
import type { History } from "./history.js";
import { checkParameters, type Learner, learn, learnNothing } from "./learning-step.js";
import type { Direction } from "./metrics/metric.js";
import type { Ranks, SharedStep } from "./ranks.js";
import type { Session } from "./session.js";
import { tidied } from "./tidied.js";
import { Interrupt, Turns } from "./turns.js";

/** What one `fit` works with. */
export interface FitParts<B> {
  readonly session: Session;
  readonly learner: Omit<Learner<B>, "parameters">;
  readonly source: BatchSource<B>;
  readonly validation: BatchSource<B> | null;
  readonly checkpoints: Checkpoints | null;
  /** Those of the session, and what shows the progress. */
  readonly callbacks: readonly Callback[];
  readonly expected: ReadonlyMap<string, Direction | null> | null;
  /** How many epochs are to be done in the end. */
  readonly epochs: number;
  readonly catchInterrupt: boolean;
  /** Whether each batch is worked on inside `tidy`. */
  readonly tidy: boolean;
  /** Why every process needs a part of every batch, or null when it does not. */
  readonly complete: string | null;
}

/** One `fit`: epochs of steps, with all that happens between them. */
export class Fit<B> implements TrainingEvent {
  epoch: number;
  stepInEpoch: number;
  stepFigures: Figures = {};
  stopReason: string | null;
  interrupted = false;
  /** The figures of the latest epoch, until the next one begins. */
  private epochFigures: Figures | null = null;
  private learner: Learner<B>;
  private interrupt: Interrupt | null = null;
  private readonly turns = new Turns();
  private began = performance.now();
  /** Whether something has happened since the latest checkpoint, and where that is. */
  private unsaved = false;
  private path: string | null = null;
  private readonly ranks: Ranks;
  /** Whether steps change the parameters themselves. */
  private selfTaught = false;

  constructor(private readonly parts: FitParts<B>) {
    const { session, learner } = parts;
    this.ranks = session.parts.ranks;
    this.epoch = session.place.epoch + 1;
    this.stepInEpoch = parts.source.given;
    this.stopReason = session.place.stopped;
    this.learner = { ...learner, parameters: session.namedParameters() };
  }

  get model(): Layer {
    return this.parts.session.parts.model;
  }

  get optimizers(): Readonly<Record<string, Optimizer>> {
    return this.parts.learner.optimizers;
  }

  get history(): History {
    return this.parts.session.history;
  }

  get epochs(): number {
    return this.parts.epochs;
  }

  get step(): number {
    return this.parts.session.place.step;
  }

  get stepsPerEpoch(): number | null {
    return this.parts.source.length;
  }

  get figures(): Figures {
    return this.epochFigures ?? this.parts.session.parts.measures.values();
  }

  get rank(): number {
    return this.ranks.communicator.rank;
  }

  get size(): number {
    return this.ranks.communicator.size;
  }

  get expected(): ReadonlyMap<string, Direction | null> | null {
    return this.parts.expected;
  }

  stop(reason: string): void {
    this.stopReason ??= reason;
    this.parts.session.place.stopped ??= reason;
  }

  save(path: string): void {
    if (this.learner.checkFinite) checkParameters(this.learner, this);
    this.parts.session.save(path);
  }

  /** Trains until all epochs are done or something ends it. */
  async run(): Promise<void> {
    const { session, source, checkpoints, callbacks, catchInterrupt } = this.parts;
    const { place, history } = session;
    session.source = source;
    history.stopReason = null;
    this.interrupt = catchInterrupt ? new Interrupt() : null;
    try {
      checkpoints?.begin(this);
      this.ranks.wait();
      if (checkpoints?.watch) checkpoints.watch.best = place.best;
      await notify(callbacks, "onStart", this);
      while (place.epoch < this.epochs && this.stopReason === null) await this.runEpoch();
      if (this.unsaved) this.checkpoint();
      if (this.interrupted) this.stopReason = this.interruption();
      history.stopReason = this.stopReason;
      await notify(callbacks, "onEnd", this);
    } finally {
      this.interrupt?.end();
      session.leave();
    }
  }

  private async runEpoch(): Promise<void> {
    const { session, source, callbacks } = this.parts;
    const { place } = session;
    this.epoch = place.epoch + 1;
    this.stepInEpoch = source.given;
    this.epochFigures = null;
    this.began = performance.now();
    this.learner = { ...this.parts.learner, parameters: session.namedParameters() };
    if (!place.validating) {
      if (source.given === 0) {
        session.parts.measures.reset();
        await notify(callbacks, "onEpochStart", this);
      }
      for await (const shared of this.ranks.steps(source.pass(), () => this.complete())) {
        await this.takeStep(shared);
        if (this.ending()) return;
      }
      place.validating = true;
      this.unsaved = true;
    }
    const figures = await this.validated();
    if (figures === null) return;
    place.validating = false;
    await this.endEpoch(figures);
  }

  private async takeStep(shared: SharedStep<B>): Promise<void> {
    const { session, checkpoints, callbacks } = this.parts;
    const { place } = session;
    const step = place.step + 1;
    this.stepFigures = this.learn(shared, step);
    place.step = step;
    this.stepInEpoch++;
    this.unsaved = true;
    await notify(callbacks, "onStep", this);
    if (checkpoints !== null && step % checkpoints.everySteps === 0) this.checkpoint();
    await this.turns.pause();
  }

  private learn({ batch, weight }: SharedStep<B>, step: number): Figures {
    if (batch === null) {
      learnNothing(this.learner);
      return {};
    }
    const { layers, parts } = this.parts.session;
    const outcome = tidied(this.parts.tidy, layers, () =>
      parts.measures.needed(learn(this.learner, batch, { training: true, epoch: this.epoch, step }, weight)),
    );
    this.selfTaught = outcome.loss === null;
    parts.measures.add(outcome, examplesIn(batch));
    return outcome.figures;
  }

  /** The figures of the epoch, those of its validation too; null when Ctrl-C came in between. */
  private async validated(): Promise<Figures | null> {
    const { session, learner, validation, tidy } = this.parts;
    const { measures } = session.parts;
    const before = { measures: measures.state(), generator: generator.state };
    this.ranks.merge(measures);
    const figures = measures.values();
    if (validation === null) return figures;
    this.ranks.shareBuffers(session.layers);
    const stopped = () => this.interrupt?.pressed ?? false;
    const whole = await measure(session.layers, learner.objective, validation, measures, this, tidy, stopped);
    if (this.ranks.any(!whole)[0]) {
      // As if the validation had not begun.
      measures.loadState(before.measures);
      generator.state = before.generator;
      this.ending();
      return null;
    }
    this.ranks.merge(measures);
    const measured = Object.entries(measures.values()).map(([name, value]) => [validationName(name), value]);
    return { ...figures, ...Object.fromEntries(measured) };
  }

  private async endEpoch(figures: Figures): Promise<void> {
    const { session, checkpoints, callbacks } = this.parts;
    const { place, history } = session;
    const seconds = (performance.now() - this.began) / 1000;
    place.epoch++;
    this.unsaved = true;
    this.epochFigures = figures;
    history.add({ epoch: place.epoch, step: place.step, lr: this.lr(), seconds, figures });
    await notify(callbacks, "onEpoch", this);
    checkpoints?.saveBest(figures, (path) => {
      place.best = checkpoints.watch!.best;
      this.save(path);
    });
    if (checkpoints !== null && place.epoch % checkpoints.everyEpochs === 0) this.checkpoint();
    await this.turns.pause();
    this.ending();
  }

  /** Whether the training is to end now. */
  private ending(): boolean {
    const [pressed, stopped] = this.ranks.any(this.interrupt?.pressed ?? false, this.stopReason !== null);
    if (pressed) {
      this.interrupted = true;
      this.stopReason ??= "Ctrl-C";
    }
    if (stopped && this.stopReason === null) this.stop("another process stopped");
    return this.stopReason !== null;
  }

  private checkpoint(): void {
    const { checkpoints } = this.parts;
    if (checkpoints === null) return;
    this.path = checkpoints.save(this.step, (path) => this.save(path));
    this.unsaved = false;
  }

  private complete(): string | null {
    return this.selfTaught ? "their steps change the parameters themselves" : this.parts.complete;
  }

  private interruption(): string {
    const kept = this.path === null ? "resume: true goes on from there in this program" : `saved as ${this.path}`;
    return `Ctrl-C, after step ${this.step} in epoch ${this.epoch}; ${kept}`;
  }

  private lr(): number {
    return Object.values(this.optimizers)[0]!.lr;
  }
}

/** What the figure of a validation is called. */
export function validationName(name: string): string {
  return `val${name[0]!.toUpperCase()}${name.slice(1)}`;
}
