import { ArgumentError } from "./errors.js";
import { unquoted } from "./options.js";

/** Settings that hold for the code being run; change them with `usingConfig`, which always puts them back. */
export interface Config {
  /** Whether functions record the graph that `backward` walks. */
  enableBackprop: boolean;
  /** Whether functions such as dropout behave as in training when they are not told. */
  train: boolean;
}

/** The settings in force. */
export const config: Config = { enableBackprop: true, train: true };

/**
 * Runs `fn` with `settings` in force and puts the former ones back, also when `fn` throws.
 * @throws ArgumentError when a setting is unknown, or when `fn` is asynchronous: the settings would end before it does.
 */
export function usingConfig<T>(settings: Partial<Config>, fn: () => T): T {
  for (const [key, value] of Object.entries(settings)) {
    if (!Object.hasOwn(config, key) || typeof value !== "boolean") {
      throw new ArgumentError(
        `usingConfig: no setting ${unquoted(key)}: ${unquoted(value)}; expected true or false for ${Object.keys(config).join(", ")}`,
      );
    }
  }
  const { enableBackprop, train } = config;
  Object.assign(config, settings);
  let result: T;
  try {
    result = fn();
  } finally {
    config.enableBackprop = enableBackprop;
    config.train = train;
  }
  if (result instanceof Promise) {
    throw new ArgumentError("usingConfig: expected a synchronous function; the settings end before an async one does");
  }
  return result;
}

/** Runs `fn` without recording a graph: what it computes has no creator and needs no gradient. */
export function noGrad<T>(fn: () => T): T {
  return usingConfig({ enableBackprop: false }, fn);
}

/** Runs `fn` as in evaluation: dropout passes its input on, where not told otherwise. */
export function testMode<T>(fn: () => T): T {
  return usingConfig({ train: false }, fn);
}
