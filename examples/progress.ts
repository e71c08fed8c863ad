import { Presets, SingleBar } from "cli-progress";

/** Figures to show beside the progress, by name. */
export type Figures = Record<string, string>;

/** The progress of a pass over the data: a live bar on a terminal, a few plain lines elsewhere. */
export interface Progress {
  update(done: number, figures: Figures): void;
  stop(): void;
}

/** Starts to show the progress of `total` steps. */
export function startProgress(title: string, total: number): Progress {
  return process.stdout.isTTY ? liveBar(title, total) : plainLines(title, total);
}

function liveBar(title: string, total: number): Progress {
  const format = `${title} {bar} {percentage}%  {figures}  {eta_formatted} left`;
  // The training loop never yields, so the timer that would draw the bar does not fire: `update` has to draw it.
  const bar = new SingleBar(
    { format, etaBuffer: 100, hideCursor: true, synchronousUpdate: true },
    Presets.shades_classic,
  );
  bar.start(total, 0, { figures: "" });
  return {
    update(done, figures) {
      bar.update(done, { figures: figuresText(figures) });
    },
    stop: () => bar.stop(),
  };
}

function plainLines(title: string, total: number): Progress {
  const start = performance.now();
  let printed = 0;
  return {
    update(done, figures) {
      const tenth = Math.floor((10 * done) / total);
      if (tenth === printed) return;
      printed = tenth;
      const left = ((performance.now() - start) / done / 1000) * (total - done);
      console.log(`${title} ${String(10 * tenth).padStart(3)}%  ${figuresText(figures)}  ${left.toFixed(0)}s left`);
    },
    stop() {},
  };
}

function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join("  ");
}
