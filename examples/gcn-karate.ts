import { Command } from "commander";
import { array, constant, eye, type NDArray, seed, type Variable } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { wholeNumber } from "./options.js";

const options = new Command("npx tsx examples/gcn-karate.ts")
  .description(
    "A karate club falls out and splits in two. Told only where the instructor and the administrator went, a graph network " +
      "finds from the members' friendships whom each of the other 32 followed.",
  )
  .option("--epochs <n>", "steps of training", wholeNumber(1), 50)
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .parse()
  .opts<{ epochs: number; seed: number }>();

/** W. W. Zachary, "An information flow model for conflict and fission in small groups", 1977: who is a friend of whom. */
const FRIENDS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31],
  1: [2, 3, 7, 13, 17, 19, 21, 30],
  2: [3, 7, 8, 9, 13, 27, 28, 32],
  3: [7, 12, 13],
  4: [6, 10],
  5: [6, 10, 16],
  6: [16],
  8: [30, 32, 33],
  9: [33],
  13: [33],
  14: [32, 33],
  15: [32, 33],
  18: [32, 33],
  19: [33],
  20: [32, 33],
  22: [32, 33],
  23: [25, 27, 29, 32, 33],
  24: [25, 27, 31],
  25: [31],
  26: [29, 33],
  27: [33],
  28: [31, 33],
  29: [32, 33],
  30: [32, 33],
  31: [32, 33],
  32: [33],
};
const MEMBERS = 34;
const INSTRUCTOR = 0;
const ADMINISTRATOR = 33;
/** Those who went with the instructor; the rest stayed with the administrator. */
const FOLLOWERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21];

/** Every friendship as an edge each way: sources above targets. */
function friendships(): NDArray {
  const pairs = Object.entries(FRIENDS).flatMap(([a, friends]) => friends.map((b) => [Number(a), b]));
  const [ends, others] = [pairs.map(([a]) => a!), pairs.map(([, b]) => b!)];
  return array([ends.concat(others), others.concat(ends)], { dtype: "int32" });
}

class GraphNetwork extends nn.Layer {
  /** Three, so that the news of a label travels over three friendships. */
  readonly layers = [
    new nn.GCNConv({ nOut: 16, actFn: "tanh" }),
    new nn.GCNConv({ nOut: 16, actFn: "tanh" }),
    new nn.GCNConv({ nOut: 2 }),
  ];

  forward(x: Variable, graph: F.Adjacency): Variable {
    return this.layers.reduce((y, layer) => layer.forward(y, graph), x);
  }
}

seed(options.seed);
const graph = { edges: friendships() };
// All that is known of a member is who he is.
const x = constant(eye(MEMBERS));
const sides = array(
  Array.from({ length: MEMBERS }, (_, member) => (FOLLOWERS.includes(member) ? 0 : 1)),
  { dtype: "int32" },
);
const known = array([INSTRUCTOR, ADMINISTRATOR], { dtype: "int32" });
const model = new GraphNetwork();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });

for (let epoch = 1; epoch <= options.epochs; epoch++) {
  const y = model.forward(x, graph);
  const loss = F.softmaxCrossEntropy(F.getItem(y, known), F.getItem(sides, known));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (epoch % 10 === 0) console.log(`epoch ${epoch}: loss ${loss.item().toFixed(4)}`);
}
// Zachary's own model, too, places all but member 8, for whom the way to a black belt led through the instructor.
const found = F.argmax(model.forward(x, graph), { axis: 1 });
const wrong = F.notEqual(found, sides).toTypedArray();
const misplaced = Array.from(wrong.keys()).filter((member) => wrong[member]);
console.log(`accuracy: ${MEMBERS - misplaced.length} of ${MEMBERS} members`);
if (misplaced.length > 0) console.log(`misplaced: ${misplaced.join(", ")}`);
