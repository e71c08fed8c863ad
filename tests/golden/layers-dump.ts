import { families } from "../nn/table/index.js";
import { layerRequest, stepCotangents } from "./layers.js";

/** Prints the table of layers as JSON, for layers.py: all families, or those named as arguments. */
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(families);
const table = names.map((family) => {
  const rows = families[family];
  if (rows === undefined) throw new Error(`no family ${family}; expected some of ${Object.keys(families).join(", ")}`);
  return [
    family,
    rows.flatMap((lc) => (lc.torch === undefined ? [] : [{ ...layerRequest(lc), cotangents: stepCotangents(lc) }])),
  ];
});
console.log(JSON.stringify(Object.fromEntries(table)));
