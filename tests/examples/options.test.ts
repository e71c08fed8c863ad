import { Command } from "commander";
import { parseOptions, positiveNumber, wholeNumber } from "../../examples/options.js";

test("wholeNumber", () => {
  expect([wholeNumber(1)("1"), wholeNumber(0)("0"), wholeNumber(2)("1e3")]).toEqual([1, 0, 1000]);
  for (const text of ["0", "1.5", "-3", "", " ", "one", "1e300"]) {
    expect(() => wholeNumber(1)(text)).toThrow("Expected a whole number of at least 1.");
  }
});

test("positiveNumber", () => {
  expect([positiveNumber("0.5"), positiveNumber("1e-4")]).toEqual([0.5, 0.0001]);
  for (const text of ["0", "-1", "", "much", "Infinity", "NaN"]) {
    expect(() => positiveNumber(text)).toThrow("Expected a number above 0.");
  }
});

describe("parseOptions", () => {
  const { argv } = process;
  afterEach(() => {
    process.argv = argv;
  });

  interface Options {
    epochs: number;
    lr: number;
    quick?: true;
  }
  function parse(...args: string[]): Options {
    process.argv = ["node", "example", ...args];
    const command = new Command().option("--epochs <n>", "", wholeNumber(1), 10).option("--lr <rate>", "", Number, 0.1);
    return parseOptions<Options>(command.option("--quick"), { epochs: 2 });
  }

  test("--quick has other defaults, and what is given counts", () => {
    expect(parse()).toEqual({ epochs: 10, lr: 0.1 });
    expect(parse("--quick")).toEqual({ epochs: 2, lr: 0.1, quick: true });
    expect(parse("--lr", "1", "--quick", "--epochs", "10")).toEqual({ epochs: 10, lr: 1, quick: true });
    expect(parse("--epochs", "3")).toEqual({ epochs: 3, lr: 0.1 });
  });
});
