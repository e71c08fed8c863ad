import { ArgumentError } from "./errors.js";
import { checkChoice, checkFlag, checkNumber, describe } from "./options.js";
import { foldName, isSpecName, type Json, matchArguments, readSpec, specText } from "./spec.js";

/** An argument of something that can be asked for by name. */
export interface Argument<V extends Json = Json> {
  /** What it is unless given. */
  readonly standard: V;
  /** @throws ArgumentError naming `operation` and `key` for a value that does not fit. */
  check(operation: string, key: string, value: unknown): void;
}

/** Arguments by name. */
export type Arguments = Readonly<Record<string, Json>>;

/** The arguments that something declares. */
export type Declared<A> = { readonly [K in keyof A]-?: Argument<Extract<A[K], Json>> };

/** A finite number, of at least `least` where that is given. */
export function numberArgument(standard: number, { least = -Infinity }: { least?: number } = {}): Argument<number> {
  return { standard, check: (operation, key, value) => checkNumber(operation, key, value, least) };
}

/** A whole number. */
export function integerArgument(standard: number): Argument<number> {
  return {
    standard,
    check(operation, key, value) {
      if (Number.isSafeInteger(value)) return;
      throw new ArgumentError(`${operation}: ${key} is ${describe(value)}; expected a whole number`);
    },
  };
}

/** True or false. */
export function flagArgument(standard: boolean): Argument<boolean> {
  return { standard, check: (operation, key, value) => checkFlag(operation, key, value) };
}

/** One of several texts. */
export function choiceArgument<V extends string>(standard: V, choices: readonly V[]): Argument<V> {
  return { standard, check: (operation, key, value) => checkChoice(operation, key, value, choices) };
}

/** What `argument` takes, or null, which it is unless given: for what depends on where it is used. */
export function optional<V extends Json>(argument: Argument<V>): Argument<V | null> {
  return {
    standard: null,
    check(operation, key, value) {
      if (value !== null) argument.check(operation, key, value);
    },
  };
}

interface Entry<T> {
  readonly name: string;
  readonly declared: Readonly<Record<string, Argument>>;
  make(args: Arguments): T;
}

/** What a catalogue makes of a spec. */
export interface Made<T> {
  readonly value: T;
  /** The catalogue's own name for it. */
  readonly name: string;
  /** All arguments, also those that were not given. */
  readonly args: Arguments;
  /** What makes the same again: `leakyRelu(alpha=0.1)`, without the arguments that are as they would be unless given. */
  readonly text: string;
}

/** What can be asked for by name, with arguments. Names and keys are found in any spelling that `foldName` takes as the same. */
export class Catalogue<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /** `kind` is the key under which configs have the name: `{ layer: "LeakyReLU", hyperparameters: {...} }`. */
  constructor(private readonly kind: string) {}

  /** The names, each in its own spelling, without the others that stand for the same. */
  get names(): string[] {
    return [...new Set([...this.entries.values()].map(({ name }) => name))];
  }

  /** Whether there is something of that name. */
  has(name: string): boolean {
    return this.entries.has(foldName(name));
  }

  /**
   * Adds what `make` makes of the declared arguments; `others` are further names for it.
   * @throws ArgumentError naming `operation` when a name is taken or has characters that a spec cannot have.
   */
  add<A extends object>(
    operation: string,
    name: string,
    declared: Declared<A>,
    make: (args: Required<A>) => T,
    others: readonly string[] = [],
  ): void {
    const names = [name, ...others];
    for (const each of names) {
      if (typeof each !== "string" || !isSpecName(each)) {
        throw new ArgumentError(
          `${operation}: ${describe(each)} is no name; expected a letter, then letters, digits, "_", "-" or spaces`,
        );
      }
      if (this.has(each)) {
        throw new ArgumentError(`${operation}: ${each} is registered already; expected a name of its own`);
      }
    }
    const entry = { name, declared, make: (args: Arguments) => make(args as Required<A>) };
    for (const each of names) this.entries.set(foldName(each), entry);
  }

  /**
   * Makes what a spec says: text, an object or a config. `what` starts the messages, such as `FullyConnected: actFn`, and
   * `others` is what may be given instead of a spec, such as `null, a function`.
   * @throws ArgumentError for a spec that cannot be read, an unknown name, and arguments that do not fit.
   */
  resolve(what: string, value: unknown, others: string): Made<T> {
    const spec = readSpec(what, this.kind, value);
    const entry = spec === undefined ? undefined : this.entries.get(foldName(spec.name));
    if (spec === undefined || entry === undefined) {
      const given = describe(typeof value === "string" ? value : (spec?.name ?? value));
      throw new ArgumentError(`${what} is ${given}; expected ${others} or one of ${this.names.join(", ")}`);
    }
    const where = `${what} ${entry.name}`;
    return made(where, entry, matchArguments(where, spec, Object.keys(entry.declared)));
  }

  /**
   * Makes what the options of a class say, in whose messages `operation` stands. The name must be in the catalogue, and the
   * keys in its spelling.
   * @throws ArgumentError for options that are unknown or do not fit.
   */
  make(operation: string, name: string, options: object): Made<T> {
    return made(operation, this.entry(name), { ...options } as Arguments);
  }

  /** The keys of the arguments of what is called `name`. */
  keys(name: string): string[] {
    return Object.keys(this.entry(name).declared);
  }

  private entry(name: string): Entry<T> {
    return this.entries.get(foldName(name))!;
  }
}

function made<T>(operation: string, { name, declared, make }: Entry<T>, given: Arguments): Made<T> {
  const args: Record<string, Json> = {};
  const unusual: Record<string, Json> = {};
  for (const [key, { standard, check }] of Object.entries(declared)) {
    const value = given[key] === undefined ? standard : given[key];
    check(operation, key, value);
    args[key] = value;
    if (value !== standard) unusual[key] = value;
  }
  return { value: make(args), name, args, text: specText(name, unusual) };
}
