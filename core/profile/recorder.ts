import { activePass, type Function, type InputGradients, type Profiler } from "../function.js";
import { heap } from "../heap.js";
import type { NDArray } from "../ndarray.js";
import type { Shape } from "../shape.js";
import type { Variable } from "../variable.js";

/** When something ran: inside a backward pass or outside of all. */
export type ProfilePhase = "forward" | "backward";

/** One call. Times are in milliseconds. */
export interface ProfileEvent {
  readonly name: string;
  readonly phase: ProfilePhase;
  /** Since the profile began. */
  start: number;
  duration: number;
  /** Allocated by it and by what it called. */
  bytes: number;
  /** The shapes of what it was called with. */
  readonly shapes: readonly Shape[];
}

/** What all calls of one kind came to. Times are in milliseconds. */
export interface ProfileRow {
  /** `Tanh`, `Tanh.backward`, or `backward pass` for what a pass itself does. */
  readonly name: string;
  readonly phase: ProfilePhase;
  calls: number;
  /** Without what was called from there. */
  selfTime: number;
  /** With what was called from there. */
  totalTime: number;
  /** Allocated there, not by what was called from there. */
  bytes: number;
}

/** A call that has not ended. */
interface Frame {
  readonly row: OpenRow;
  readonly event: ProfileEvent | null;
  start: number;
  readonly allocated: number;
  /** What calls from there came to. */
  innerTime: number;
  innerBytes: number;
}

type OpenRow = ProfileRow & { open: number };

/** Keeps the time while functions run. */
export class Recorder implements Profiler {
  readonly events: ProfileEvent[] = [];
  /** How many events there was no room for. */
  dropped = 0;
  private readonly forwards = new Rows("forward", "");
  private readonly forwardsInPasses = new Rows("backward", "");
  private readonly backwards = new Rows("backward", ".backward");
  private readonly passes = new Rows("backward", " pass");
  private readonly frames: Frame[] = [];
  private readonly origin = performance.now();

  constructor(private readonly maxEvents: number) {}

  /** Milliseconds since it began. */
  now(): number {
    return performance.now() - this.origin;
  }

  /** The rows, what took longest first. */
  rows(): ProfileRow[] {
    const kinds = [this.forwards, this.forwardsInPasses, this.backwards, this.passes];
    const rows = kinds.flatMap((kind) => [...kind.byFunction.values()]);
    return rows.map(({ open: _, ...row }) => row).sort((a, b) => b.selfTime - a.selfTime);
  }

  forward(fn: Function, xs: readonly NDArray[]): NDArray | readonly NDArray[] {
    this.begin((activePass === null ? this.forwards : this.forwardsInPasses).of(fn.name), xs);
    try {
      return fn.forward(...xs);
    } finally {
      this.end();
    }
  }

  backward(fn: Function, gys: readonly Variable[]): InputGradients {
    this.begin(this.backwards.of(fn.name), gys);
    try {
      return fn.backward(...gys);
    } finally {
      this.end();
    }
  }

  pass(run: () => void): void {
    this.begin(this.passes.of("backward"), []);
    try {
      run();
    } finally {
      this.end();
    }
  }

  private begin(row: OpenRow, inputs: readonly { readonly shape: Shape }[]): void {
    row.calls++;
    row.open++;
    let event: ProfileEvent | null = null;
    if (this.events.length < this.maxEvents) {
      const { name, phase } = row;
      event = { name, phase, start: 0, duration: 0, bytes: 0, shapes: inputs.map(({ shape }) => shape) };
      this.events.push(event);
    } else this.dropped++;
    const frame = { row, event, start: 0, allocated: heap.allocated, innerTime: 0, innerBytes: 0 };
    this.frames.push(frame);
    frame.start = this.now();
  }

  private end(): void {
    const now = this.now();
    const { row, event, start, allocated, innerTime, innerBytes } = this.frames.pop()!;
    const time = now - start;
    const bytes = heap.allocated - allocated;
    row.selfTime += time - innerTime;
    row.bytes += bytes - innerBytes;
    // A call inside another of its kind is in that one's total already.
    if (--row.open === 0) row.totalTime += time;
    if (event !== null) {
      event.start = start;
      event.duration = time;
      event.bytes = bytes;
    }
    const outer = this.frames.at(-1);
    if (outer === undefined) return;
    outer.innerTime += time;
    outer.innerBytes += bytes;
  }
}

/** Rows of one kind, by the names of their functions. */
class Rows {
  readonly byFunction = new Map<string, OpenRow>();

  constructor(
    private readonly phase: ProfilePhase,
    /** What comes after the function's name in that of the row. */
    private readonly ending: string,
  ) {}

  of(name: string): OpenRow {
    let row = this.byFunction.get(name);
    if (row === undefined) {
      const { phase, ending } = this;
      row = { name: `${name}${ending}`, phase, calls: 0, selfTime: 0, totalTime: 0, bytes: 0, open: 0 };
      this.byFunction.set(name, row);
    }
    return row;
  }
}
