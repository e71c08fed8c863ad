import { type Below, pick } from "./chance.js";

/** A value as `JSON.parse` gives it, or a text that stands for itself in JSON. */
type Node = unknown;

/** JSON that no honest program writes. */
const HOSTILE = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "0.5",
  "1e400",
  "-1e400",
  "1e308",
  "5e-324",
  "2147483648",
  "4294967296",
  "9007199254740993",
  "1e15",
  '""',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"hasOwnProperty"',
  '"\\u0000"',
  '"\\ud800"',
  '"FullyConnected"',
  '"relu"',
  '"NaN"',
  `"${"x".repeat(5000)}"`,
  '"adam(lr=adam(lr=1))"',
  `"${"f(a=".repeat(2000)}"`,
  "[]",
  "[[]]",
  "[null]",
  "[-1]",
  "[1e9,1e9]",
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  `${'{"layer":"Sequential","hyperparameters":{"layers":['.repeat(20_000)}${"]}}".repeat(20_000)}`,
  "{}",
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"length":1e9}',
  '{"length":-1,"0":1}',
  '{"$tensor":"x"}',
  '{"$number":"NaN"}',
  '{"$number":"constructor"}',
  '{"toString":1,"valueOf":1}',
  '{"layer":"Sequential","hyperparameters":{}}',
  '{"name":"constructor"}',
];
const KEYS = ["__proto__", "constructor", "prototype", "toString", "length", "hasOwnProperty", "", "then", "x", "0"];

/** Stands in a tree for JSON text. */
class Raw {
  constructor(readonly text: string) {}
}

function text(node: Node): string {
  if (node instanceof Raw) return node.text;
  if (Array.isArray(node)) return `[${node.map(text).join()}]`;
  if (node instanceof Map)
    return `{${[...node].map(([key, value]) => `${JSON.stringify(key).replace(/#\d+"$/, '"')}:${text(value)}`).join()}}`;
  return JSON.stringify(node) ?? "null";
}

/** Objects become Maps, so that they can have any key, and, with a number behind it, one twice. */
function tree(value: unknown): Node {
  if (Array.isArray(value)) return value.map(tree);
  if (typeof value === "object" && value !== null)
    return new Map(Object.entries(value).map(([key, entry]) => [key, tree(entry)]));
  return value;
}

type Place = { readonly in: Node[] | Map<string, Node>; readonly at: number | string };

function places(node: Node, found: Place[]): Place[] {
  if (Array.isArray(node)) {
    for (const [at, value] of node.entries()) {
      found.push({ in: node, at });
      places(value, found);
    }
  } else if (node instanceof Map) {
    for (const [at, value] of node) {
      found.push({ in: node, at });
      places(value, found);
    }
  }
  return found;
}

const get = (place: Place): Node =>
  Array.isArray(place.in) ? place.in[place.at as number] : place.in.get(place.at as string);

function set(place: Place, value: Node): void {
  if (Array.isArray(place.in)) place.in[place.at as number] = value;
  else place.in.set(place.at as string, value);
}

function damage(root: Node, below: Below): Node {
  const all = places(root, []);
  if (all.length === 0) return new Raw(pick(HOSTILE, below));
  const place = pick(all, below);
  switch (below(7)) {
    case 0:
    case 1:
      set(place, new Raw(pick(HOSTILE, below)));
      break;
    case 2: {
      const value = get(place);
      if (typeof value === "number") set(place, pick([-value, value + 1, value * 1e9, value / 3, value - 1], below));
      else set(place, get(pick(all, below)));
      break;
    }
    case 3:
      if (Array.isArray(place.in)) place.in.splice(place.at as number, 1);
      else place.in.delete(place.at as string);
      break;
    case 4:
      if (Array.isArray(place.in)) place.in.push(get(pick(all, below)));
      else place.in.set(pick(KEYS, below), new Raw(pick(HOSTILE, below)));
      break;
    case 5:
      // A key that is there twice: the second counts.
      if (!Array.isArray(place.in)) place.in.set(`${place.at}#${below(9)}`, new Raw(pick(HOSTILE, below)));
      else place.in.splice(place.at as number, 0, get(place));
      break;
    default: {
      const other = pick(all, below);
      const value = get(place);
      set(place, get(other));
      set(other, value);
    }
  }
  return root;
}

/** JSON text of `value` after one to three changes that keep it JSON. Null where it would have contained itself. */
export function damagedJson(value: unknown, below: Below): string | null {
  let root = tree(value);
  try {
    for (let i = 0; i <= below(2) * below(3); i++) root = damage(root, below);
    return text(root);
  } catch (error) {
    // Two places were swapped of which one lies in the other.
    if (error instanceof RangeError) return null;
    throw error;
  }
}
