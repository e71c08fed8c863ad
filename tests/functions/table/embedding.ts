import type { Variable } from "../../../core/variable.js";
import { embedding, embeddingBag, type IdBags } from "../../../functions/embedding.js";
import { type FunctionCase, integers, real } from "./case.js";

const IDS = [4, 0, 2, 4, 4, 1];
const BAGS: IdBags = [[1, 3, 1, 1], [], [4], Int32Array.of(2, 0, 2), []];
const FLAT = "torch.tensor([1, 3, 1, 1, 4, 2, 0, 2]), x0, torch.tensor([0, 4, 4, 5, 8])";

/** The cases of functions/embedding.ts. */
export const embeddingCases: readonly FunctionCase[] = [
  {
    name: "embedding",
    label: "repeated ids",
    inputs: [real([5, 3]), integers([2, 3], IDS)],
    call: (W, ids) => embedding(W, ids),
    torch: "F.embedding(x1.long(), x0)",
  },
  {
    name: "embedding",
    label: "a single id in nested arrays",
    inputs: [real([5, 3])],
    call: (W) => embedding(W, [[2]]),
    torch: "F.embedding(torch.tensor([[2]]), x0)",
  },
  {
    name: "embedding",
    label: "no ids",
    inputs: [real([5, 3])],
    call: (W) => embedding(W, Int32Array.of()),
    torch: "F.embedding(torch.zeros(0, dtype=torch.int64), x0)",
  },
  ...(["sum", "mean"] as const).flatMap((pool): FunctionCase[] => [
    {
      name: "embeddingBag",
      label: `${pool} of rows of ids`,
      inputs: [real([5, 3]), integers([2, 3], IDS)],
      call: (W: Variable, ids: Variable) => embeddingBag(W, ids, { pool }),
      torch: `F.embedding_bag(x1.long(), x0, mode="${pool}")`,
    },
    {
      name: "embeddingBag",
      label: `${pool} of ragged bags`,
      inputs: [real([5, 2])],
      call: (W: Variable) => embeddingBag(W, BAGS, { pool }),
      torch: `F.embedding_bag(${FLAT}, mode="${pool}")`,
    },
    {
      name: "embeddingBag",
      label: `${pool} without padding`,
      inputs: [real([5, 2])],
      call: (W: Variable) => embeddingBag(W, BAGS, { pool, paddingId: 1 }),
      torch: `F.embedding_bag(${FLAT}, mode="${pool}", padding_idx=1)`,
    },
  ]),
];
