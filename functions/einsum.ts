import { ArgumentError, ShapeError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { shapeText, sizeOf } from "../core/shape.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { mul } from "./arithmetic.js";
import { diagonal } from "./diagonal.js";
import { matmul } from "./linalg.js";
import { sum } from "./reduce.js";
import { broadcastTo, reshape, transpose } from "./shape.js";

/** The name of an axis: a letter, or "..." with the number of an axis that an ellipsis stands for, counted from its end. */
type Label = string;

/** An operand, or a product of operands, with the labels of its axes. */
interface Term {
  x: Variable;
  labels: readonly Label[];
}

/**
 * Einstein's summation in NumPy's language: `einsum("ij,jk->ik", a, b)` is the matrix product. Each letter names an axis; what
 * is not in the output is summed; a letter twice in one operand takes its diagonal; "..." stands for the axes that have no letter
 * and broadcasts them. Without "->" the output has the axes of the ellipsis, then the letters that occur once, in the order of
 * the alphabet, upper case first. Operands are contracted from left to right, by matrix products where axes are summed.
 * @throws ArgumentError when the subscripts are malformed or there is not one term for each operand; ShapeError when an operand
 * has another number of axes than its term has letters, or when lengths of one letter differ (and none is 1).
 */
export function einsum(subscripts: string, ...operands: Operand[]): Variable {
  const reference = operands.find((x) => x instanceof Variable || x instanceof NDArray) as
    | Variable
    | NDArray
    | undefined;
  const { terms, output } = parse(
    subscripts,
    operands.map((x) => asVariable("einsum", x, reference)),
  );
  let product = summed(terms[0]!, [...output, ...terms.slice(1).flatMap(({ labels }) => labels)]);
  for (let i = 1; i < terms.length; i++) {
    product = contract(product, terms[i]!, [...output, ...terms.slice(i + 1).flatMap(({ labels }) => labels)]);
  }
  return permuted(product, output);
}

/** Takes the subscripts apart and the diagonals of operands with a letter twice. */
function parse(subscripts: string, operands: readonly Variable[]): { terms: Term[]; output: Label[] } {
  const call = `einsum "${subscripts}" of ${operands.map((x) => shapeText(x.shape)).join(", ") || "no operands"}`;
  const [inputText, outputText, ...rest] = String(subscripts).replace(/\s+/g, "").split("->");
  const texts = inputText!.split(",");
  for (const text of [...texts, outputText ?? ""]) {
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(text)) {
      throw new ArgumentError(`${call}: "${text}" is not a term; expected letters and at most one "..."`);
    }
  }
  if (rest.length > 0) throw new ArgumentError(`${call}: more than one "->"; expected at most one`);
  if (texts.length !== operands.length) {
    throw new ArgumentError(
      `${call}: ${texts.length} term${texts.length === 1 ? "" : "s"} for ${operands.length} operands; expected one for each`,
    );
  }
  const inputs = texts.map((text, i) => inputLabels(call, text, i, operands[i]!));
  checkLengths(call, inputs, operands);
  const output = outputText === undefined ? implicitOutput(inputs) : explicitOutput(call, outputText, inputs);
  return { terms: inputs.map((labels, i) => withoutRepeats(operands[i]!, labels)), output };
}

function inputLabels(call: string, text: string, index: number, { ndim, shape }: Variable): Label[] {
  const [before, after] = text.split("...");
  const letters = before!.length + (after?.length ?? 0);
  if (after === undefined ? letters !== ndim : letters > ndim) {
    throw new ShapeError(
      `${call}: operand ${index} of shape ${shapeText(shape)} has ${ndim} axes and its term "${text}" ${letters} letters; ` +
        `expected ${after === undefined ? "as many" : "no more"} letters${after === undefined ? ', or "..."' : ""}`,
    );
  }
  return [...before!, ...ellipsisLabels(ndim - letters), ...(after ?? "")];
}

function ellipsisLabels(count: number): Label[] {
  return Array.from({ length: count }, (_, i) => `...${count - i}`);
}

/** The labels of the longest ellipsis. */
function allEllipsisLabels(inputs: readonly Label[][]): Label[] {
  return ellipsisLabels(Math.max(...inputs.map((labels) => labels.filter(isEllipsis).length)));
}

function isEllipsis(label: Label): boolean {
  return label.startsWith("...");
}

function implicitOutput(inputs: readonly Label[][]): Label[] {
  const all = inputs.flat();
  const once = all.filter((label) => !isEllipsis(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...allEllipsisLabels(inputs), ...once.sort()];
}

function explicitOutput(call: string, text: string, inputs: readonly Label[][]): Label[] {
  const [before, after] = text.split("...");
  const ellipsis = allEllipsisLabels(inputs);
  if (after === undefined && ellipsis.length > 0) {
    throw new ArgumentError(
      `${call}: the output leaves out "...", whose axes are not summed; expected it, or letters in its place`,
    );
  }
  const letters = [...before!, ...(after ?? "")];
  const known = new Set(inputs.flat());
  letters.forEach((letter, i) => {
    if (!known.has(letter)) {
      throw new ArgumentError(
        `${call}: output letter "${letter}" is in no operand; expected one of "${[...known].filter((l) => !isEllipsis(l)).join("")}"`,
      );
    }
    if (letters.indexOf(letter) !== i) {
      throw new ArgumentError(`${call}: output letter "${letter}" is given twice; expected each once`);
    }
  });
  return [...before!, ...ellipsis, ...(after ?? "")];
}

function checkLengths(call: string, inputs: readonly Label[][], operands: readonly Variable[]): void {
  const seen = new Map<Label, { length: number; operand: number }>();
  inputs.forEach((labels, operand) => {
    labels.forEach((label, axis) => {
      const length = operands[operand]!.shape[axis]!;
      const former = seen.get(label);
      if (former === undefined) {
        seen.set(label, { length, operand });
        return;
      }
      const broadcasts = former.operand !== operand && (length === 1 || former.length === 1);
      if (length !== former.length && !broadcasts) {
        const name = isEllipsis(label) ? `axis ${-Number(label.slice(3))} of "..."` : `"${label}"`;
        throw new ShapeError(
          `${call}: ${name} has length ${former.length} in operand ${former.operand} and ${length} in operand ${operand}; ` +
            `expected equal lengths${former.operand === operand ? "" : " or 1"}`,
        );
      }
      if (former.length === 1) seen.set(label, { length, operand });
    });
  });
}

/** The operand with the diagonal, as one axis at the end, of each letter that occurs more than once. */
function withoutRepeats(x: Variable, labels: readonly Label[]): Term {
  const axis2 = labels.findIndex((label, i) => labels.indexOf(label) !== i);
  if (axis2 < 0) return { x, labels };
  const label = labels[axis2]!;
  const axis1 = labels.indexOf(label);
  const rest = labels.filter((_, i) => i !== axis1 && i !== axis2);
  return withoutRepeats(diagonal(x, { axis1, axis2 }), [...rest, label]);
}

/** `term` with the axes summed that are not in `keep`. */
function summed(term: Term, keep: readonly Label[]): Term {
  const axis = term.labels.flatMap((label, i) => (keep.includes(label) ? [] : [i]));
  if (axis.length === 0) return term;
  return { x: sum(term.x, { axis }), labels: term.labels.filter((label) => keep.includes(label)) };
}

/** `term` with its axes in the order of `labels`, which are its own. */
function permuted({ x, labels }: Term, order: readonly Label[]): Variable {
  return order.every((label, i) => label === labels[i])
    ? x
    : transpose(
        x,
        order.map((label) => labels.indexOf(label)),
      );
}

function lengthsOf({ x, labels }: Term, of: readonly Label[]): number[] {
  return of.map((label) => x.shape[labels.indexOf(label)]!);
}

/** The product of two terms, summed over what is not in `keep`. */
function contract(left: Term, right: Term, keep: readonly Label[]): Term {
  const a = summed(left, [...keep, ...right.labels]);
  const b = summed(right, [...keep, ...left.labels]);
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => keep.includes(label));
  const inner = shared.filter((label) => !keep.includes(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const noMatrices = rows.length === 0 && columns.length === 0 && batch.length > 0;
  if (inner.length === 0 || noMatrices) {
    const labels = [...batch, ...rows, ...columns, ...inner];
    return summed({ x: mul(spread(a, labels), spread(b, labels)), labels }, keep);
  }
  const [m, n] = [lengthsOf(a, rows), lengthsOf(b, columns)];
  const innerShape = lengthsOf(a, inner).map((length, i) => (length === 1 ? lengthsOf(b, inner)[i]! : length));
  const k = sizeOf(innerShape);
  const x = reshape(permuted(stretched(a, inner, innerShape), [...batch, ...rows, ...inner]), [
    ...lengthsOf(a, batch),
    sizeOf(m),
    k,
  ]);
  const y = reshape(permuted(stretched(b, inner, innerShape), [...batch, ...inner, ...columns]), [
    ...lengthsOf(b, batch),
    k,
    sizeOf(n),
  ]);
  const product = matmul(x, y);
  const batchShape = product.shape.slice(0, batch.length);
  return { x: reshape(product, [...batchShape, ...m, ...n]), labels: [...batch, ...rows, ...columns] };
}

/** `term` with axes for all of `labels`, of length 1 where it has none, so that it broadcasts. */
function spread(term: Term, labels: readonly Label[]): Variable {
  const own = labels.filter((label) => term.labels.includes(label));
  return reshape(
    permuted(term, own),
    labels.map((label) => (own.includes(label) ? lengthsOf(term, [label])[0]! : 1)),
  );
}

/** `term` with its axes `inner` broadcast to `lengths`. */
function stretched(term: Term, inner: readonly Label[], lengths: readonly number[]): Term {
  const shape = term.labels.map((label, i) =>
    inner.includes(label) ? lengths[inner.indexOf(label)]! : term.x.shape[i]!,
  );
  return { x: broadcastTo(term.x, shape), labels: term.labels };
}
