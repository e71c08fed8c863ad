import { isFloat } from "../../core/dtype.js";
import { RetrogradError } from "../../core/errors.js";
import { Variable } from "../../core/variable.js";
import { functionCases } from "./table/index.js";
import { inputArrays } from "./table/run.js";

/** The first case of each function and number of inputs: it calls nothing else. */
const cases = [
  ...new Map(functionCases.map((fc) => [`${fc.name}, ${fc.inputs.length} inputs`, fc] as const).reverse()),
];

/** In this case the condition comes from another function. */
const COMPUTED = "where, 1 inputs";

test.each(cases.filter(([title]) => title !== COMPUTED))(
  "%s: what is no operand is refused under the name of the function",
  (_, fc) => {
    const messages = fc.inputs.map((_, index) => {
      const xs = inputArrays(fc, "float32").map((x) => new Variable(x, isFloat(x.dtype)));
      xs[index] = Symbol("none") as never;
      try {
        fc.call(...xs);
      } catch (error) {
        return error instanceof RetrogradError ? error.message : `not ours: ${error}`;
      }
      return "nothing";
    });
    expect(messages.filter((message) => !message.startsWith(fc.name))).toEqual([]);
  },
);
