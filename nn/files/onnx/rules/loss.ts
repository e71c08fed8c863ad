import { array } from "../../../../core/creation.js";
import { GraphError } from "../../../../core/errors.js";
import type { NDArray } from "../../../../core/ndarray.js";
import type { Rule, Translation } from "../translation.js";
import type { Value } from "../value.js";
import { unaryOf } from "./elementwise.js";
import { reduced } from "./reduce.js";

/** A loss of entries, of which `entries` gives all. */
export function entryLoss(entries: (t: Translation, x: Value, target: Value) => Value): Rule {
  return (t) => {
    const losses = entries(t, t.input(0), t.input(1));
    const axes = losses.shapes[0]!.map((_, axis) => axis);
    const reduction = t.field<string>("reduction");
    if (reduction === "none") return losses;
    return reduced(t, reduction === "sum" ? "ReduceSum" : "ReduceMean", losses, axes, false);
  };
}

/** A loss of differences. */
export function differenceLoss(of: (t: Translation, difference: Value) => Value): Rule {
  return entryLoss((t, x, target) => of(t, t.elementwise("Sub", [x, target])));
}

export const meanSquaredError = differenceLoss((t, d) => t.elementwise("Mul", [d, d]));

export const squaredError = differenceLoss((t, d) => {
  return t.elementwise("Mul", [t.elementwise("Mul", [d, d]), t.graph.number(0.5, t.type())]);
});

export const meanAbsoluteError = differenceLoss((t, d) => t.elementwise("Abs", [d]));

/** With m = min(|d|, delta) both branches are m (|d| - m / 2). */
export const huberLoss = differenceLoss((t, d) => {
  const magnitude = t.elementwise("Abs", [d]);
  const within = t.elementwise("Min", [magnitude, t.graph.number(t.field("delta"), t.type())]);
  const half = t.elementwise("Mul", [within, t.graph.number(0.5, t.type())]);
  return t.elementwise("Mul", [within, t.elementwise("Sub", [magnitude, half])]);
});

export const sigmoidCrossEntropy = entryLoss((t, x, target) => {
  const linear = t.elementwise("Sub", [t.elementwise("Relu", [x]), t.elementwise("Mul", [x, target])]);
  return t.elementwise("Add", [linear, t.elementwise("Softplus", [t.elementwise("Neg", [t.elementwise("Abs", [x])])])]);
});

/** Logarithms no less than -100, as the function has them. */
export const binaryCrossEntropy = entryLoss((t, x, target) => {
  const number = (value: number) => t.graph.number(value, t.type());
  const bounded = (logs: Value) => t.elementwise("Max", [logs, number(-100)]);
  const yes = t.elementwise("Mul", [bounded(t.elementwise("Log", [x])), target]);
  const others = bounded(unaryOf(t, "log1p", t.elementwise("Neg", [x])));
  const no = t.elementwise("Mul", [others, t.elementwise("Sub", [number(1), target])]);
  return t.elementwise("Neg", [t.elementwise("Add", [yes, no])]);
});

/** Logits against classes, which are known by their positions in the logits. */
export const softmaxCrossEntropy: Rule = (t) => {
  const { graph } = t;
  const x = t.input(0);
  const rank = x.shapes[0]!.length;
  const count = x.shapes[0]!.at(-1)!;
  const rows = graph.reshape(
    x,
    x.shapes.map((shape) => [shape.slice(0, -1).reduce((a, b) => a * b, 1), count]),
  );
  const classes = t.each<NDArray>("positions").map((positions) => {
    const values = positions.toTypedArray() as Int32Array;
    return array(values.map((position, i) => position - i * count));
  });
  if (rank === 0) throw new GraphError("its logits have no axis");
  const labels = graph.cast(t.kept(classes, "the classes"), "int32");
  const reduction = t.field<string>("reduction");
  const shapes = reduction === "none" ? rows.shapes.map(([n]) => [n!]) : graph.everywhere([]);
  const typed = { type: t.type(), shapes };
  const loss = graph.node(
    "SoftmaxCrossEntropyLoss",
    [
      rows,
      graph.reshape(
        labels,
        labels.shapes.map((s) => [s.reduce((a, b) => a * b, 1)]),
      ),
    ],
    typed,
    { reduction },
  );
  return graph.reshape(loss, t.shapes());
};
