import { type Command, InvalidArgumentError } from "commander";

/** Reads the command line. With `--quick`, what is not given there has the values of `quick` in place of the defaults. */
export function parseOptions<T extends { quick?: true }>(command: Command, quick: Partial<T>): T {
  command.parse();
  for (const [name, value] of Object.entries(command.opts<T>().quick ? quick : {})) {
    if (command.getOptionValueSource(name) === "default") command.setOptionValue(name, value);
  }
  return command.opts<T>();
}

/** Parses a whole number of at least `least` from the command line. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    }
    return value;
  };

/** Parses a number above 0 from the command line. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}
