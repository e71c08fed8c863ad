import { setLeafWatch } from "../../core/function.js";
import { LeafUses } from "../../core/leaf-uses.js";
import { Parameter } from "../../core/variable.js";
import type { GradientExchange } from "./gradient-exchange.js";

/** An exchange that begins while backward is at work, unless the gradients only add up for now. */
interface Early {
  readonly exchange: GradientExchange;
  collecting(): boolean;
}

const all = new Set<Early>();

/** Lets an exchange begin with gradients as soon as backward has them whole. */
export function exchangeEarly(early: Early): void {
  all.add(early);
  setLeafWatch({
    usesOf: (ys) => new LeafUses(ys),
    whole(leaf, gradient) {
      if (!(leaf instanceof Parameter)) return;
      for (const { exchange, collecting } of all) if (!collecting()) exchange.whole(leaf, gradient);
    },
    onWay() {
      for (const { exchange } of all) exchange.onWay();
    },
  });
}
