import { functionCases } from "../functions/table/index.js";
import { goldenRequest } from "./golden.js";

/** Prints the table of functions as JSON, for generate.py. */
console.log(JSON.stringify(functionCases.flatMap((fc) => (fc.torch === undefined ? [] : [goldenRequest(fc)]))));
