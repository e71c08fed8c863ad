import type { Fence } from "./markdown.js";

/** The marks that a block of TypeScript may have. */
export const MARKS = ["continued", "no-run", "no-check"];

/** Blocks that make one program: a block of TypeScript and those that go on from it. */
export interface Program {
  /** The page, without its ending, and the line of the first block: unique and a file name. */
  readonly name: string;
  readonly page: string;
  readonly lines: readonly Line[];
  readonly runs: boolean;
  /** Whether the compiler looks at it. */
  readonly checked: boolean;
}

/** A line of code, and which line of the page it is. */
interface Line {
  readonly text: string;
  readonly line: number;
}

/**
 * The programs in the blocks of a page. ```` ```ts ```` starts one, ```` ```ts continued ```` goes on with it; `no-run="reason"` and
 * `no-check="reason"` keep it from being run and from being compiled.
 * @throws Error naming the line of a block whose marks are not understood.
 */
export function programs(fences: readonly Fence[]): Program[] {
  const found: (Program & { lines: Line[] })[] = [];
  for (const fence of fences) {
    if (fence.language !== "ts") continue;
    checkMarks(fence);
    const lines = [...linesOf(fence.before), ...linesOf(fence)];
    if (fence.marks.has("continued")) {
      const former = found.at(-1);
      if (former === undefined) throw new Error(`${fence.page}:${fence.line}: there is no block that it continues`);
      if (fence.marks.size > 1)
        throw new Error(`${fence.page}:${fence.line}: a block that continues is run if the first is`);
      former.lines.push(...lines);
      continue;
    }
    found.push({
      name: `${fence.page.replace(/\.md$/, "").replaceAll("/", "-")}-${fence.line}`,
      page: fence.page,
      lines,
      runs: !fence.marks.has("no-run") && !fence.marks.has("no-check"),
      checked: !fence.marks.has("no-check"),
    });
  }
  return found;
}

/** The text of a program, with `export {}` so that it is a module of its own. */
export function sourceOf({ lines }: Program): string {
  return [...lines.map(({ text }) => text), "export {};", ""].join("\n");
}

/** The place in the page of a line of the program, counted from 0. */
export function placeOf({ page, lines }: Program, index: number): string {
  return `${page}:${(lines[index] ?? lines.at(-1)!).line}`;
}

function linesOf(block: { readonly line: number; readonly code: string } | null): Line[] {
  if (block === null) return [];
  const texts = block.code.replace(/\n$/, "").split("\n");
  return texts.map((text, index) => ({ text, line: block.line + index }));
}

function checkMarks({ page, line, marks }: Fence): void {
  for (const [name, reason] of marks) {
    if (!MARKS.includes(name)) throw new Error(`${page}:${line}: unknown mark ${name}; expected ${MARKS.join(", ")}`);
    if (name !== "continued" && !reason)
      throw new Error(`${page}:${line}: ${name} has no reason; expected ${name}="..."`);
  }
}
