import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const root = resolve(__dirname, "../..");

/** What the compiler says of each line of the files, in one program over the sources. */
function messages(...names: string[]): Map<string, Map<number, string>> {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = names.map((name) => join(__dirname, name));
  const program = ts.createProgram(files, { ...options, noErrorTruncation: true, noUnusedLocals: false });
  return new Map(
    files.map((file, i) => {
      const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map((d): [number, string] => {
        const line = d.file!.getLineAndCharacterOfPosition(d.start!).line;
        return [line, ts.flattenDiagnosticMessageText(d.messageText, "\n").split("\n")[0]!];
      });
      return [names[i]!, new Map(found)];
    }),
  );
}

const said = messages("shapes.ts", "refused.ts");

test("shapes are known where they are literal, unknown where they are not, and never in the way", () => {
  expect([...said.get("shapes.ts")!].map(([line, message]) => `${line + 1}: ${message}`)).toEqual([]);
});

test("what does not fit is refused with a message that says why", () => {
  const lines = readFileSync(join(__dirname, "refused.ts"), "utf8").split("\n");
  const expected = lines.flatMap((line, i) => (line.startsWith("// ") ? [[i + 1, line.slice(3)]] : []));
  expect(expected.length).toBeGreaterThan(5);
  expect([...said.get("refused.ts")!]).toEqual(expected);
});
