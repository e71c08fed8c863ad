import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type FunctionCase, type Given, inputValues } from "../functions/table/case.js";

/** What generate.py needs to know of a case. */
export interface GoldenRequest {
  title: string;
  /** Changes whenever the reference values do. */
  key: string;
  torch: string;
  order: number;
  inputs: Given[];
}

/** An array in the file: one number stands for as many as the shape holds. */
export interface GoldenArray {
  shape: number[];
  values: (number | string)[] | number | string;
}

/** What PyTorch says of a case. */
export interface GoldenCase {
  key: string;
  outputs: GoldenArray[];
  /** For each output; null for one that no gradient flows from. */
  cotangents?: (GoldenArray | null)[];
  /** For each float input. */
  gradients?: GoldenArray[];
  /** Cotangents of the gradients. */
  secondCotangents?: GoldenArray[];
  /** For each float input, the gradient of the gradients' inner product with those cotangents. */
  second?: GoldenArray[];
  /** Why PyTorch has no second gradient here. */
  noSecond?: string;
}

/** What identifies a case in the file. */
export function goldenTitle(fc: FunctionCase): string {
  return `${fc.name}: ${fc.label}`;
}

/** The request for the reference values of a case. */
export function goldenRequest(fc: FunctionCase): GoldenRequest {
  const request = { torch: fc.torch ?? "", order: fc.order ?? 2, inputs: fc.inputs.map((_, i) => inputValues(fc, i)) };
  const key = createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 12);
  return { title: goldenTitle(fc), key, ...request };
}

/** The reference values of all cases, by title, from the file that generate.py wrote. */
export function readGolden(path: string): Map<string, GoldenCase> {
  const text = readFileSync(path, "utf8");
  return new Map(Object.entries(JSON.parse(text) as Record<string, GoldenCase>));
}
