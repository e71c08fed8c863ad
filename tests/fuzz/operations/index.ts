import type { Json, Operation } from "../operation.js";
import { arithmetic } from "./arithmetic.js";
import { elementwise } from "./elementwise.js";
import { indexing } from "./indexing.js";
import { products } from "./linalg.js";
import { losses } from "./loss.js";
import { networks } from "./network.js";
import { reductions } from "./reduction.js";
import { shapes } from "./shape.js";
import { windows } from "./window.js";

/** Everything a random program can be made of, by name. */
export const operations: Readonly<Record<string, Operation<Json>>> = {
  ...arithmetic,
  ...elementwise,
  ...reductions,
  ...shapes,
  ...indexing,
  ...products,
  ...windows,
  ...networks,
  ...losses,
};

/** Functions of the library that are in no program, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  Broadcasting: "a base class",
  calcConvOutDims: "computes with shapes alone",
  calcPadDims1d: "computes with shapes alone",
  calcPadDims2d: "computes with shapes alone",
};
