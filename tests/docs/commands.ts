import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./markdown.js";

interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly [dependencies: string]: unknown;
}

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const packages = new Set([
  manifest.name,
  ...["devDependencies", "optionalDependencies", "peerDependencies"].flatMap((key) => Object.keys(manifest[key] ?? {})),
]);

/** Programs that are no part of the project, so that nothing can be said about them. */
const OTHERS = new Set(["apt-get", "cd", "git", "python3"]);

/** Whether a piece of code within a line is a command. */
export function isCommand(code: string): boolean {
  return /^(?:[A-Z_]+=\S+ )*(?:npm|npx|node|mpirun) \S/.test(code);
}

/**
 * What is wrong with a line for the shell: a script, a file or an option that is not there, or a command of which nothing is known.
 * Null when nothing is.
 */
export function wrongWith(line: string): string | null {
  for (const command of line.replace(/(?:^|\s)#.*$/, "").split("&&")) {
    const words = command
      .trim()
      .split(/\s+/)
      .filter((word) => word !== "");
    while (/^[A-Z_]+=/.test(words[0] ?? "")) words.shift();
    const wrong = words.length === 0 ? null : wrongCommand(words);
    if (wrong !== null) return wrong;
  }
  return null;
}

function wrongCommand([program, ...rest]: string[]): string | null {
  if (OTHERS.has(program!)) return null;
  if (program === "mpirun") return wrongLaunch(rest);
  if (program === "npm") return wrongNpm(rest);
  if (program === "node") return wrongProgram(withoutOptions(rest));
  if (program === "npx" && rest[0] === "tsx") return wrongProgram(rest.slice(1));
  if (program === "npx" && rest[0] === "jest") return wrongJest(rest.slice(1));
  if (program === "npx" && packages.has(rest[0]!)) return null;
  return `nothing is known of ${program}; mark the block no-run="reason", or teach tests/docs/commands.ts`;
}

/** What `mpirun` starts. Each of its options here has one word behind it. */
function wrongLaunch(words: string[]): string | null {
  const start = words.findIndex((word, i) => i % 2 === 0 && !word.startsWith("-"));
  return start < 0 ? null : wrongCommand(words.slice(start));
}

function wrongNpm([command, ...rest]: string[]): string | null {
  if (command === "ci" || command === "pack" || command === "audit") return null;
  if (command === "install") {
    const named = rest.filter((word, i) => !word.startsWith("-") && rest[i - 1] !== "--prefix");
    const unknown = named.find((word) => !packages.has(word.replace(/(?<=.)@.*$/, "")));
    return unknown === undefined ? null : `${unknown} is none of the packages in package.json`;
  }
  const name = command === "run" ? rest.shift()! : command!;
  const script = manifest.scripts[name];
  if (script === undefined) return `package.json has no script ${name}`;
  return wrongOptions(filesIn(script), rest);
}

/** The file that node runs, if it is no code in the line itself, and what it is given; without node's own options. */
function withoutOptions(words: string[]): string[] {
  if (words.includes("-e")) return [];
  const start = words.findIndex((word, i) => !word.startsWith("-") && words[i - 1] !== "--import");
  return start < 0 ? words : words.slice(start);
}

function wrongProgram([file, ...rest]: string[]): string | null {
  if (file === undefined || file.startsWith("-")) return null;
  if (!existsSync(join(ROOT, file))) return `there is no file ${file}`;
  return wrongOptions([file], rest);
}

function wrongJest(rest: string[]): string | null {
  const path = rest.find((word) => !word.startsWith("-"));
  if (path === undefined || existsSync(join(ROOT, path)) || existsSync(join(ROOT, `${path}.test.ts`))) return null;
  return `there are no tests ${path}`;
}

/** Every option must be written in the files of the program. */
function wrongOptions(files: readonly string[], words: readonly string[]): string | null {
  const sources = [...new Set(files.flatMap((file) => withImports(file)))].map((file) => readFileSync(file, "utf8"));
  for (const word of words) {
    const option = /^--[\w-]+/.exec(word)?.[0];
    if (option === undefined || option === "--help") continue;
    if (!sources.some((source) => source.includes(option)))
      return `${files.join(", ") || "the script"} has no option ${option}`;
  }
  return null;
}

function filesIn(script: string): string[] {
  return script.split(/\s+/).filter((word) => /\.(ts|mjs)$/.test(word) && existsSync(join(ROOT, word)));
}

/** A program and the files beside it that it imports. */
function withImports(file: string, seen = new Set<string>()): string[] {
  const path = join(ROOT, file);
  if (seen.has(path)) return [];
  seen.add(path);
  for (const [, from] of readFileSync(path, "utf8").matchAll(/from "(\.\/[^"]+)"/g)) {
    const imported = join(dirname(file), from!.replace(/\.js$/, ".ts"));
    if (existsSync(join(ROOT, imported))) withImports(imported, seen);
  }
  return [...seen];
}
