import type { Communicator } from "retrograd/optim";

/** What the ranks of a program found, of each thing that it checks. */
export interface Finding {
  rank: number;
  passed: number;
  /** What is not as it should be. */
  failures: string[];
}

/** Checks whose failure does not stop a rank, which the others would wait for. */
export class Report {
  private passed = 0;
  private readonly failures: string[] = [];

  constructor(readonly world: Communicator) {}

  /** Checks that something is so. */
  ok(what: string, condition: boolean): void {
    if (condition) this.passed++;
    else this.failures.push(what);
  }

  /** Checks that numbers are the same, or as near as `tolerance`, relative to the largest of them where that is above 1. */
  near(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 0): void {
    const [a, b] = [Array.from(actual), Array.from(expected)];
    const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const worst = b.reduce((most, value, i) => Math.max(most, Math.abs(value - a[i]!)), 0);
    const good = a.length === b.length && worst <= tolerance * scale;
    this.ok(`${what}: ${a.slice(0, 6).join(" ")} instead of ${b.slice(0, 6).join(" ")} (off by ${worst})`, good);
  }

  /** Checks that something throws an error of a kind, whose message says something. */
  throws(what: string, kind: string, message: RegExp, run: () => void): void {
    try {
      run();
      this.ok(`${what}: nothing was thrown`, false);
    } catch (error) {
      const { name, message: text } = error as Error;
      this.ok(`${what}: threw ${name}: ${text}`, name === kind && message.test(text));
    }
  }

  finding(): Finding {
    return { rank: this.world.rank, passed: this.passed, failures: this.failures };
  }
}

/** A part of a program; all ranks run it. */
export type Section = (report: Report) => void | Promise<void>;
