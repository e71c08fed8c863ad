import { relative } from "node:path";
import { keyOf } from "./mutants.mjs";

/*
 * What Stryker is told beyond its options. It loads this file in the process of scripts/mutate.mjs, which sets the variables below.
 */

/** The places whose mutants are to be tested, by the length of their file, which is all that an ignorer can know of it. */
const chosen = new Map();
let keys = new Set();
let onResult = () => {};

/** Restricts the run to these places, and says what is to be done with each result that counts. */
export function observe(places, listener) {
  for (const place of places) chosen.set(place.length, [...(chosen.get(place.length) ?? []), place]);
  keys = new Set(places.map(({ key }) => key));
  onResult = listener;
}

/** Stryker takes all mutants within a range: those of the parts of a chosen place are ignored here, unless a part is chosen too. */
const others = {
  shouldIgnore(path) {
    const { loc } = path.node;
    if (!loc) return undefined;
    const program = path.isProgram() ? path.node : path.findParent((parent) => parent.isProgram())?.node;
    const here = chosen.get(program?.end) ?? [];
    return here.some((place) => holds(loc, place)) ? undefined : "not in the sample";
  },
};

/** Whether the place lies within `loc`, whose lines are counted from 1. */
function holds({ start, end }, place) {
  const before = start.line - 1 - place.start.line || start.column - place.start.column;
  const after = end.line - 1 - place.end.line || end.column - place.end.column;
  return before <= 0 && after >= 0;
}

const results = {
  onMutantTested(result) {
    const file = relative(process.cwd(), result.fileName);
    const [start, end] = [fromZero(result.location.start), fromZero(result.location.end)];
    // A place that encloses a chosen one and lies within another one comes along, and does not count.
    if (keys.has(keyOf(file, { start, end }))) onResult({ ...result, file, location: { start, end } });
  },
};

function fromZero({ line, column }) {
  return { line: line - 1, column: column - 1 };
}

export const strykerPlugins = [
  { kind: "Ignore", name: "others", value: others },
  { kind: "Reporter", name: "results", value: results },
];
