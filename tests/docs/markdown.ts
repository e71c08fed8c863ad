import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";

/** The folder of the repository, from which tests and scripts are run. */
export const ROOT = process.cwd();

/** A block of code between fences. */
export interface Fence {
  /** The page, from the root of the repository. */
  readonly page: string;
  /** The line of its first line of code, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** The words behind the language, `reason` of `no-run="reason"` as its value, null for one without. */
  readonly marks: ReadonlyMap<string, string | null>;
  readonly code: string;
  /** What `<!-- before ... -->` right above it says, and the line where that starts. */
  readonly before: { readonly line: number; readonly code: string } | null;
}

/** What the tests look at in a page. */
export interface Page {
  readonly path: string;
  readonly text: string;
  readonly fences: readonly Fence[];
  /** Code within a line, with the line it is in. */
  readonly inlineCode: readonly { readonly line: number; readonly code: string }[];
  /** Where links and pictures lead. */
  readonly links: readonly { readonly line: number; readonly href: string }[];
  readonly headings: readonly string[];
}

/** All pages that a reader of the repository meets. */
export function pages(): Page[] {
  const guides = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  const top = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  return [...top, ...guides.map((name) => `docs/${name}`), "bench/README.md"].sort().map((path) => readPage(path));
}

/** Reads a page of the repository. */
export function readPage(path: string, text = readFileSync(join(ROOT, path), "utf8")): Page {
  const tokens = new MarkdownIt({ html: true }).parse(text, {});
  const fences: Fence[] = [];
  const inlineCode: { line: number; code: string }[] = [];
  const links: { line: number; href: string }[] = [];
  const headings: string[] = [];
  let before: Fence["before"] = null;
  let line = 1;
  for (const [index, token] of tokens.entries()) {
    // The cells of a table do not say where they are, but their row does.
    line = token.map === null ? line : token.map[0] + 1;
    if (token.type === "fence") {
      const [language = "", ...rest] = words(token.info);
      fences.push({
        page: path,
        line: line + 1,
        language,
        marks: new Map(rest.map(mark)),
        code: token.content,
        before,
      });
    }
    before = token.type === "html_block" ? beforeIn(token.content, line) : null;
    if (token.type === "heading_open") headings.push(tokens[index + 1]!.content);
    for (const child of token.children ?? []) {
      if (child.type === "code_inline") inlineCode.push({ line, code: child.content });
      const href = child.attrGet(child.type === "image" ? "src" : "href");
      const written = child.type === "html_inline" ? /\s(?:href|src)="([^"]*)"/.exec(child.content)?.[1] : null;
      for (const link of [href, written]) if (link != null) links.push({ line, href: decodeURI(link) });
    }
  }
  return { path, text, fences, inlineCode, links, headings };
}

/** The name by which a link reaches a heading, as GitHub makes it. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

function words(info: string): string[] {
  return info.match(/[^\s"]+(?:"[^"]*")?/g) ?? [];
}

function mark(word: string): [name: string, value: string | null] {
  const value = /^([^=]+)="([^"]*)"$/.exec(word);
  return value === null ? [word, null] : [value[1]!, value[2]!];
}

function beforeIn(html: string, line: number): Fence["before"] {
  const found = /^<!-- before\n([\s\S]*)-->\s*$/.exec(html);
  return found === null ? null : { line: line + 1, code: found[1]! };
}
