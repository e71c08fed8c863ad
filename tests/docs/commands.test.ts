import { isCommand, wrongWith } from "./commands.js";
import { pages } from "./markdown.js";

const all = pages();

test("every command in a block exists, with its options", () => {
  const wrong: string[] = [];
  for (const { page, line, language, marks, code } of all.flatMap(({ fences }) => fences)) {
    if (language !== "sh" || marks.get("no-run")) continue;
    for (const [index, text] of code.split("\n").entries()) {
      const found = wrongWith(text);
      if (found !== null) wrong.push(`${page}:${line + index}: ${text}: ${found}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("every command within a line exists, with its options", () => {
  const wrong: string[] = [];
  for (const { path, inlineCode } of all) {
    for (const { line, code } of inlineCode) {
      const found = isCommand(code) ? wrongWith(code) : null;
      if (found !== null) wrong.push(`${path}:${line}: ${code}: ${found}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("what is not there is noticed", () => {
  expect(wrongWith("npm run nothing")).toBe("package.json has no script nothing");
  expect(wrongWith("FEW=1 npx tsx examples/nothing.ts")).toBe("there is no file examples/nothing.ts");
  expect(wrongWith("npm start -- --epochs 1 --nothing")).toBe("examples/mnist.ts has no option --nothing");
  expect(wrongWith("npm install && npm install nothing")).toBe("nothing is none of the packages in package.json");
  expect(wrongWith("npx jest tests/nothing # all of it")).toBe("there are no tests tests/nothing");
  expect(wrongWith("make")).toContain("nothing is known of make");
});
