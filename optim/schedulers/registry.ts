import { ArgumentError } from "../../core/errors.js";
import { foldName, isSpecName } from "../../core/spec.js";
import type { Scheduler, SchedulerState } from "./scheduler.js";

/** A class of schedulers that can be asked for by name. */
export interface SchedulerClass {
  new (options: never): Scheduler;
  /** The options that the constructor takes. */
  readonly options: readonly string[];
  /** The option that an optimizer's learning rate is for, where nothing else is said; none when there is no such option. */
  readonly rateOption: string | null;
}

interface Registered {
  readonly name: string;
  readonly schedulerClass: SchedulerClass;
}

const byName = new Map<string, Registered>();
const names = new Map<unknown, string>();

/**
 * Makes a class of schedulers known under `name`, and without "Scheduler" at its end where it has that: `NoamScheduler` is
 * "noam" too. Its `hyperparameters()` must give the options that its constructor takes.
 * @throws ArgumentError when another class has the name, or it is none.
 */
export function registerScheduler(name: string, schedulerClass: SchedulerClass): void {
  if (typeof name !== "string" || !isSpecName(name)) {
    throw new ArgumentError(
      `registerScheduler: ${String(name)} is no name; expected a letter, then letters and digits`,
    );
  }
  const spellings = [name, name.replace(/Scheduler$/, "")].filter((spelling) => spelling !== "").map(foldName);
  const taken = spellings.find(
    (spelling) => (byName.get(spelling)?.schedulerClass ?? schedulerClass) !== schedulerClass,
  );
  if (taken !== undefined) {
    throw new ArgumentError(
      `registerScheduler: another class is registered as ${byName.get(taken)!.name}; expected a name of its own`,
    );
  }
  for (const spelling of spellings) byName.set(spelling, { name, schedulerClass });
  names.set(schedulerClass, name);
}

/** What is registered under a name, in any spelling. */
export function registered(name: string): Registered | undefined {
  return byName.get(foldName(name));
}

/** The names there are. */
export function schedulerNames(): string[] {
  return [...names.values()];
}

/**
 * The name under which the class of `scheduler` is registered.
 * @throws ArgumentError when it is not.
 */
export function registeredName(scheduler: { hyperparameters(): SchedulerState }): string {
  const name = names.get(scheduler.constructor);
  if (name !== undefined) return name;
  const own = scheduler.constructor.name;
  throw new ArgumentError(
    `config: ${own} is not registered; expected registerScheduler(${JSON.stringify(own)}, ${own}) before`,
  );
}
