import type { Argument } from "../core/catalogue.js";
import { ArgumentError } from "../core/errors.js";
import { describe } from "../core/options.js";
import { Parameter, Variable } from "../core/variable.js";
import { resolveScheduler, Scheduler, type SchedulerSpec } from "./schedulers/index.js";
import { COMMON, type CommonSettings, RATE, type SettingsOf, type SettingValue } from "./settings.js";

/** What an optimizer's step goes by: the settings of its kind and those of all. */
export type Values<S> = S & CommonSettings & { lr: number };

/** How the learning rate is given: as a number or as what makes one for every step. */
export interface RateOptions {
  /** The learning rate. */
  lr?: number | undefined;
  /**
   * What gives the learning rate of each step: a Scheduler, or one by name, with arguments, or by config: `"noam(modelDim=64)"`.
   * A rate that it does not say itself is `lr`. Either of the two in a group takes the place of both that the optimizer has.
   */
  lrScheduler?: SchedulerSpec | null | undefined;
}

type Optional<T> = { [K in keyof T]?: T[K] | undefined };

/** Settings of a group, those of the optimizer unless given, and its parameters. */
export type GroupOptions<S> = Optional<S> & Optional<CommonSettings> & RateOptions & { params: Iterable<Parameter> };

/** What an optimizer changes: parameters, or groups of them with settings of their own. */
export type ParametersOrGroups<S> = Iterable<Parameter> | Iterable<GroupOptions<S>>;

/** Parameters with the same settings, which can be set between steps: `optimizer.groups[0].lr = 0.01`. */
export type Group<S = object> = ParameterGroup<S> & S & CommonSettings;

/** What is common to all settings of one kind of optimizer. */
export interface Declarations<S> {
  readonly settings: SettingsOf<S>;
  /** @throws ArgumentError, in whose message `operation` stands, for settings that do not go together. */
  check?(operation: string, settings: S): void;
}

/** The part of a `Group` that does not depend on the kind of optimizer. */
export class ParameterGroup<S> {
  private scheduler: Scheduler | null;
  private readonly stored: Values<S>;

  /** @internal Made by optimizers, which have checked the parameters. */
  constructor(
    private readonly operation: string,
    /** Its parameters, in the order given. */
    readonly parameters: readonly Parameter[],
    declarations: Declarations<S>,
    start: GroupStart<S>,
  ) {
    this.stored = { ...start.values };
    this.scheduler = start.scheduler;
    const values = this.stored as Record<string, SettingValue>;
    const declared = declaredSettings(declarations);
    for (const name of Object.keys(declared)) {
      Object.defineProperty(this, name, {
        enumerable: true,
        get: () => values[name],
        set: (value: SettingValue) => {
          declared[name]!.check(operation, name, value);
          declarations.check?.(operation, { ...values, [name]: value } as S);
          values[name] = value;
        },
      });
    }
    Object.preventExtensions(this);
  }

  /** The learning rate of the next step or, with a scheduler, of the last. A rate that is set takes the place of the scheduler. */
  get lr(): number {
    return this.stored.lr;
  }

  set lr(value: number) {
    RATE.check(this.operation, "lr", value);
    this.stored.lr = value;
    this.scheduler = null;
  }

  /** What gives the learning rate of each step, or null: then it stays what it is. */
  get lrScheduler(): Scheduler | null {
    return this.scheduler;
  }

  set lrScheduler(value: SchedulerSpec | null) {
    this.scheduler = value === null ? null : resolveScheduler(value, this.lr, `${this.operation}: lrScheduler`);
  }

  /** @internal The learning rate of step number `step`. */
  rateAt(step: number, loss: number | undefined): number {
    if (this.scheduler === null) return this.lr;
    const rate = this.scheduler.rate(step, loss);
    RATE.check(this.operation, `the rate of ${this.scheduler.constructor.name} at step ${step}`, rate);
    return rate;
  }

  /** @internal Takes what `rateAt` gave. */
  takeRate(rate: number): void {
    this.stored.lr = rate;
  }

  /** @internal All settings, as the next step goes by them. */
  get values(): Readonly<Values<S>> {
    return this.stored;
  }

  /** @internal Takes settings that have been checked, and the scheduler stays. */
  takeValues(values: Values<S>): void {
    Object.assign(this.stored, values);
  }
}

/** What a group starts from. */
export interface GroupStart<S> {
  readonly values: Values<S>;
  readonly scheduler: Scheduler | null;
}

/** The declarations of all settings of one kind of optimizer but the learning rate. */
export function declaredSettings<S>({ settings }: Declarations<S>): Readonly<Record<string, Argument>> {
  return { ...settings, ...COMMON };
}

/** The names of the options that a group of one kind of optimizer can have, beside `params`. */
export function groupOptionNames<S>(declarations: Declarations<S>): string[] {
  return ["lr", ...Object.keys(declaredSettings(declarations)), "lrScheduler"];
}

/** What a group starts from that has no settings of its own: the declared ones. */
export function standardStart<S>(declarations: Declarations<S>, lr: number): GroupStart<S> {
  const values: Record<string, unknown> = { lr };
  for (const [name, { standard }] of Object.entries(declaredSettings(declarations))) values[name] = standard;
  return { values: values as Values<S>, scheduler: null };
}

/**
 * What a group starts from that has the options `given`, under the names of this library, and for the rest what `standard` says.
 * @throws ArgumentError, in whose message `operation` stands, for options that are out of range or do not go together.
 */
export function startOf<S>(
  operation: string,
  declarations: Declarations<S>,
  given: Readonly<Record<string, unknown>>,
  standard: GroupStart<S>,
): GroupStart<S> {
  const { lrScheduler, ...settings } = given;
  const values = { ...standard.values, ...settings } as Values<S>;
  checkValues(operation, declarations, values);
  if (lrScheduler === undefined) return { values, scheduler: "lr" in given ? null : standard.scheduler };
  if (lrScheduler === null) return { values, scheduler: null };
  if (lrScheduler instanceof Scheduler && "lr" in given) {
    throw new ArgumentError(
      `${operation}: both lr and lrScheduler, a ${lrScheduler.constructor.name}, are given; expected one of them`,
    );
  }
  return { values, scheduler: resolveScheduler(lrScheduler as SchedulerSpec, values.lr, `${operation}: lrScheduler`) };
}

/**
 * Checks the settings of a group.
 * @throws ArgumentError, in whose message `operation` stands, for values that are out of range or do not go together.
 */
export function checkValues<S>(operation: string, declarations: Declarations<S>, values: Values<S>): void {
  RATE.check(operation, "lr", values.lr);
  const all = values as Readonly<Record<string, unknown>>;
  for (const [name, setting] of Object.entries(declaredSettings(declarations)))
    setting.check(operation, name, all[name]);
  declarations.check?.(operation, values);
}

/** A group as it was given: its parameters, checked by themselves, and its options. */
export interface GivenGroup {
  readonly parameters: readonly Parameter[];
  readonly options: object;
}

/**
 * The groups in what an optimizer was given; one, without options, of plain parameters.
 * @throws ArgumentError for no parameters, something else than Parameters, and groups among parameters.
 */
export function givenGroups(operation: string, given: unknown): GivenGroup[] {
  const list = listOf(operation, "the parameters", given);
  if (!list.some(isGroup)) return [{ parameters: checkParameters(operation, list), options: {} }];
  return list.map((item, i) => {
    if (isGroup(item)) return givenGroup(`${operation}: group ${i}`, item);
    throw new ArgumentError(
      `${operation}: ${i} is ${kindOf(item)} among groups; expected groups, { params, lr, ... }, alone`,
    );
  });
}

/**
 * One group as it was given.
 * @throws ArgumentError for what is no group, and as `givenGroups`.
 */
export function givenGroup(operation: string, given: unknown): GivenGroup {
  if (!isGroup(given)) throw new ArgumentError(`${operation} is ${describe(given)}; expected { params, lr, ... }`);
  const { params, ...options } = given;
  return { parameters: checkParameters(operation, listOf(operation, "params", params)), options };
}

function isGroup(item: unknown): item is { params: unknown } {
  return typeof item === "object" && item !== null && !(item instanceof Variable) && "params" in item;
}

/**
 * The members of an iterable.
 * @throws ArgumentError when it is none, or has none.
 */
export function listOf(operation: string, what: string, given: unknown): unknown[] {
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given)) {
    throw new ArgumentError(
      `${operation}: expected ${what} in an iterable, such as model.parameters(), got ${typeof given}`,
    );
  }
  const list = [...(given as Iterable<unknown>)];
  if (list.length === 0) throw new ArgumentError(`${operation}: there are no parameters; expected at least one`);
  return list;
}

/**
 * Checks that all members are Parameters, and each but once.
 * @throws ArgumentError naming the one that is not.
 */
export function checkParameters(operation: string, list: readonly unknown[]): Parameter[] {
  const places = new Map<unknown, number>();
  for (const [i, parameter] of list.entries()) {
    if (!(parameter instanceof Parameter)) {
      throw new ArgumentError(`${operation}: parameter ${i} is ${kindOf(parameter)}; expected a Parameter`);
    }
    const first = places.get(parameter);
    if (first !== undefined) {
      throw new ArgumentError(
        `${operation}: parameter ${i}${nameOf(parameter)} is parameter ${first} again; expected each once`,
      );
    }
    places.set(parameter, i);
  }
  return list as Parameter[];
}

/**
 * Checks that no parameter is in two groups.
 * @throws ArgumentError naming the parameter and both groups.
 */
export function checkDistinct(
  operation: string,
  groups: readonly { readonly parameters: readonly Parameter[] }[],
): void {
  const places = new Map<Parameter, string>();
  for (const [g, { parameters }] of groups.entries()) {
    for (const [i, parameter] of parameters.entries()) {
      const place = `parameter ${i} of group ${g}`;
      const first = places.get(parameter);
      if (first !== undefined) {
        throw new ArgumentError(`${operation}: ${place}${nameOf(parameter)} is ${first} again; expected each once`);
      }
      places.set(parameter, place);
    }
  }
}

/** The name of a parameter, in brackets, if it has one. */
export function nameOf(parameter: Parameter): string {
  return parameter.name === null ? "" : ` (${parameter.name})`;
}

function kindOf(item: unknown): string {
  return item instanceof Variable ? `a ${item.constructor.name}` : typeof item;
}
