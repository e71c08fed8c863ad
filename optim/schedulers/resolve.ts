import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import { matchArguments, readSpec } from "../../core/spec.js";
import { registered, schedulerNames } from "./registry.js";
import { Scheduler } from "./scheduler.js";

/**
 * What is taken where a scheduler is: a Scheduler; a learning rate that stays; a text such as "noam" or
 * "exponential(stageLength=100, staircase=true)"; `{ name: "step", stepSize: 30 }`; or what `config()` gave.
 */
export type SchedulerSpec = Scheduler | number | string | { readonly [key: string]: Json };

/**
 * The scheduler that `spec` says. `lr` is its learning rate where the spec does not say one. Names and options are found in any
 * case, with or without underscores.
 * @throws ArgumentError, whose message starts with `what`, for what is no such spec, an unknown name, or options that are
 * unknown or out of range.
 */
export function resolveScheduler(spec: SchedulerSpec, lr?: number, what = "resolveScheduler"): Scheduler {
  if (spec instanceof Scheduler) return spec;
  const asked =
    typeof spec === "number" ? { name: "constant", args: [["lr", spec]] as const } : readSpec(what, "scheduler", spec);
  const entry = asked === undefined ? undefined : registered(asked.name);
  if (asked === undefined || entry === undefined) {
    const given = asked === undefined || typeof spec === "string" ? spec : asked.name;
    throw new ArgumentError(
      `${what} is ${describe(given)}; expected a learning rate, a Scheduler or one of ${schedulerNames().join(", ")}`,
    );
  }
  const { name, schedulerClass } = entry;
  const { options: known, rateOption } = schedulerClass;
  const options = matchArguments(`${what} ${name}`, asked, known);
  if (lr !== undefined && rateOption !== null && options[rateOption] === undefined) options[rateOption] = lr;
  return new schedulerClass(options as never);
}
