import { firstIds, forward, isLeaf, type Leaf, outputsOf, type Program, type Step } from "./program.js";

/**
 * The smallest program that `fails` still, found by leaving out roots and steps that nothing needs, by putting leaves in the
 * place of steps, and by making leaves plain.
 */
export async function shrink(program: Program, fails: (smaller: Program) => Promise<boolean>): Promise<Program> {
  let best = pruned(program);
  for (;;) {
    const next = await firstFailing(candidates(best), costs(best), fails);
    if (next === null) return best;
    best = next;
  }
}

async function firstFailing(
  programs: Iterable<Program>,
  most: number,
  fails: (program: Program) => Promise<boolean>,
): Promise<Program | null> {
  for (const program of programs) if (costs(program) < most && (await fails(program))) return program;
  return null;
}

/** What a program costs to read: steps above all, then roots, then what there is to say of its leaves. */
function costs({ nodes, roots }: Program): number {
  const leaves = nodes.filter(isLeaf);
  const special = leaves.filter(({ layout }) => layout >= 0).length + leaves.filter((x) => x.requiresGrad).length;
  const digits = leaves.reduce((sum, { values }) => sum + String(values).length, 0);
  return (nodes.length - leaves.length) * 1e9 + roots.length * 1e8 + special * 1e6 + digits;
}

function* candidates(program: Program): Iterable<Program> {
  const { nodes, roots } = program;
  if (roots.length > 1) for (const root of roots) yield pruned({ nodes, roots: [root] });
  // Values before the last may show the failure already.
  const firsts = firstIds(program);
  for (let n = nodes.length - 1; n >= 0; n--) {
    if (!isLeaf(nodes[n]!)) yield pruned({ nodes, roots: [firsts[n]!] });
  }
  for (let n = 0; n < nodes.length; n++) if (!isLeaf(nodes[n]!)) yield withLeaves(program, n);
  for (let n = 0; n < nodes.length; n++) {
    const node = nodes[n]!;
    if (!isLeaf(node)) continue;
    for (const plain of plainer(node)) yield { nodes: nodes.with(n, plain), roots };
  }
}

/** Leaves like `leaf`, but one thing simpler. */
function plainer(leaf: Leaf): Leaf[] {
  const simpler: Leaf[] = [];
  if (leaf.layout >= 0) simpler.push({ ...leaf, layout: -1 });
  if (leaf.requiresGrad) simpler.push({ ...leaf, requiresGrad: false });
  const rounded = leaf.values.map((v) => Math.round(10 * v) / 10);
  if (leaf.dtype === "float64" && rounded.some((v, i) => v !== leaf.values[i]))
    simpler.push({ ...leaf, values: rounded });
  return simpler;
}

/** The program with leaves in the place of the outputs of a step. */
function withLeaves(program: Program, n: number): Program {
  const { values } = forward(program);
  const first = firstIds(program)[n]!;
  const step = program.nodes[n] as Step;
  const leaves = Array.from({ length: step.outputs }, (_, i): Leaf => {
    const { shape, dtype, data } = values[first + i]!;
    const elements = Array.from(data.toTypedArray());
    return { shape, dtype, values: elements, layout: -1, requiresGrad: true };
  });
  return pruned({ nodes: program.nodes.toSpliced(n, 1, ...leaves), roots: program.roots });
}

/** The program without what its roots do not need. */
function pruned(program: Program): Program {
  const firsts = firstIds(program);
  const needed = new Set(program.roots);
  for (let n = program.nodes.length - 1; n >= 0; n--) {
    const node = program.nodes[n]!;
    const own = Array.from({ length: outputsOf(node) }, (_, i) => firsts[n]! + i);
    if (!own.some((id) => needed.has(id))) continue;
    for (const id of own) needed.add(id);
    if (!isLeaf(node)) for (const id of node.args) needed.add(id);
  }
  const renamed = new Map([...needed].sort((a, b) => a - b).map((id, i) => [id, i]));
  const nodes = program.nodes
    .filter((_, n) => needed.has(firsts[n]!))
    .map((node) => (isLeaf(node) ? node : { ...node, args: node.args.map((id) => renamed.get(id)!) }));
  return { nodes, roots: program.roots.map((id) => renamed.get(id)!) };
}
