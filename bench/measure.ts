import { OtherWork } from "./other-work.js";
import { mean, median } from "./statistics.js";
import type { Workload } from "./suite.js";
import { TwinProcess } from "./twin-process.js";
import type { Twin } from "./twins.js";

/** How long to measure. */
export interface Effort {
  rounds: number;
  /** Milliseconds of steps per round, and before the first one. */
  roundTime: number;
  warmUpTime: number;
  /** The least numbers of steps, however long they take: until memory has its size, and so that a round is not one step. */
  roundSteps: number;
  warmUpSteps: number;
  /** What share of the training steps of the memory workload to do. */
  memoryShare: number;
}

/** What came out of measuring one twin. */
export interface Figures {
  /** Milliseconds, or MB for memory: the median and the least. */
  median: number;
  least: number;
  /** The mean, where it says something: over all steps of the memory workload, in milliseconds, with their median. */
  steps?: { mean: number; median: number };
  samples: number;
}

/** Figures by name of the twin, and remarks on those that failed or disagreed. */
export interface Outcome {
  figures: Map<string, Figures>;
  remarks: string[];
  /** How many processors other programs kept busy. */
  otherWork: number;
}

/** The most steps in one round: those of cheap workloads need no more. */
const MOST_STEPS = 2000;
/** By how much the numbers of twins may differ: sums of float32 in another order. */
const TOLERANCE = 1e-3;

interface Runner {
  twin: Twin;
  child: TwinProcess;
  steps: number;
  times: number[];
  peak: number;
}

/** The times of a workload's steps in each twin: all are made ready, then take turns, in rounds. */
export async function measureSteps(workload: Workload, threads: number, all: Twin[], effort: Effort): Promise<Outcome> {
  return withTwins(workload, threads, all, async (group) => {
    await group.each((runner) => warmUp(runner, effort));
    for (let round = 0; round < effort.rounds; round++) {
      await group.otherWork.sample();
      await group.each(async ({ child, steps, times }) => {
        times.push(...(await child.run(steps)));
      });
      // Alternate the direction, so that a machine that gets slower or faster favours nobody.
      group.runners.reverse();
    }
    return group.figures(({ times }) => figuresOf(times));
  });
}

/** The peak of each twin's memory over many training steps, and how even the steps were. */
export async function measureMemory(
  workload: Workload,
  threads: number,
  all: Twin[],
  effort: Effort,
): Promise<Outcome> {
  const steps = Math.round(Number(workload.sizes.trainingSteps) * effort.memoryShare);
  return withTwins(workload, threads, all, async (group) => {
    await group.each(async (runner) => {
      await group.otherWork.sample();
      runner.times = await runner.child.run(steps);
      runner.peak = await runner.child.peakMemory();
    });
    return group.figures(({ times, peak }) => {
      return { median: peak, least: peak, steps: { mean: mean(times), median: median(times) }, samples: steps };
    });
  });
}

/** The twins at work on a workload. One that fails is left out from then on, with a remark. */
class Group {
  readonly remarks: string[] = [];
  readonly otherWork = new OtherWork();

  constructor(public runners: Runner[]) {}

  /** Does something with one after the other, so that only one of them computes. */
  async each(work: (runner: Runner) => Promise<void>): Promise<void> {
    for (const runner of [...this.runners]) {
      try {
        await work(runner);
      } catch (error) {
        this.remarks.push(`${runner.twin.name} failed: ${error instanceof Error ? error.message : error}`);
        this.remove(runner);
      }
    }
  }

  remove(runner: Runner): void {
    this.runners = this.runners.filter((other) => other !== runner);
  }

  figures(of: (runner: Runner) => Figures): Map<string, Figures> {
    return new Map(this.runners.map((runner) => [runner.twin.name, of(runner)]));
  }
}

/** Starts the twins, makes the workload ready where they have it, compares their numbers, measures, and ends them. */
async function withTwins(
  workload: Workload,
  threads: number,
  all: Twin[],
  work: (group: Group) => Promise<Map<string, Figures>>,
): Promise<Outcome> {
  const started = all.map((twin): Runner => {
    return { twin, child: new TwinProcess(twin.serve(threads)), steps: 1, times: [], peak: 0 };
  });
  const group = new Group(started);
  try {
    let expected: number[] | undefined;
    await group.each(async (runner) => {
      if (!(await runner.child.prepare(workload.family, workload.sizes))) return group.remove(runner);
      const numbers = await runner.child.check();
      expected ??= numbers;
      if (agree(numbers, expected)) return;
      group.remarks.push(`${runner.twin.name} computes ${numbers.join(", ")} instead of ${expected.join(", ")}`);
    });
    const figures = await work(group);
    // In the order of the report, whatever the order of the last round.
    const ordered = all.flatMap(({ name }) => (figures.has(name) ? [[name, figures.get(name)!] as const] : []));
    return { figures: new Map(ordered), remarks: group.remarks, otherWork: group.otherWork.mean };
  } finally {
    for (const { child } of started) child.stop();
  }
}

function agree(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) <= TOLERANCE * Math.abs(b[i]!));
}

/** Runs steps until the time is up and there were enough of them, then chooses how many make a round. */
async function warmUp(runner: Runner, { warmUpTime, warmUpSteps, roundTime, roundSteps }: Effort): Promise<void> {
  let spent = 0;
  let done = 0;
  let steps = 1;
  let last = 0;
  while (spent < warmUpTime || done < warmUpSteps) {
    const times = await runner.child.run(steps);
    last = median(times);
    spent += times.reduce((a, b) => a + b, 0);
    done += steps;
    steps = Math.min(2 * steps, MOST_STEPS);
  }
  runner.steps = Math.max(roundSteps, Math.min(MOST_STEPS, Math.ceil(roundTime / last)));
}

function figuresOf(times: number[]): Figures {
  return { median: median(times), least: Math.min(...times), samples: times.length };
}
