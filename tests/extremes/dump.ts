import { cotangent } from "../fuzz/program.js";
import { extremeCases, valueOf } from "./table.js";

/** JSON has no words for some of the numbers. */
const word = (value: number) =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : String(value).replace("Infinity", "inf");

console.log(
  JSON.stringify(
    extremeCases.map(({ title, operands, torch }) => {
      const request = (dtype: "float32" | "float64") => ({
        torch,
        operands: operands.map(({ shape, values }) => ({
          shape,
          values: values.map((v) => (v === "-0" ? "-0.0" : word(valueOf(v, dtype)))),
        })),
        cotangent: cotangent(0, [200]),
      });
      return { title, float64: request("float64"), float32: request("float32") };
    }),
  ),
);
