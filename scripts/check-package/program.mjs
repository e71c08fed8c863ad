/*
 * A program that uses every export of the package, the way each module system writes it. It prints "works" and what computes, or
 * ends with an error.
 */

const program = `
  const x = variable([[1, 2], [3, 4]]);
  const model = new nn.Sequential(new nn.FullyConnected({ nOut: 3, actFn: "tanh" }));
  const y = F.sum(F.mul(model.forward(x.mul(x)), 2));
  y.backward();
  new optim.SGD(model.parameters(), { lr: 0.1 }).step();
  if (x.grad.shape.join() !== "2,2" || !(x instanceof Variable)) throw new Error("wrong gradient");
  const rebuilt = nn.fromConfig(model.config());
  if (rebuilt.config().layer !== "Sequential") throw new Error("wrong config");
  // What tsover makes of x * 3; nobody would write it.
  if (String(__tsover_mul(x, 3).toArray()) !== "3,6,9,12") throw new Error("wrong operator");
  if (!graph(y).toDot().startsWith("digraph")) throw new Error("no graph");
  const missing = [() => graph(y).toSvg(), () => plots.lineChart({ loss: [2, 1] })].map((draw) =>
    draw().then(
      () => { throw new Error("an optional package is there"); },
      (error) => { if (!(error instanceof MissingPackageError)) throw error; },
    ));
  Promise.all(missing).then(() => { console.log("works", JSON.stringify(backendInfo())); });
`;

const NAMES = "backendInfo, graph, MissingPackageError, variable, Variable";
const FOLDERS = { F: "functions", nn: "nn", optim: "optim", plots: "plots" };
const folders = (line) => Object.entries(FOLDERS).map(([name, folder]) => line(name, `retrograd/${folder}`));

/** With `import`. */
export const withImport = [
  `import { ${NAMES} } from "retrograd";`,
  'import "retrograd/operators";',
  ...folders((name, path) => `import * as ${name} from "${path}";`),
  program,
].join("\n");

/** With `require`. */
export const withRequire = [
  `const { ${NAMES} } = require("retrograd");`,
  'require("retrograd/operators");',
  ...folders((name, path) => `const ${name} = require("${path}");`),
  program,
].join("\n");

/** As TypeScript, for a compiler that is told of nothing but ECMAScript. */
export const typed = `declare const console: { log(...values: unknown[]): void };
${withImport
  .replace("x.grad.shape", "x.grad!.shape")
  // Its types are those of the optional package tsover-runtime.
  .replace('import "retrograd/operators";', "declare const __tsover_mul: (a: Variable, b: number) => Variable;")}`;

/** Reads what the program printed, for `where` it ran: a line that says what computed there. */
export function verdict(where, output) {
  const [, info] = /^works (.*)$/m.exec(output) ?? [];
  if (info === undefined) throw new Error(`${where}: the program does not work: ${output}`);
  const { backend, threads, fusedMultiplyAdd } = JSON.parse(info);
  return `${where}: works (${backend}, threads: ${threads}, fused multiply-add: ${fusedMultiplyAdd})`;
}
