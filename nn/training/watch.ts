import { ArgumentError } from "../../core/errors.js";
import { checkChoice, checkNumber, describe } from "../../core/options.js";
import { foldName } from "../../core/spec.js";
import type { TrainingEvent } from "./callback.js";
import type { Figures } from "./figures.js";
import { figureIn } from "./history.js";
import type { Direction } from "./metrics/metric.js";

/** Which figure is watched, and what counts as better. */
export interface WatchOptions {
  /** The figure: `"valLoss"` where there is a validation, else `"loss"`, unless given. */
  monitor?: string | null;
  /** Whether it should become small or large. Known, and not needed, of losses and of the library's metrics. */
  mode?: Direction | null;
  /** By how much it must be better to count as better: 0 unless given. */
  minDelta?: number;
}

/** The names of `WatchOptions`. */
export const WATCH_OPTIONS = ["monitor", "mode", "minDelta"];

/** A figure that is watched from epoch to epoch. */
export class Watch {
  /** The best so far, or null. */
  best: number | null = null;
  private readonly given: Required<WatchOptions>;
  private monitor = "loss";
  private direction: Direction = "min";

  /** @throws ArgumentError for options that are out of range. */
  constructor(
    private readonly operation: string,
    options: WatchOptions,
  ) {
    const { monitor = null, mode = null, minDelta = 0 } = options;
    if (monitor !== null && typeof monitor !== "string") {
      throw new ArgumentError(`${operation}: monitor is ${describe(monitor)}; expected the name of a figure`);
    }
    if (mode !== null) checkChoice(operation, "mode", mode, ["min", "max"] as const);
    checkNumber(operation, "minDelta", minDelta, 0);
    this.given = { monitor, mode, minDelta };
  }

  /**
   * Takes notice of the figures that there will be.
   * @throws ArgumentError when the one to watch is not among them, or nobody knows which way it should go.
   */
  begin({ expected }: Pick<TrainingEvent, "expected">): void {
    const { monitor, mode } = this.given;
    const names = expected === null ? null : [...expected.keys()];
    this.monitor = monitor ?? (names?.includes("valLoss") ? "valLoss" : "loss");
    const name = names?.find((own) => foldName(own) === foldName(this.monitor));
    if (names !== null && name === undefined) throw this.missing(names);
    const known = name === undefined ? (foldName(this.monitor).endsWith("loss") ? "min" : null) : expected!.get(name)!;
    const direction = mode ?? known;
    if (direction !== null) {
      this.direction = direction;
      return;
    }
    throw new ArgumentError(
      `${this.operation}: nobody knows which way ${this.monitor} should go; expected mode: "min" or "max"`,
    );
  }

  /** The figure that is watched. @throws ArgumentError when there is none. */
  figure(figures: Figures): number {
    const value = figureIn(figures, this.monitor);
    if (value === undefined) throw this.missing(Object.keys(figures));
    return value;
  }

  /** Whether the figure is better than the best so far, which it becomes then. */
  improves(figures: Figures): boolean {
    const value = this.figure(figures);
    const sign = this.direction === "min" ? 1 : -1;
    const better =
      !Number.isNaN(value) && (this.best === null || sign * value < sign * this.best - this.given.minDelta);
    if (better) this.best = value;
    return better;
  }

  /** What the figure is called. */
  get name(): string {
    return this.monitor;
  }

  private missing(names: readonly string[]): ArgumentError {
    return new ArgumentError(
      `${this.operation}: there is no figure ${this.monitor}; expected one of ${names.join(", ")}`,
    );
  }
}
