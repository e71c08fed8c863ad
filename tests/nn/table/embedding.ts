import type { IdBags } from "../../../functions/embedding.js";
import { Embedding, type EmbeddingOptions } from "../../../nn/index.js";
import { integers, type LayerCase, row } from "./case.js";

type Options = Omit<EmbeddingOptions, "dtype">;

/** Ids in an array; some are repeated, and 0 and the last of the vocabulary are among them. */
function embedding(label: string, shape: readonly number[], ids: readonly number[], options: Options): LayerCase {
  const padding = options.paddingId ?? null;
  const joined = options.pool ? `, mode="${options.pool}"` : "";
  const given = `x[0], p['W']${joined}${padding === null ? "" : `, padding_idx=${padding}`}`;
  return row({
    layer: "Embedding",
    label,
    make: ({ dtype }) => new Embedding({ ...options, dtype }),
    inputs: [integers(shape, ids)],
    torch: options.pool ? `F.embedding_bag(${given}).unsqueeze(1)` : `F.embedding(${given})`,
    noGradcheck:
      padding === null || options.pool ? undefined : "the vector of the padding has an effect and gets no gradient",
  });
}

/** Bags of different lengths, which are no input of their own. */
function ragged(label: string, bags: readonly (readonly number[])[], options: Options): LayerCase {
  const ids = bags.flat();
  const offsets = bags.map((_, i) => bags.slice(0, i).flat().length);
  const padding = options.paddingId === undefined ? "" : `, padding_idx=${options.paddingId}`;
  const given = `torch.tensor([${ids}], dtype=torch.int64), p['W'], torch.tensor([${offsets}])`;
  return row({
    layer: "Embedding",
    label,
    make: ({ dtype }) => new Embedding({ ...options, dtype }),
    inputs: [],
    call: (layer) => layer.forward(bags as IdBags),
    torch: `F.embedding_bag(${given}, mode="${options.pool}"${padding}).unsqueeze(1)`,
  });
}

const IDS = [4, 0, 2, 4, 4, 1];
const BAGS = [[1, 3, 1, 1], [], [5], [2, 0, 2], [], [4, 5, 4, 4, 4, 0, 3]];

/** Lookups and bags of ids. */
export const cases: readonly LayerCase[] = [
  embedding("repeated ids", [2, 3], IDS, { nOut: 4, vocabSize: 5 }),
  embedding("a batch of 1", [1, 1], [2], { nOut: 3, vocabSize: 3 }),
  embedding("one axis", [6], IDS, { nOut: 1, vocabSize: 5 }),
  embedding("three axes", [1, 3, 2], IDS, { nOut: 2, vocabSize: 7 }),
  embedding("padding", [2, 3], IDS, { nOut: 4, vocabSize: 5, paddingId: 4 }),
  embedding("padding that does not occur", [2, 2], [0, 1, 1, 3], { nOut: 2, vocabSize: 5, paddingId: 4 }),
  embedding("sum", [2, 3], IDS, { nOut: 4, vocabSize: 5, pool: "sum" }),
  embedding("mean", [3, 2], IDS, { nOut: 3, vocabSize: 5, pool: "mean" }),
  embedding("mean of one", [3, 1], [4, 0, 4], { nOut: 3, vocabSize: 5, pool: "mean" }),
  embedding("sum, padding", [2, 3], IDS, { nOut: 4, vocabSize: 5, pool: "sum", paddingId: 4 }),
  embedding("mean, padding that fills a bag", [3, 2], [4, 0, 4, 4, 1, 1], {
    nOut: 3,
    vocabSize: 5,
    pool: "mean",
    paddingId: 4,
  }),
  ragged("sum of ragged bags, some empty", BAGS, { nOut: 3, vocabSize: 6, pool: "sum" }),
  ragged("mean of ragged bags, some empty", BAGS, { nOut: 3, vocabSize: 6, pool: "mean" }),
  ragged("mean of ragged bags with padding", BAGS, { nOut: 3, vocabSize: 6, pool: "mean", paddingId: 4 }),
  ragged("nothing but empty bags", [[], []], { nOut: 2, vocabSize: 6, pool: "mean" }),
  row({
    layer: "Embedding",
    label: "lookup of a layer that pools",
    make: ({ dtype }) => new Embedding({ nOut: 3, vocabSize: 5, pool: "sum", dtype }),
    inputs: [integers([2, 3], IDS)],
    call: (layer, ids) => layer.lookup(ids!),
    anySize: [0],
    torch: "F.embedding(x[0], p['W'])",
  }),
];
