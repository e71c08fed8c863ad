import { type Terminal, terminal } from "../../core/platform.js";
import type { Callback, TrainingEvent } from "./callback.js";
import type { Figures } from "./figures.js";

/** Milliseconds between two pictures of the bar, and between two lines elsewhere. */
const REDRAW = 100;
const LINES = 10_000;
const BAR = 24;

/** What shows how training goes: a bar on a terminal; elsewhere a line for each epoch, and in long ones one every ten seconds. */
export function progressDisplay(): Callback {
  const screen = terminal();
  return screen === null ? new ProgressLines((line) => console.log(line)) : new ProgressBar(screen);
}

abstract class Progress implements Callback {
  private start = 0;
  private shown = 0;
  private firstStep = 0;

  constructor(private readonly interval: number) {}

  onStart(event: TrainingEvent): void {
    // Of an epoch that is gone on with, only the steps from now on take time.
    this.begin(event);
  }

  onEpochStart(event: TrainingEvent): void {
    this.begin(event);
  }

  onStep(event: TrainingEvent): void {
    const now = performance.now();
    if (now - this.shown < this.interval) return;
    this.shown = now;
    const { epoch, epochs, stepInEpoch: done, stepsPerEpoch: all } = event;
    const perStep = (now - this.start) / Math.max(1, done - this.firstStep);
    const left = all === null ? "" : `  ${duration((perStep * (all - done)) / 1000)} left`;
    this.showStep(`Epoch ${epoch}/${epochs}`, done, all, `${figuresText(event.figures)}${left}`);
  }

  onEpoch({ epoch, epochs, figures, history }: TrainingEvent): void {
    const seconds = history.last?.seconds ?? 0;
    this.showEnd(`Epoch ${epoch}/${epochs}  ${figuresText(figures)}  in ${duration(seconds)}`);
  }

  onEnd({ stopReason }: TrainingEvent): void {
    if (stopReason !== null) this.showEnd(`Stopped: ${stopReason}`);
  }

  protected abstract showStep(title: string, done: number, all: number | null, text: string): void;
  protected abstract showEnd(line: string): void;

  private begin({ stepInEpoch }: TrainingEvent): void {
    this.start = performance.now();
    this.shown = this.start;
    this.firstStep = stepInEpoch;
  }
}

/** Lines that are printed one below the other. */
export class ProgressLines extends Progress {
  constructor(private readonly print: (line: string) => void) {
    super(LINES);
  }

  protected override showStep(title: string, done: number, all: number | null, text: string): void {
    const share = all === null ? `step ${done}` : `${Math.floor((100 * done) / all)}%`.padStart(4);
    this.print(`${title} ${share}  ${text}`);
  }

  protected override showEnd(line: string): void {
    this.print(line);
  }
}

/** A line that is written over until the epoch is over. */
export class ProgressBar extends Progress {
  constructor(private readonly screen: Terminal) {
    super(REDRAW);
  }

  protected override showStep(title: string, done: number, all: number | null, text: string): void {
    const full = all === null ? 0 : Math.round((BAR * done) / all);
    const bar = all === null ? `step ${done}` : `${"█".repeat(full)}${"░".repeat(BAR - full)}`;
    const line = `${title} ${bar}  ${text}`;
    // A line that is wider than the terminal would move down instead of being written over.
    this.screen.write(`${line.slice(0, (this.screen.columns ?? 80) - 1)}\x1b[K\r`);
  }

  protected override showEnd(line: string): void {
    this.screen.write(`${line}\x1b[K\n`);
  }
}

function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join("  ");
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
