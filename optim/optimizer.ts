import { ArgumentError, ShapeError } from "../core/errors.js";
import { heap } from "../core/heap.js";
import { keepHiddenClasses } from "../core/hidden-classes.js";
import type { NDArray } from "../core/ndarray.js";
import type { Json } from "../core/spec.js";
import { specText } from "../core/spec.js";
import { type Parameter, Variable } from "../core/variable.js";
import { checkMask, gradientFits, gradientMisfit, lossNumber } from "./checks.js";
import { combined, globalScale, gradientNorm } from "./clip.js";
import {
  type Definition,
  type OptimizerConfig,
  type OptimizerOptions,
  type OverallSettings,
  overallSettings,
  ownOptionNames,
} from "./definition.js";
import {
  checkDistinct,
  checkParameters,
  type GivenGroup,
  type Group,
  type GroupOptions,
  type GroupStart,
  givenGroup,
  givenGroups,
  groupOptionNames,
  listOf,
  nameOf,
  ParameterGroup,
  type ParametersOrGroups,
  standardStart,
  startOf,
  type Values,
} from "./group.js";
import { checkState, type OptimizerState } from "./optimizer-state.js";
import { ParameterState } from "./parameter-state.js";
import { canonicalOptions, type SettingValue } from "./settings.js";
import { Update } from "./update.js";

/**
 * Makes the gradients of several processes the mean of all, and of the loss, if there is one and `needed`, the mean too, which it
 * returns.
 */
export type Exchange = (loss: number | undefined, needed: boolean) => number | undefined;

/** A class of optimizers whose constructor takes the parameters and the options. */
export interface OptimizerClass {
  new (parameters: never, options: never): Optimizer;
}

/**
 * The base of the optimizers: it holds the parameters in groups, checks and clips their gradients, and calls `update` for each
 * parameter that has one. What it remembers of a parameter belongs to that Parameter object, whatever its name. A frozen
 * parameter and one without a gradient stay as they are.
 *
 *     new Adam(model.parameters(), { lr: 0.001 });
 *     new Adam([{ params: body.parameters() }, { params: head.parameters(), lr: 0.01 }], { lr: 0.001 });
 */
export abstract class Optimizer<S extends object = object> {
  /** @internal What is done before the parameters change: see `Exchange`. Null for a process by itself. */
  exchange: Exchange | null = null;
  private readonly members: Group<S>[];
  private readonly memory = new WeakMap<Parameter, ParameterState>();
  private standard: GroupStart<S>;
  private overall: OverallSettings;
  private taken = 0;
  private waiting = 0;

  /**
   * @throws ArgumentError for no parameters, something else than a Parameter, one given twice, and options that are unknown, out of
   * range or do not go together.
   */
  constructor(
    protected readonly definition: Definition<S>,
    parameters: ParametersOrGroups<S>,
    options: OptimizerOptions<S>,
  ) {
    keepHiddenClasses(() => [Update.empty()]);
    const { name } = definition;
    const given = canonicalOptions(name, options, ownOptionNames(definition));
    this.overall = overallSettings(name, given);
    const { clipGlobalNorm, accumulate, ...settings } = given;
    this.standard = startOf(name, definition, settings, standardStart(definition, definition.lr));
    const groups = givenGroups(name, parameters);
    checkDistinct(name, groups);
    const starts = groups.map((group, i) => this.startOf(this.place(i, groups.length), group));
    this.members = groups.map(({ parameters }, i) =>
      this.makeGroup(this.place(i, groups.length), parameters, starts[i]!),
    );
  }

  /** @internal Whether the next `step` only lets gradients add up; see `accumulate`. */
  get collecting(): boolean {
    return this.waiting + 1 < this.overall.accumulate;
  }

  /** @internal What kind of optimizer it is. */
  get kind(): Definition<S> {
    return this.definition;
  }

  /** The groups, whose settings may be changed between steps: `optimizer.groups[0].lr /= 2`. */
  get groups(): readonly Group<S>[] {
    return this.members;
  }

  /** The parameters it changes, in the order given. They need no data yet. */
  get parameters(): readonly Parameter[] {
    return this.members.flatMap((group) => group.parameters);
  }

  /** How often it has changed the parameters. */
  get steps(): number {
    return this.taken;
  }

  /** The learning rate of the first group. One that is set becomes that of all groups, in place of their schedulers. */
  get lr(): number {
    return this.members[0]!.lr;
  }

  set lr(value: number) {
    for (const group of this.members) group.lr = value;
    this.standard = { values: { ...this.standard.values, lr: value }, scheduler: null };
  }

  /**
   * Adds parameters with settings of their own; those that are not given are the ones the optimizer was made with.
   * @throws ArgumentError as the constructor; then nothing has changed.
   */
  addGroup(group: GroupOptions<S>): void {
    const place = this.place(this.members.length);
    const given = givenGroup(place, group);
    const start = this.startOf(place, given);
    checkDistinct(this.definition.name, [...this.members, given]);
    this.members.push(this.makeGroup(place, given.parameters, start));
  }

  /**
   * Changes every parameter that has a gradient and is not frozen. Graphs that saved a parameter notice. `loss` is for learning
   * rates that go by it.
   * @throws ShapeError or DTypeError when a gradient, or a state that was loaded, does not fit its parameter, and whatever a
   * scheduler throws, such as for a loss that it lacks; then nothing has changed.
   */
  step(loss?: number | Variable): void {
    let ready = this.readyParameters();
    let number = lossNumber(this.definition.name, loss);
    if (this.waiting + 1 < this.overall.accumulate) {
      this.waiting++;
      return;
    }
    if (this.exchange !== null) {
      number = this.exchange(
        number,
        this.members.some(({ lrScheduler }) => lrScheduler?.needsLoss),
      );
      // Another process may have had gradients that this one had not.
      ready = this.readyParameters();
    }
    const rates = this.members.map((group) => group.rateAt(this.taken + 1, number));
    this.waiting = 0;
    this.taken++;
    const scale = this.scaleOf(ready.flat());
    this.members.forEach((group, i) => {
      group.takeRate(rates[i]!);
      const { values } = group;
      const initial = (array: string) => this.initialValue(array, values);
      for (const parameter of ready[i]!) this.change(parameter, values, scale, initial);
    });
  }

  /** Forgets the gradients of all parameters, unless they wait for more to be added; see `accumulate`. */
  zeroGrad(): void {
    if (this.waiting > 0) return;
    for (const group of this.members) for (const parameter of group.parameters) parameter.clearGrad();
  }

  /**
   * Forgets what is remembered of `parameter`, as if it had never been changed; with `where`, a bool array of its shape, of the
   * elements at which that is true, whose number of steps stays.
   * @throws ArgumentError when it is none of the parameters; ShapeError or DTypeError for another `where`.
   */
  resetState(parameter: Parameter, where?: NDArray): void {
    const group = this.members.find(({ parameters }) => parameters.includes(parameter));
    if (group === undefined) {
      throw new ArgumentError(`${this.definition.name}.resetState: expected one of the optimizer's parameters`);
    }
    if (where === undefined) {
      this.memory.delete(parameter);
      return;
    }
    checkMask(`${this.definition.name}.resetState`, parameter, where);
    this.memory.get(parameter)?.reset(where, (array) => this.initialValue(array, group.values));
  }

  /**
   * All that it takes, beside the parameters' values, to go on exactly as this optimizer would: settings, step counts, what is
   * remembered of each parameter (copied) and what the schedulers remember, by group and by the place of the parameter in it.
   */
  state(): OptimizerState {
    return {
      optimizer: this.definition.name,
      steps: this.taken,
      waiting: this.waiting,
      settings: { ...this.overall },
      groups: this.members.map((group) => ({
        settings: { ...group.values } as Record<string, SettingValue>,
        scheduler: group.lrScheduler?.state() ?? null,
        parameters: group.parameters.map((parameter) => {
          const entry = (this.memory.get(parameter) ?? new ParameterState()).entry();
          const gradient = this.waiting > 0 ? parameter.peekGrad() : null;
          return gradient === null ? entry : { ...entry, gradient: gradient.data.copy() };
        }),
      })),
    };
  }

  /**
   * Takes copies of what `state()` of such an optimizer gave, also before the parameters have data.
   * @throws ArgumentError that says all that does not fit: another kind of optimizer, numbers of groups and parameters, settings,
   * shapes, dtypes, schedulers; then nothing has changed.
   */
  loadState(state: OptimizerState): void {
    checkState(this.definition, this.members, state);
    const copies = this.members.map(({ parameters }, g) =>
      parameters.map((parameter, i) => {
        const entry = state.groups[g]!.parameters[i]!;
        return { kept: ParameterState.of(entry, parameter), gradient: entry.gradient?.copy() };
      }),
    );
    const former = this.members.map((group) => group.lrScheduler?.state());
    try {
      this.members.forEach((group, i) => {
        group.lrScheduler?.loadState(state.groups[i]!.scheduler!);
      });
    } catch (error) {
      this.members.forEach((group, i) => {
        group.lrScheduler?.loadState(former[i]!);
      });
      throw error;
    }
    this.taken = state.steps;
    this.waiting = state.waiting;
    this.overall = { ...state.settings };
    for (const [g, group] of this.members.entries()) {
      group.takeValues(state.groups[g]!.settings as Values<S>);
      for (const [i, parameter] of group.parameters.entries()) {
        const { kept, gradient } = copies[g]![i]!;
        this.memory.set(parameter, kept);
        if (gradient !== undefined) parameter.grad = new Variable(gradient, false);
      }
    }
  }

  /**
   * An optimizer that goes on as this one would, by itself. `parameters`, in the order of this one's, are what it changes: the
   * same ones unless given. Schedulers are copied too.
   * @throws ArgumentError for other numbers or shapes of parameters, and for a scheduler that is not registered.
   */
  copy(parameters: Iterable<Parameter> = this.parameters): this {
    const { name } = this.definition;
    const list = checkParameters(`${name}.copy`, listOf(`${name}.copy`, "the parameters", parameters));
    const { length } = this.parameters;
    if (list.length !== length) {
      throw new ArgumentError(`${name}.copy: there are ${list.length} parameters; expected ${length}`);
    }
    let next = 0;
    const groups = this.members.map((group) => {
      const params = list.slice(next, next + group.parameters.length);
      next += params.length;
      return { params, ...optionsOf({ values: group.values, scheduler: group.lrScheduler }) };
    });
    const made = new (this.constructor as OptimizerClass)(groups as never, this.options() as never) as Optimizer<S>;
    made.loadState(this.state());
    return made as this;
  }

  /**
   * What `resolveOptimizer` rebuilds it from, for any parameters: the name of its kind and the options it was made with. Settings
   * of single groups are not in it; `state()` has them.
   * @throws ArgumentError for a scheduler that is not registered.
   */
  config(): OptimizerConfig {
    return { optimizer: this.definition.name, hyperparameters: this.options() as Record<string, Json> };
  }

  /** The config as text, which `resolveOptimizer` reads too: `SGD(lr=0.01, momentum=0.9, ...)`. */
  toString(): string {
    const options: Record<string, Json> = { ...this.config().hyperparameters };
    const { scheduler } = this.standard;
    if (scheduler !== null) options.lrScheduler = String(scheduler);
    return specText(this.definition.name, options);
  }

  /**
   * Changes one parameter by its gradient, with `update.apply`; an optimizer without a kernel of its own can change
   * `update.values` in place by `update.gradient`.
   */
  protected abstract update(update: Update, settings: Readonly<Values<S>>): void;

  /** What `update.array(name)` is full of at first. */
  protected initialValue(_array: string, _settings: Readonly<Values<S>>): number {
    return 0;
  }

  private place(group: number, count = group + 1): string {
    return count === 1 && group === 0 ? this.definition.name : `${this.definition.name}: group ${group}`;
  }

  private options(): OptimizerOptions<S> {
    return { ...optionsOf(this.standard), ...this.overall } as OptimizerOptions<S>;
  }

  private startOf(place: string, { options }: GivenGroup): GroupStart<S> {
    const given = canonicalOptions(place, options, groupOptionNames(this.definition));
    return startOf(place, this.definition, given, this.standard);
  }

  private makeGroup(place: string, parameters: readonly Parameter[], start: GroupStart<S>): Group<S> {
    return new ParameterGroup<S>(place, parameters, this.definition, start) as Group<S>;
  }

  /** What all gradients are multiplied by. */
  private scaleOf(ready: readonly Parameter[]): number {
    const { clipGlobalNorm, accumulate } = this.overall;
    const mean = 1 / accumulate;
    if (clipGlobalNorm === null) return mean;
    const norm = combined(ready.map((parameter) => gradientNorm(parameter.peekGrad()!)));
    return mean * globalScale(mean * norm, clipGlobalNorm);
  }

  /** The parameters of each group that the step changes. @throws ShapeError or DTypeError for a gradient, or a state, that does not fit. */
  private readyParameters(): Parameter[][] {
    const ready = this.members.map(({ parameters }) => parameters.filter(isReady));
    this.members.forEach((group, i) => {
      for (const parameter of ready[i]!) this.checkReady(group, parameter);
    });
    return ready;
  }

  private checkReady(group: Group<S>, parameter: Parameter): void {
    const misfit = this.memory.get(parameter)?.misfit(parameter) ?? null;
    if (misfit === null && gradientFits(parameter)) return;
    const place = this.place(this.members.indexOf(group), this.members.length);
    const where = `${place}: parameter ${group.parameters.indexOf(parameter)}${nameOf(parameter)}`;
    if (misfit !== null) throw new ShapeError(`${where}: of the state that was loaded, ${misfit}`);
    throw gradientMisfit(where, parameter);
  }

  private change(
    parameter: Parameter,
    settings: Readonly<Values<S>>,
    scale: number,
    initial: (array: string) => number,
  ): void {
    const gradient = parameter.peekGrad()!;
    const { data } = parameter;
    const values = data.contiguous ? data : data.copy();
    const { clipNorm, clipValue, lazy } = settings;
    const norm = clipNorm === null ? 0 : scale * gradientNorm(gradient);
    const shortened = clipNorm !== null && norm > clipNorm ? (scale * clipNorm) / norm : scale;
    const state = this.memory.get(parameter) ?? new ParameterState();
    this.memory.set(parameter, state);
    state.steps++;
    const limit = clipValue ?? Number.POSITIVE_INFINITY;
    this.update(new Update(parameter, values, gradient, state, shortened, limit, lazy, initial), settings);
    if (values === data) heap.bumpVersion(data.base);
    else parameter.data = values;
  }
}

/** Whether a step changes it. */
function isReady(parameter: Parameter): boolean {
  return parameter.initialized && parameter.requiresGrad && parameter.peekGrad() !== null;
}

/** The options that a group or an optimizer is made with to be as it is. */
function optionsOf<S>({ values, scheduler }: GroupStart<S>): object {
  if (scheduler === null) return { ...values };
  const { lr, ...settings } = values;
  return { ...settings, lrScheduler: scheduler.config() };
}
