import { elementsOf, firstIndex } from "./backend/elements.js";
import { type DType, isFloat } from "./dtype.js";
import type { NDArray } from "./ndarray.js";

/*
 * Printing as NumPy does it with its default options (numpy/core/arrayprint.py describes the format): one width for all
 * elements, at most 8 digits after the point, exponents when magnitudes differ much, lines of 75 characters.
 */

const PRECISION = 8;
const THRESHOLD = 1000;
const EDGE = 3;
const LINE_WIDTH = 75;

/** Enough digits to see whether a number lies exactly between two that are rounded to PRECISION digits. */
const EXACT_DIGITS = 60;

type Format = (value: number) => string;

/**
 * The elements of `x` as NumPy prints them, with three of each edge when there are more than 1,000. `indent` is how many
 * columns of the first line are taken, so that the following lines align with it.
 */
export function formatArray(x: NDArray, indent = 0): string {
  if (x.size === 0) return "[]";
  const summarized = x.size > THRESHOLD;
  const shown = x.shape.map((n) => shownPositions(n, summarized));
  const format = formatOf(shownValues(x, shown), x.dtype, x.ndim);
  const elements = elementsOf(x.dtype);
  const first = firstIndex(x);

  const nested = (axis: number, offset: number, hanging: string, width: number): string => {
    if (axis === x.ndim) return format(elements[first + offset]!);
    const texts: string[] = [];
    for (const i of shown[axis]!) {
      texts.push(nested(axis + 1, offset + i * x.strides[axis]!, `${hanging} `, width - 1));
    }
    if (texts.length < x.shape[axis]!) texts.splice(EDGE, 0, "...");
    const lines = axis === x.ndim - 1 ? wrapped(texts, hanging, width - 1) : stacked(texts, hanging, x.ndim - 1 - axis);
    return `[${lines}]`;
  };
  return nested(0, 0, " ".repeat(indent + 1), LINE_WIDTH);
}

function shownPositions(length: number, summarized: boolean): number[] {
  if (!summarized || length <= 2 * EDGE) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: 2 * EDGE }, (_, i) => (i < EDGE ? i : length - 2 * EDGE + i));
}

function shownValues(x: NDArray, shown: readonly number[][]): number[] {
  const elements = elementsOf(x.dtype);
  let offsets = [firstIndex(x)];
  shown.forEach((positions, axis) => {
    offsets = offsets.flatMap((offset) => positions.map((i) => offset + i * x.strides[axis]!));
  });
  return offsets.map((offset) => elements[offset]!);
}

/** The innermost axis: elements side by side, with line breaks where they do not fit. */
function wrapped(texts: readonly string[], hanging: string, width: number): string {
  let done = "";
  let line = hanging;
  texts.forEach((text, i) => {
    if (line.length > hanging.length && line.length + text.length > width) {
      done += `${line.trimEnd()}\n`;
      line = hanging;
    }
    line += i === texts.length - 1 ? text : `${text} `;
  });
  return (done + line).slice(hanging.length);
}

/** An outer axis: one below the other, with a blank line more for every axis further in. */
function stacked(texts: readonly string[], hanging: string, breaks: number): string {
  return texts.join("\n".repeat(breaks) + hanging);
}

/** How to print each of `values`, all in one width. */
function formatOf(values: readonly number[], dtype: DType, ndim: number): Format {
  if (dtype === "bool") {
    const width = ndim === 0 ? 0 : "False".length;
    return (value) => (value === 0 ? "False" : "True").padStart(width);
  }
  if (!isFloat(dtype)) {
    const width = Math.max(...values.map((value) => String(value).length));
    return (value) => String(value).padStart(width);
  }
  return floatFormat(values, dtype === "float32");
}

function floatFormat(values: readonly number[], single: boolean): Format {
  const finite = values.filter(Number.isFinite);
  const withExponents = needsExponents(finite, single);
  const write: Writer = withExponents ? scientific : positional;
  const parts = finite.map((value) => write(value, single, 0));
  const fraction = Math.max(0, ...parts.map((p) => p.fraction.length));
  const exponent = Math.max(0, ...parts.map((p) => p.exponent.length));
  // "1.50e-05" is an integer part, a point, digits, "e" and a signed exponent; without exponents only the first three.
  const right = withExponents ? fraction + exponent + 1 : fraction;
  const others = values.filter((value) => !Number.isFinite(value)).map((value) => special(value).length - right - 1);
  const left = Math.max(0, ...parts.map((p) => p.integer.length), ...others);
  return (value) => {
    if (!Number.isFinite(value)) return special(value).padStart(left + 1 + right);
    const p = write(value, single, fraction);
    const text = `${p.integer.padStart(left)}.${p.fraction.padEnd(fraction)}`;
    return withExponents ? `${text}e${p.exponent[0]}${p.exponent.slice(1).padStart(exponent - 1, "0")}` : text;
  };
}

function needsExponents(finite: readonly number[], single: boolean): boolean {
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const value of finite) {
    if (value === 0) continue;
    most = Math.max(most, Math.abs(value));
    least = Math.min(least, Math.abs(value));
  }
  if (most === 0) return false;
  const ratio = single ? Math.fround(most / least) : most / least;
  return most >= 1e8 || least < 0.0001 || ratio > 1000;
}

function special(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

interface Parts {
  integer: string;
  fraction: string;
  /** Sign and at least two digits; empty when there is none. */
  exponent: string;
}

type Writer = (value: number, single: boolean, wanted: number) => Parts;

function positional(value: number, single: boolean): Parts {
  const size = Math.abs(value);
  let text = String(shortest(size, single));
  if (fractionOf(text).length > PRECISION) {
    text = halfEven(size.toFixed(PRECISION), size.toFixed(EXACT_DIGITS)).replace(/0+$/, "");
  }
  return { integer: signed(value, text.split(".")[0]!), fraction: fractionOf(text), exponent: "" };
}

/** With `wanted` digits after the point, or as many as it needs when 0. Digits past those are the exact value's, as in NumPy. */
function scientific(value: number, single: boolean, wanted: number): Parts {
  const size = Math.abs(value);
  let [mantissa = "", power = ""] = shortest(size, single).toExponential().split("e");
  const digits = wanted || Math.min(fractionOf(mantissa).length, PRECISION);
  if (fractionOf(mantissa).length !== digits) {
    [mantissa = "", power = ""] = exponential(size, digits).split("e");
    if (wanted === 0) mantissa = mantissa.replace(/0+$/, "");
  }
  const exponent = power[0] + power.slice(1).padStart(2, "0");
  return { integer: signed(value, mantissa[0]!), fraction: fractionOf(mantissa), exponent };
}

function fractionOf(text: string): string {
  return text.split(".")[1] ?? "";
}

/** The number with the fewest digits that reads back as `size`, in single precision if `single`. */
function shortest(size: number, single: boolean): number {
  if (!single || size === 0) return size;
  for (let digits = 0; digits < 8; digits++) {
    const near = Number(exponential(size, digits));
    if (Math.fround(near) === size) return near;
    // Below a power of two numbers lie closer together, so that the nearest can fail where the next one up does not.
    const next = Number((near + 10 ** (Math.floor(Math.log10(size)) - digits)).toPrecision(digits + 1));
    if (Math.fround(next) === size) return next;
  }
  return Number(exponential(size, 8));
}

/** `size.toExponential(digits)`, but rounded half to even. */
function exponential(size: number, digits: number): string {
  const [mantissa = "", power = ""] = size.toExponential(digits).split("e");
  return `${halfEven(mantissa, size.toExponential(EXACT_DIGITS).split("e")[0]!)}e${power}`;
}

/** `up`, which JavaScript rounds half up, or its even neighbour where `exact`, the same with more digits, lies half-way. */
function halfEven(up: string, exact: string): string {
  const down = exact.slice(0, up.length);
  const halfway = /^\.?50*$/.test(exact.slice(up.length));
  return halfway && Number(down.at(-1)) % 2 === 0 ? down : up;
}

function signed(value: number, digits: string): string {
  return value < 0 || Object.is(value, -0) ? `-${digits}` : digits;
}
