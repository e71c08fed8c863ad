import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import { checkOptions, describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import { foldName, isSpecName, matchArguments, readSpec, specText } from "../../core/spec.js";
import { type Operand, Variable } from "../../core/variable.js";
import { checkReduction, type LossReduction, REDUCTIONS } from "../../functions/loss/entry-loss.js";
import type { Hyperparameters } from "../config.js";

/** What rebuilds a loss: `JSON.stringify` and `JSON.parse` keep it. */
export type LossConfig = { readonly loss: string; readonly hyperparameters: Hyperparameters };

/** What is taken where a loss is: a Loss, a text such as "huber(delta=0.5)", `{ name: "mse" }`, or what `config()` gave. */
export type LossSpec = Loss | string | { readonly [key: string]: Json };

/** A loss of a prediction and a target, as a training loop calls it. */
export type SupervisedLoss = Loss & { forward(x: Operand, t: Operand): Variable };

/** A class of losses that can be asked for by name. */
export interface LossClass {
  new (options: never): Loss;
  /** All options of the constructor, as they are unless given. */
  readonly standard: object;
}

/**
 * The base of the losses: a function of `retrograd/functions` with its options, so that it can be handed on, asked for by name
 * and kept in a file. The prediction comes first, then the target.
 */
export abstract class Loss<Options extends object = object> {
  /** All options. */
  protected readonly options: Required<Options>;

  /** @throws ArgumentError for options that are unknown, or an unknown reduction. */
  constructor(options: Options, standard: Required<Options>, reductions: readonly string[] = REDUCTIONS) {
    const { name } = this.constructor;
    checkOptions(name, options, Object.keys(standard));
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.options = { ...standard, ...given };
    const { reduction } = this.options as { reduction?: LossReduction };
    if (reduction !== undefined) checkReduction(name, reduction, reductions as readonly LossReduction[]);
  }

  /** Computes the loss. */
  abstract forward(...inputs: never[]): Variable;

  /** The options, as JSON can say them. */
  hyperparameters(): Hyperparameters {
    return { ...this.options } as Hyperparameters;
  }

  /**
   * What `resolveLoss` rebuilds it from: the registered name of its class and its options.
   * @throws ArgumentError when the class is not registered.
   */
  config(): LossConfig {
    return { loss: this.registeredName(), hyperparameters: this.hyperparameters() };
  }

  /** The config as text, which `resolveLoss` reads too: `Huber(delta=1, reduction=mean)`. */
  toString(): string {
    return specText(this.registeredName(), this.hyperparameters());
  }

  private registeredName(): string {
    const name = names.get(this.constructor);
    if (name !== undefined) return name;
    const own = this.constructor.name;
    throw new ArgumentError(
      `config: ${own} is not registered; expected registerLoss(${JSON.stringify(own)}, ${own}) before`,
    );
  }
}

interface Registered {
  readonly name: string;
  readonly lossClass: LossClass;
}

const byName = new Map<string, Registered>();
const names = new Map<unknown, string>();

/**
 * Makes a class of losses known under `name` and `others`, with or without "loss" at their ends. Its constructor must take the
 * options of `standard`.
 * @throws ArgumentError when another class has one of the names, or it is none.
 */
export function registerLoss(name: string, lossClass: LossClass, others: readonly string[] = []): void {
  for (const each of [name, ...others]) {
    if (typeof each !== "string" || !isSpecName(each)) {
      throw new ArgumentError(`registerLoss: ${describe(each)} is no name; expected a letter, then letters and digits`);
    }
    const former = byName.get(folded(each));
    if (former === undefined || former.lossClass === lossClass) continue;
    throw new ArgumentError(`registerLoss: another class is registered as ${former.name}; expected a name of its own`);
  }
  for (const each of [name, ...others]) byName.set(folded(each), { name, lossClass });
  names.set(lossClass, name);
}

/**
 * The loss that `spec` says. Names and options are found in any case, with or without underscores: "mse",
 * "mean_squared_error", "SoftmaxCrossEntropy(label_smoothing=0.1)".
 * @throws ArgumentError, whose message starts with `what`, for what is no such spec, an unknown name, or options that are
 * unknown or out of range.
 */
export function resolveLoss(spec: LossSpec, what = "resolveLoss"): Loss {
  if (spec instanceof Loss) return spec;
  const asked = readSpec(what, "loss", spec);
  const entry = asked === undefined ? undefined : byName.get(folded(asked.name));
  if (asked === undefined || entry === undefined) {
    const given = asked === undefined || typeof spec === "string" ? spec : asked.name;
    throw new ArgumentError(
      `${what} is ${describe(given)}; expected a Loss or one of ${[...names.values()].join(", ")}`,
    );
  }
  const { name, lossClass } = entry;
  return new lossClass(matchArguments(`${what} ${name}`, asked, Object.keys(lossClass.standard)) as never);
}

/** An option that holds numbers, as nested arrays for a config. */
export function numbersOf(option: Operand | null): Json {
  if (option === null) return null;
  return (option instanceof Variable ? option.toArray() : array(option as ArrayLike).toArray()) as Json;
}

function folded(name: string): string {
  return foldName(name).replace(/loss$/, "");
}
