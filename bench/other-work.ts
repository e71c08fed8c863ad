import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { mean } from "./statistics.js";

/** Milliseconds to watch the processors for; they count in hundredths of a second. */
const WATCH = 60;

/** How many processors other programs keep busy, sampled while all twins are halted. */
export class OtherWork {
  private readonly samples: number[] = [];

  /** Watches for a moment. */
  async sample(): Promise<void> {
    const before = busyTime();
    const begin = performance.now();
    await sleep(WATCH);
    this.samples.push((busyTime() - before) / (performance.now() - begin));
  }

  /** The mean over the samples. */
  get mean(): number {
    return this.samples.length === 0 ? 0 : mean(this.samples);
  }
}

function busyTime(): number {
  return cpus().reduce((total, { times }) => total + times.user + times.nice + times.sys + times.irq, 0);
}
