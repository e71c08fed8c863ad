import { testMode } from "../../../../core/config.js";
import { noGrad } from "../../../../core/index.js";
import { Variable } from "../../../../core/variable.js";
import { cat } from "../../../../functions/index.js";
import { registeredNames } from "../../../../nn/config.js";
import { type DynamicAxes, exportOnnx, type Layer, type WGAN_GP, type Word2Vec } from "../../../../nn/index.js";
import { type LayerCase, titleOf } from "../../table/case.js";
import { families } from "../../table/index.js";
import { forward, STEPS, settled, variablesOf } from "../../table/run.js";
import { difference, Runtime } from "./runtime.js";

/** Which axis of each input is the batch; null for an input that has none. */
type Axes = readonly (number | null)[];

/** How rows are exported for which the standard is wrong. */
interface Exception {
  rows: RegExp;
  /** Unless given, axis 0 of the inputs that are as long there as the first. */
  axes?: Axes;
  /** The number of the first input that becomes part of the file, and all after it. */
  constantFrom?: number;
  /** What the file computes, of the first input, for a model whose row is about its loss. */
  call?(layer: Layer, x: Variable): Variable;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    rows: /^(RNN|LSTM|GRU|BidirectionalLSTM): (initial|3 layers|1 step|2 layers|relu, 2|(an)?other act|concat|sum|average|multiply)/,
    axes: [0, 1, 1],
  },
  { rows: /^DotProductAttention: added mask/, axes: [0, 0, 0, null] },
  { rows: /^MultiHeadedAttentionModule: a mask that is added, of one/, axes: [null, null] },
  { rows: /^TransformerEncoderBlock: one sequence, exact gelu/, axes: [null, null] },
  { rows: /^PositionalEncoding: (an odd number|learned, one)/, axes: [null] },
  { rows: /^GCNConv: matrix/, axes: [null, null] },
  { rows: /^GCNConv: (weighted edges|edges)/, axes: [null], constantFrom: 1 },
  { rows: /^WGAN_GP: /, call: (model, x) => (model as WGAN_GP).critic!.forward(x) },
  { rows: /^Word2Vec: /, constantFrom: 1, call: (model, ids) => (model as Word2Vec).embeddings!.lookup(ids) },
];

/** Rows that have no meaning in ONNX, with what the error says of the reason. */
const REFUSED: readonly (readonly [rows: RegExp, reason: RegExp])[] = [
  [/^NCELoss: /, /NCELoss, GetItem: the positions that it takes come from the inputs by a way that is no function/],
  [/^Embedding: (sum|mean), padding/, /Embedding, SegmentSum: it leaves out an id/],
  [/^Embedding: (sum of ragged|mean of ragged|nothing but)/, /the example has no inputs/],
];

const rows = Object.values(families).flat();
const exceptionOf = (lc: LayerCase): Exception | undefined => EXCEPTIONS.find(({ rows }) => rows.test(titleOf(lc)));
const refusalOf = (lc: LayerCase) => REFUSED.find(([rows]) => rows.test(titleOf(lc)));
const nameOf = (i: number, count: number) => (count === 1 ? "input" : `input${i}`);

/** A row, ready to be exported. */
function made(lc: LayerCase) {
  const layer = settled(lc, "float32").eval();
  const { axes: given, constantFrom = Infinity, call } = exceptionOf(lc) ?? {};
  const all = STEPS.map((step) => variablesOf(lc, step, "float32").map((x) => new Variable(x.data, false)));
  const last = all[2]!;
  const inputs = last.slice(0, call === undefined ? constantFrom : 1);
  const constants = last.slice(inputs.length);
  const axes = given ?? inputs.map((x) => (x.ndim > 0 && x.shape[0] === last[0]!.shape[0] ? 0 : null));
  const named = inputs.map((_, i) => [nameOf(i, inputs.length), typeof axes[i] === "number" ? { [axes[i]]: "n" } : {}]);
  const run = (model: Layer, ...xs: Variable[]) =>
    call === undefined ? forward(lc, model, [...xs, ...constants]) : [call(model, xs[0]!)];
  // The batches of all steps together, and one that is as long as the example's.
  const joined = inputs.map((x, i) => {
    const axis = axes[i];
    return typeof axis === "number"
      ? cat(
          all.map((xs) => xs[i]!),
          { axis },
        ).detach()
      : x;
  });
  return { layer, inputs, joined, run, dynamicAxes: Object.fromEntries(named) as DynamicAxes };
}

describe("layers in ONNX Runtime", () => {
  let runtime: Runtime;
  beforeAll(() => {
    runtime = new Runtime();
  });
  afterAll(() => runtime.close());

  const exported = rows.filter((lc) => refusalOf(lc) === undefined);
  test.each(exported.map((lc) => [titleOf(lc), lc] as const))(
    "%s computes the same for batches of any length",
    async (_, lc) => {
      const { layer, inputs, joined, run, dynamicAxes } = made(lc);
      const bytes = await exportOnnx(layer, inputs, { dynamicAxes, call: run as never });
      for (const xs of [inputs, joined]) {
        const expected = noGrad(() => testMode(() => run(layer, ...xs)));
        const feeds = Object.fromEntries(xs.map((x, i) => [nameOf(i, xs.length), x]));
        const got = Object.values(await runtime.run(bytes, feeds));
        expect(got.length).toBe(expected.length);
        expect(Math.max(...expected.map((y, i) => difference(got[i]!, y)))).toBeLessThan(1e-5);
      }
    },
  );

  const refused = rows.filter((lc) => refusalOf(lc) !== undefined);
  test.each(refused.map((lc) => [titleOf(lc), lc] as const))("%s is refused, and the error says why", async (_, lc) => {
    const { layer, inputs, run, dynamicAxes } = made(lc);
    const options = { dynamicAxes, call: run as never };
    await expect(exportOnnx(layer, inputs, options)).rejects.toThrow(refusalOf(lc)![1]);
  });
});

test("every registered layer is exported in some row, or is a loss that draws noise", () => {
  const exported = new Set(rows.filter((lc) => refusalOf(lc) === undefined).map(({ layer }) => layer));
  expect(registeredNames().filter((name) => !exported.has(name))).toEqual(["NCELoss"]);
});

test("every exception is about some row", () => {
  const patterns = [...EXCEPTIONS.map((exception) => exception.rows), ...REFUSED.map(([pattern]) => pattern)];
  expect(patterns.filter((pattern) => !rows.some((lc) => pattern.test(titleOf(lc))))).toEqual([]);
});
