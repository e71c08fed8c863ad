import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "./markdown.js";
import { type Program, placeOf, sourceOf } from "./program.js";

/** What the compiler has against the programs, with the place in the page. They are compiled together, as strictly as the sources. */
export function typeErrors(programs: readonly Program[]): string[] {
  const byFile = new Map(programs.map((program) => [join(ROOT, `${program.name}.ts`), program]));
  const compiler = ts.createProgram([...byFile.keys()], options(), host(byFile));
  const errors = compiler.getOptionsDiagnostics().map(({ messageText }) => messageOf(messageText));
  for (const [path, program] of byFile) {
    // What is wrong with the sources is for another test to say.
    const file = compiler.getSourceFile(path)!;
    for (const { start, messageText } of [
      ...compiler.getSyntacticDiagnostics(file),
      ...compiler.getSemanticDiagnostics(file),
    ]) {
      const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
      errors.push(`${placeOf(program, line)}: ${messageOf(messageText)}`);
    }
  }
  return errors;
}

function messageOf(text: string | ts.DiagnosticMessageChain): string {
  return ts.flattenDiagnosticMessageText(text, "\n");
}

function options(): ts.CompilerOptions {
  const path = join(ROOT, "tsconfig.json");
  const { options, errors } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  if (errors.length > 0) throw new Error(messageOf(errors[0]!.messageText));
  // A page may show how a thing is made without using it.
  return { ...options, noUnusedLocals: false, noUnusedParameters: false, types: ["node"] };
}

/** Files are where they are, except for the programs, which are nowhere. */
function host(programs: ReadonlyMap<string, Program>): ts.CompilerHost {
  const real = ts.createCompilerHost(options());
  return {
    ...real,
    fileExists: (path) => programs.has(path) || real.fileExists(path),
    readFile: (path) => {
      const program = programs.get(path);
      return program === undefined ? real.readFile(path) : sourceOf(program);
    },
    getSourceFile: (path, version) => {
      const program = programs.get(path);
      return program === undefined
        ? real.getSourceFile(path, version)
        : ts.createSourceFile(path, sourceOf(program), version, true);
    },
  };
}
