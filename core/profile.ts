import { writeAtomically } from "./atomic.js";
import { ArgumentError } from "./errors.js";
import { profiler, setProfiler } from "./function.js";
import { heap } from "./heap.js";
import { checkCount, checkOptions, describe } from "./options.js";
import { type ProfileEvent, type ProfileRow, Recorder } from "./profile/recorder.js";
import { tableText } from "./profile/table.js";
import { chromeTrace } from "./profile/trace.js";

/** Options of `profile`. */
export interface ProfileOptions {
  /** How many events the trace holds at most: 100,000 unless given. The table counts all. */
  maxEvents?: number;
}

/** What a stretch of work came to as a whole. Times are in milliseconds. */
export interface ProfileTotals {
  readonly time: number;
  /** Allocated for arrays. */
  readonly bytes: number;
  /** Sweeps of the heap, and what they took of `time`. */
  readonly sweeps: number;
  readonly sweepTime: number;
  /** Events there was no room for in the trace. */
  readonly droppedEvents: number;
}

/**
 * Runs `fn` and tells where the time went: for each class of functions how often it ran, how long it took and how many bytes it
 * allocated, forward and backward apart, as a table and as a trace for chrome://tracing or https://ui.perfetto.dev.
 *
 *     step(); // the first time is slower: code is compiled and memory is new
 *     const result = profile(() => step());
 *     console.log(`${result}`);
 *     result.save("step.json");
 *
 * A row is about a function's `forward` or, as `Tanh.backward`, its `backward`. Functions that are applied inside a backward pass have
 * rows under `backward`: their time is the total of the row that called them, not its self time. PyTorch's `profiler.profile`.
 *
 * An asynchronous `fn` gives a promise; what other code does while it waits is recorded too. Recording costs about a microsecond for
 * each call of a function; while nothing is profiled it costs nothing that can be measured.
 *
 * @throws what `fn` throws; ArgumentError inside another `profile`, and for options that are unknown or out of range.
 */
export function profile(fn: () => PromiseLike<unknown>, options?: ProfileOptions): Promise<Profile>;
export function profile(fn: () => unknown, options?: ProfileOptions): Profile;
export function profile(fn: () => unknown, options: ProfileOptions = {}): Profile | Promise<Profile> {
  if (typeof fn !== "function") throw new ArgumentError(`profile: expected a function to run, got ${describe(fn)}`);
  checkOptions("profile", options, ["maxEvents"]);
  const { maxEvents = 100_000 } = options;
  checkCount("profile", "maxEvents", maxEvents, 0);
  if (profiler !== null) {
    throw new ArgumentError("profile: another profile is at work; expected it to end before one begins");
  }
  const finish = start(maxEvents);
  let result: unknown;
  try {
    result = fn();
  } catch (error) {
    finish();
    throw error;
  }
  if (!isPromise(result)) return finish();
  return Promise.resolve(result).then(
    () => finish(),
    (error) => {
      finish();
      throw error;
    },
  );
}

/** Begins to record, and returns a function that ends it. */
function start(maxEvents: number): () => Profile {
  const before = heap.statistics();
  const recorder = new Recorder(maxEvents);
  setProfiler(recorder);
  return () => {
    setProfiler(null);
    const time = recorder.now();
    const after = heap.statistics();
    return new Profile(recorder.rows(), recorder.events, {
      time,
      bytes: after.allocated - before.allocated,
      sweeps: after.sweeps - before.sweeps,
      sweepTime: after.sweepTime - before.sweepTime,
      droppedEvents: recorder.dropped,
    });
  };
}

/** What `profile` found. */
export class Profile {
  constructor(
    /** What each function's forward and backward came to, what took longest first. */
    readonly rows: readonly ProfileRow[],
    /** Every call, in the order in which they began. */
    readonly events: readonly ProfileEvent[],
    /** What all of it came to. */
    readonly totals: ProfileTotals,
  ) {
    // What `console.log` shows in Node. A method with a computed name would keep the class in every bundle.
    Object.defineProperty(this, Symbol.for("nodejs.util.inspect.custom"), { value: () => this.toString() });
  }

  /** The rows as a table, forward and backward apart; times in milliseconds. */
  toString(): string {
    return tableText(this.rows, this.totals);
  }

  /** The events as JSON in Chrome's trace event format, which chrome://tracing and https://ui.perfetto.dev open. */
  toChromeTrace(): string {
    return chromeTrace(this.events, this.totals);
  }

  /**
   * Writes the trace to a file (`.json`), or the table (`.txt`), and makes the folder where there is none.
   * @throws ArgumentError for other names; FileError where there are no files, as in a browser.
   */
  save(path: string): void {
    const ending = /\.(json|txt)$/i.exec(path)?.[1]?.toLowerCase();
    if (ending === undefined) {
      throw new ArgumentError(
        `profile.save: the file is ${describe(path)}; expected a name that ends in .json or .txt`,
      );
    }
    const text = ending === "json" ? this.toChromeTrace() : `${this}\n`;
    writeAtomically("profile.save", path, [() => new TextEncoder().encode(text)]);
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === "function";
}
