import { ArgumentError } from "../core/errors.js";
import { describe } from "../core/options.js";
import { type OverallSettings, overallSettings } from "./definition.js";
import { checkValues, type Declarations, type Group, groupOptionNames, nameOf, type Values } from "./group.js";
import { entryProblems, isCount, isRecord, type ParameterEntry, type Remembered } from "./parameter-state.js";
import type { SchedulerState } from "./schedulers/index.js";
import type { SettingValue } from "./settings.js";

/** All that an optimizer goes on from, beside the values of its parameters: numbers, texts and NDArrays in objects and arrays. */
export interface OptimizerState {
  /** The kind of optimizer. */
  readonly optimizer: string;
  /** How often it has changed the parameters. */
  readonly steps: number;
  /** How many calls of `step` have gone by since; see the option `accumulate`. */
  readonly waiting: number;
  /** What is not a matter of single groups. */
  readonly settings: OverallSettings;
  readonly groups: readonly GroupState[];
}

/** What `OptimizerState` has of one group. */
export interface GroupState {
  readonly settings: Readonly<Record<string, SettingValue>>;
  /** What its scheduler remembers, or null when it has none. */
  readonly scheduler: SchedulerState | null;
  readonly parameters: readonly ParameterEntry[];
}

/** As far as a state depends on the kind of optimizer. */
interface Kind<S> extends Declarations<S>, Remembered {
  readonly name: string;
}

/**
 * Checks that `state` is one of an optimizer of this kind with such groups.
 * @throws ArgumentError that says all that does not fit.
 */
export function checkState<S>(kind: Kind<S>, groups: readonly Group<S>[], state: unknown): void {
  const problems = stateProblems(kind, groups, state);
  if (problems.length === 0) return;
  throw new ArgumentError(
    `${kind.name}.loadState: the state does not fit; nothing was changed:\n  ${problems.join("\n  ")}`,
  );
}

function stateProblems<S>(kind: Kind<S>, groups: readonly Group<S>[], state: unknown): string[] {
  if (!isRecord(state)) return [`it is ${describe(state)}; expected what state() gave`];
  if (state.optimizer !== kind.name) return [`it is of ${describe(state.optimizer)}; expected ${describe(kind.name)}`];
  const problems = ["steps", "waiting"].flatMap((name) =>
    isCount(state[name]) ? [] : [`${name} is ${describe(state[name])}; expected a whole number of at least 0`],
  );
  problems.push(...overallProblems(state));
  const given: unknown = state.groups;
  if (!Array.isArray(given)) return [...problems, `groups is ${describe(given)}; expected an array`];
  if (given.length !== groups.length) return [...problems, `it has ${given.length} groups; expected ${groups.length}`];
  return [
    ...problems,
    ...groups.flatMap((group, g) => groupProblems(kind, group, given[g]).map((problem) => `group ${g} ${problem}`)),
  ];
}

function overallProblems({ settings, waiting }: Record<string, unknown>): string[] {
  if (!isRecord(settings)) return [`settings is ${describe(settings)}; expected an object`];
  return problemsOf(() => {
    const { accumulate } = overallSettings("settings", settings);
    if (isCount(waiting) && waiting >= accumulate) {
      throw new ArgumentError(`waiting is ${waiting}; expected less than accumulate, ${accumulate}`);
    }
  });
}

function groupProblems<S>(kind: Kind<S>, group: Group<S>, given: unknown): string[] {
  if (!isRecord(given)) return [`is ${describe(given)}; expected { settings, scheduler, parameters }`];
  const { settings, scheduler, parameters } = given;
  const problems = settingProblems(kind, settings);
  if ((group.lrScheduler === null) !== (scheduler === null)) {
    const own = group.lrScheduler === null ? "none" : `that of a ${group.lrScheduler.constructor.name}`;
    problems.push(`has ${scheduler === null ? "no" : "a"} state of a scheduler; expected ${own}`);
  }
  if (!Array.isArray(parameters) || parameters.length !== group.parameters.length) {
    const count = Array.isArray(parameters) ? `${parameters.length}` : describe(parameters);
    return [...problems, `has ${count} parameters; expected ${group.parameters.length}`];
  }
  return [
    ...problems,
    ...group.parameters.flatMap((parameter, i) =>
      entryProblems(parameters[i], parameter, kind).map((problem) => `parameter ${i}${nameOf(parameter)} ${problem}`),
    ),
  ];
}

function settingProblems<S>(kind: Kind<S>, settings: unknown): string[] {
  if (!isRecord(settings)) return [`has settings ${describe(settings)}; expected an object`];
  const expected = groupOptionNames(kind).filter((name) => name !== "lrScheduler");
  const names = Object.keys(settings);
  const problems = [
    ...expected.filter((name) => !names.includes(name)).map((name) => `lacks the setting ${name}`),
    ...names.filter((name) => !expected.includes(name)).map((name) => `has an unexpected setting ${name}`),
  ];
  if (problems.length > 0) return problems;
  return problemsOf(() => checkValues("settings", kind, settings as Values<S>));
}

/** What a check says is wrong. */
function problemsOf(check: () => void): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ArgumentError) return [error.message];
    throw error;
  }
}
