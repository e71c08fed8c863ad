import ts from "typescript";
import { type Program, sourceOf } from "./program.js";

/** What a page says that a line prints: the comment behind `console.log(...)`. */
export interface Expected {
  /** The line of the program where the call starts, counted from 0. */
  readonly line: number;
  readonly text: string;
}

/** A program in which each `console.log(...)` is `$print(line, ...)`, and what the page says that the lines print. */
export function instrumented(program: Program): { source: string; expected: Expected[] } {
  const source = sourceOf(program);
  const file = ts.createSourceFile(`${program.name}.ts`, source, ts.ScriptTarget.ES2022, true);
  const calls: { callee: ts.Node; line: number; empty: boolean }[] = [];
  const expected: Expected[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === "console.log") {
      const line = file.getLineAndCharacterOfPosition(node.getStart()).line;
      calls.push({ callee: node.expression, line, empty: node.arguments.length === 0 });
      const rest = source.slice(node.end, source.indexOf("\n", node.end));
      const comment = /^\s*;?\s*\/\/ (.*)$/.exec(rest)?.[1];
      if (comment !== undefined) expected.push({ line, text: comment });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  let changed = source;
  // From the end, so that places before stay where they are.
  for (const { callee, line, empty } of calls.sort((a, b) => b.callee.getStart() - a.callee.getStart())) {
    const open = changed.indexOf("(", callee.end) + 1;
    changed = `${changed.slice(0, callee.getStart())}$print(${line}${empty ? "" : ", "}${changed.slice(open)}`;
  }
  return { source: changed, expected };
}

/** Whether what was printed is what the page says, where `...` stands for anything and white space is all the same. */
export function matches(printed: string, expected: string): boolean {
  const parts = collapsed(expected).split("...");
  const pattern = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("[\\s\\S]*");
  return new RegExp(`^${pattern}$`).test(collapsed(printed));
}

function collapsed(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}
