import { ReflectionKind } from "typedoc";

/**
 * Makes links of the names of exports in the guides: `FullyConnected`, `F.matmul`, `optim.Adam`. In a table only the first column says what is
 * ours; names in the others may be another library's.
 */
export function linkNames(project, documents) {
  const targets = new Map();
  for (const [module, space] of [
    ["retrograd", ""],
    ["retrograd/functions", "F."],
    ["retrograd/nn", "nn."],
    ["retrograd/optim", "optim."],
  ]) {
    for (const child of project.children?.find(({ name }) => name === module)?.children ?? []) {
      targets.set(`${space}${child.name}`, child);
      if (child.kindOf(ReflectionKind.Class) && !targets.has(child.name)) targets.set(child.name, child);
    }
  }
  for (const document of documents) {
    let line = "";
    document.content = document.content.map((part) => {
      const target = targets.get(/^`([\w.]+)`$/.exec(part.text)?.[1]);
      const ours = !/^\|.*\|/.test(line);
      line = `${line}${part.text}`.split("\n").at(-1);
      if (part.kind !== "code" || target === undefined || !ours || document.name === target.name) return part;
      return { kind: "inline-tag", tag: "@linkcode", text: part.text.slice(1, -1), target };
    });
  }
}
