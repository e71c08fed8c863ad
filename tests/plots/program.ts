import { readFileSync } from "node:fs";
import { confusionChart, lineChart } from "../../plots/index.js";

/*
 * Draws what it is told to: Observable Plot is an ES module, which jest does not load. Standard input has a list of calls, each the
 * name of a chart and its arguments; standard output gets the documents.
 */

const charts = { confusionChart, lineChart } as Record<string, (...args: never[]) => Promise<string>>;
const calls = JSON.parse(readFileSync(0, "utf8")) as [name: string, ...args: never[]][];
Promise.all(calls.map(([name, ...args]) => charts[name]!(...args))).then((documents) => {
  process.stdout.write(JSON.stringify(documents));
});
