import { grad } from "../../core/backward.js";
import { array, zeros } from "../../core/creation.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { Generator } from "../../core/rng.js";
import { type Variable, variable } from "../../core/variable.js";
import { einsum } from "../../functions/einsum.js";

/** A random call: subscripts, operands, and the labels of every axis, those of an ellipsis spelt as digits from its end. */
interface Call {
  subscripts: string;
  operands: Variable[];
  inputs: string[];
  output: string;
}

const LENGTHS: Record<string, number> = { a: 2, b: 3, c: 1, d: 2, E: 3, "1": 2, "2": 3 };

function randomCall(generator: Generator): Call {
  const pick = (from: string) => from[generator.integer(from.length)]!;
  const word = (from: string, n: number) => Array.from({ length: n }, () => pick(from)).join("");
  const dots = generator.integer(2) === 1;
  const terms = Array.from({ length: 1 + generator.integer(4) }, () => {
    const ellipsis = dots && generator.integer(3) > 0 ? "21".slice(generator.integer(3)) : null;
    return { before: word("abcdE", generator.integer(3)), ellipsis, after: word("abcdE", generator.integer(2)) };
  });
  const inputs = terms.map(({ before, ellipsis, after }) => before + (ellipsis ?? "") + after);
  const text = terms.map(({ before, ellipsis, after }) => before + (ellipsis === null ? "" : "...") + after).join(",");
  const letters = inputs.join("").replace(/[0-9]/g, "");
  const rest = "21".slice(2 - Math.max(...inputs.map((labels) => labels.replace(/[^0-9]/g, "").length)));
  const operands = inputs.map((labels) => {
    // Now and then an axis of length 1, which broadcasts; not on a diagonal.
    const shape = [...labels].map((l) =>
      generator.integer(8) === 0 && labels.split(l).length === 2 ? 1 : LENGTHS[l]!,
    );
    const size = shape.reduce((n, m) => n * m, 1);
    return variable(array(Float64Array.from({ length: size }, () => generator.normal())).reshape(shape));
  });
  if (generator.integer(3) === 0) {
    const once = [...letters].filter((l) => letters.split(l).length === 2).sort();
    return { subscripts: text, operands, inputs, output: rest + once.join("") };
  }
  const chosen = [...new Set(letters)].filter(() => generator.integer(2) === 1);
  const order = chosen.map((l) => [generator.uniform(), l] as const).sort(([p], [q]) => p - q);
  const output = order.map(([, l]) => l).join("");
  const cut = generator.integer(output.length + 1);
  const explicit = terms.some(({ ellipsis }) => ellipsis !== null)
    ? `${output.slice(0, cut)}...${output.slice(cut)}`
    : output;
  return { subscripts: `${text}->${explicit}`, operands, inputs, output: explicit.replace("...", rest) };
}

/** The sum over all positions of all labels. */
function naive({ operands, inputs, output }: Call): { shape: number[]; values: number[] } {
  const labels = [...new Set([...inputs.join(""), ...output])];
  const length = (label: string) =>
    Math.max(...inputs.flatMap((term, i) => [...term].map((l, axis) => (l === label ? operands[i]!.shape[axis]! : 1))));
  const flat = operands.map((x) => x.toTypedArray());
  const shape = [...output].map(length);
  const values = new Array<number>(shape.reduce((n, m) => n * m, 1)).fill(0);
  const at = new Map<string, number>();
  const offset = (term: string, lengths: readonly number[]) =>
    [...term].reduce((sum, l, axis) => sum * lengths[axis]! + (lengths[axis] === 1 ? 0 : at.get(l)!), 0);
  const visit = (i: number) => {
    if (i === labels.length) {
      values[offset(output, shape)]! += inputs.reduce(
        (p, term, j) => p * flat[j]![offset(term, operands[j]!.shape)]!,
        1,
      );
      return;
    }
    for (let n = 0; n < length(labels[i]!); n++) {
      at.set(labels[i]!, n);
      visit(i + 1);
    }
  };
  visit(0);
  return { shape, values };
}

const dot = (x: Variable, y: Variable) => {
  const ys = y.toTypedArray();
  return Array.from(x.toTypedArray()).reduce((sum, value, i) => sum + value * ys[i]!, 0);
};

describe("einsum against loops", () => {
  const generator = new Generator(20);
  const calls = Array.from({ length: 400 }, () => randomCall(generator));

  test("random subscripts", () => {
    for (const call of calls) {
      const { shape, values } = naive(call);
      const y = einsum(call.subscripts, ...call.operands);
      expect([call.subscripts, y.shape]).toEqual([call.subscripts, shape]);
      const wrong = Array.from(y.toTypedArray()).filter((v, i) => Math.abs(v - values[i]!) > 1e-10);
      expect([call.subscripts, wrong]).toEqual([call.subscripts, []]);
    }
  });

  test("random calls have every feature of the language", () => {
    const all = calls.map(({ subscripts }) => subscripts);
    for (const feature of [/^[^>]*$/, /->$/, /\.\.\..*,/, /^[^,]*$/, /,.*,/, /([a-zE])[^,]*\1[^,]*(,|->|$)/, /E/]) {
      expect(all.filter((text) => feature.test(text)).length).toBeGreaterThan(20);
    }
  });

  test("gradients: the result is linear in each operand, so <gradient, operand> is <cotangent, result>", () => {
    for (const { subscripts, operands } of calls.slice(0, 150)) {
      const y = einsum(subscripts, ...operands);
      const gy = variable(array(Float64Array.from({ length: y.size }, () => generator.normal())).reshape(y.shape));
      const gxs = grad(y, operands, { gradYs: [gy] });
      gxs.forEach((gx, i) => {
        expect([subscripts, gx.shape]).toEqual([subscripts, operands[i]!.shape]);
        expect(dot(gx, operands[i]!)).toBeCloseTo(dot(gy, y), 9);
      });
    }
  });
});

describe("einsum", () => {
  const x = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test("a matrix product is one matmul of the operands themselves", () => {
    const [a, b] = [variable(x), variable(zeros([3, 4]))];
    expect(einsum("ij,jk->ik", a, b).creator!.inputs).toEqual([a, b]);
  });

  test("without an arrow, letters stand in the order of the alphabet, upper case first", () => {
    expect(einsum("bA", x).shape).toEqual([3, 2]);
    expect(einsum("ba", x).shape).toEqual([3, 2]);
    expect(einsum("i...", x).shape).toEqual([3, 2]);
  });

  test("an ellipsis may stand for nothing", () => {
    expect(einsum("...ij->...ji", x).shape).toEqual([3, 2]);
    expect(einsum("ij->...ij", x).shape).toEqual([2, 3]);
    expect(einsum("...,...", 2, 3).item()).toBe(6);
    expect(einsum("", 2).item()).toBe(2);
  });

  test("integers stay integers, dtypes are promoted", () => {
    const n = array([[1, 2]], { dtype: "int32" });
    expect(einsum("ij,kj->ik", n, n).dtype).toBe("int32");
    expect(einsum("ij,kj->ik", n, n).toArray()).toEqual([[5]]);
    expect(einsum("ij,kj->ik", n, array([[1, 2]], { dtype: "float64" })).dtype).toBe("float64");
    expect(einsum("i,i", [1, 2], array([1, 2], { dtype: "float64" })).dtype).toBe("float64");
  });

  test("empty sums are 0", () => {
    expect(einsum("ij,jk->ik", zeros([2, 0]), zeros([0, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(einsum("ij,jk->ik", zeros([2, 1]), zeros([0, 2])).shape).toEqual([2, 2]);
    expect(einsum("i->", zeros([0])).item()).toBe(0);
  });

  test.each([
    [
      "ij,jk->ik",
      [x, zeros([4, 5])],
      'of (2, 3), (4, 5): "j" has length 3 in operand 0 and 4 in operand 1; expected equal lengths or 1',
    ],
    [
      "i,i,i",
      [zeros([1]), zeros([2]), zeros([3])],
      'of (1,), (2,), (3,): "i" has length 2 in operand 1 and 3 in operand 2; expected equal lengths or 1',
    ],
    ["ii", [x], 'of (2, 3): "i" has length 2 in operand 0 and 3 in operand 0; expected equal lengths'],
    ["ii", [zeros([1, 3])], 'of (1, 3): "i" has length 1 in operand 0 and 3 in operand 0; expected equal lengths'],
    [
      "...i,...i",
      [zeros([2, 3]), zeros([4, 3])],
      'of (2, 3), (4, 3): axis -1 of "..." has length 2 in operand 0 and 4 in operand 1; expected equal lengths or 1',
    ],
    [
      "ijk",
      [x],
      'of (2, 3): operand 0 of shape (2, 3) has 2 axes and its term "ijk" 3 letters; expected as many letters, or "..."',
    ],
    [
      "i,i",
      [zeros([2]), x],
      'of (2,), (2, 3): operand 1 of shape (2, 3) has 2 axes and its term "i" 1 letters; expected as many letters, or "..."',
    ],
    [
      "ij...k",
      [x],
      'of (2, 3): operand 0 of shape (2, 3) has 2 axes and its term "ij...k" 3 letters; expected no more letters',
    ],
  ])("%s of wrong shapes throws", (subscripts, operands, message) => {
    expect(() => einsum(subscripts, ...operands)).toThrow(new ShapeError(`einsum "${subscripts}" ${message}`));
    expect(() => einsum(subscripts, ...operands)).toThrow(ShapeError);
  });

  test.each([
    ["ij,jk", [x], "of (2, 3): 2 terms for 1 operands; expected one for each"],
    ["ij", [x, x], "of (2, 3), (2, 3): 1 term for 2 operands; expected one for each"],
    ["ij", [], "of no operands: 1 term for 0 operands; expected one for each"],
    ["i1", [x], 'of (2, 3): "i1" is not a term; expected letters and at most one "..."'],
    ["i..j", [x], 'of (2, 3): "i..j" is not a term; expected letters and at most one "..."'],
    ["...i...", [x], 'of (2, 3): "...i..." is not a term; expected letters and at most one "..."'],
    ["ij->i->j", [x], 'of (2, 3): more than one "->"; expected at most one'],
    ["ij->ik", [x], 'of (2, 3): output letter "k" is in no operand; expected one of "ij"'],
    ["ij->ii", [x], 'of (2, 3): output letter "i" is given twice; expected each once'],
    [
      "i...->i",
      [x],
      'of (2, 3): the output leaves out "...", whose axes are not summed; expected it, or letters in its place',
    ],
  ])("malformed: %s", (subscripts, operands, message) => {
    expect(() => einsum(subscripts, ...operands)).toThrow(new ArgumentError(`einsum "${subscripts}" ${message}`));
    expect(() => einsum(subscripts, ...operands)).toThrow(ArgumentError);
  });
});
