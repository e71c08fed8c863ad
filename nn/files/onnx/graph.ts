import { array } from "../../../core/creation.js";
import type { DType } from "../../../core/dtype.js";
import { GraphError } from "../../../core/errors.js";
import type { NDArray } from "../../../core/ndarray.js";
import { concatenate } from "../../../core/numeric.js";
import { type Shape, sameShape, shapeText } from "../../../core/shape.js";
import type { ElementType } from "./schema.js";
import { isConstant, type Sizes } from "./sizes.js";
import { type Attributes, arrayData, integerData, type OnnxNode, type Value } from "./value.js";

/** Type and shapes of what an operator gives. */
export interface Typed {
  readonly type: ElementType;
  readonly shapes: readonly Shape[];
}

/** Constants of up to so many elements are shared where they are equal. */
const SHARED_ELEMENTS = 16;

/** Operators of the operator set, as a translation of a model puts them one after another. */
export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly inputs: Value[] = [];
  /** Where the translation is, for the names of operators. */
  scope = "";
  private readonly names = new Set<string>();
  private readonly shared = new Map<string, Value>();
  private readonly lengths = new Map<string, Value>();

  constructor(
    readonly opset: number,
    readonly sizes: Sizes,
  ) {}

  /** An input of the file. */
  input(name: string, { type, shapes }: Typed): Value {
    const value: Value = { name: this.unique(name), type, shapes, data: null, node: null };
    this.inputs.push(value);
    return value;
  }

  /** A constant; `name` is what the file calls it if nothing else has that name. */
  constant(x: NDArray, name = "constant"): Value {
    const make = (): Value => ({
      name,
      type: x.dtype,
      shapes: this.everywhere(x.shape),
      data: arrayData(x),
      node: null,
    });
    if (name !== "constant" || x.size > SHARED_ELEMENTS) return make();
    return this.sharedAs(
      `${x.dtype} ${x.shape} ${[...x.toTypedArray()].map((v) => (Object.is(v, -0) ? "-0" : v))}`,
      make,
    );
  }

  /** A constant of one number. */
  number(value: number, type: DType): Value {
    return this.constant(array(value, { dtype: type }));
  }

  /** Whole numbers of int64 along an axis, or one without an axis. */
  integers(values: readonly number[] | number): Value {
    const list = typeof values === "number" ? [values] : values;
    const shape = typeof values === "number" ? [] : [list.length];
    return this.sharedAs(`int64 ${shape} ${list}`, () => ({
      name: "constant",
      type: "int64",
      shapes: this.everywhere(shape),
      data: integerData(list),
      node: null,
    }));
  }

  /** An operator with several outputs. */
  nodeOf(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly (Typed | null)[],
    attributes: Attributes = {},
  ): Value[] {
    const name = this.unique(this.scope === "" ? op : `${this.scope}/${op}`);
    const values = outputs.map((typed, i): Value | null =>
      typed === null ? null : { name: i === 0 ? name : this.unique(name), ...typed, data: null, node: null },
    );
    const given = [...inputs];
    while (given.at(-1) === null) given.pop();
    const node: OnnxNode = { op, name, inputs: given, outputs: values, attributes };
    for (const value of values) if (value !== null) value.node = node;
    this.nodes.push(node);
    return values as Value[];
  }

  /** An operator with one output. */
  node(op: string, inputs: readonly (Value | null)[], typed: Typed, attributes: Attributes = {}): Value {
    return this.nodeOf(op, inputs, [typed], attributes)[0]!;
  }

  /** `x` in another type. */
  cast(x: Value, type: DType): Value {
    if (x.type === type) return x;
    if (x.data?.array) return this.constant(x.data.array.astype(type), x.name);
    const to = { float32: 1, int32: 6, bool: 9, float64: 11 }[type];
    return this.node("Cast", [x], { type, shapes: x.shapes }, { to });
  }

  /** `x` with its axes in another order; neighbouring transpositions become one. */
  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return x;
    const shapes = x.shapes.map((shape) => perm.map((axis) => shape[axis]!));
    if (x.data?.array) return this.constant(x.data.array.transpose(perm), x.name);
    if (x.node?.op === "Transpose") {
      const before = x.node.attributes.perm as number[];
      return this.transpose(
        x.node.inputs[0]!,
        perm.map((axis) => before[axis]!),
      );
    }
    return this.node("Transpose", [x], { type: x.type, shapes }, { perm });
  }

  /** The elements of `x` in another shape. */
  reshape(x: Value, shapes: readonly Shape[]): Value {
    if (shapes.every((shape, i) => sameShape(shape, x.shapes[i]!))) return x;
    if (x.data?.array && shapes.every((shape) => sameShape(shape, shapes[0]!))) {
      return this.constant(x.data.array.reshape([...shapes[0]!]), x.name);
    }
    const own = lengthsOf(x.shapes);
    const empty = lengthsOf(shapes).some((lengths) => lengths.includes(0));
    let open = 0;
    const dims = lengthsOf(shapes).map((lengths, i) => {
      if (isConstant(lengths)) return lengths[0]!;
      if (!empty && own[i]?.every((n, k) => n === lengths[k])) return 0;
      open++;
      return -1;
    });
    const shape = open <= 1 ? this.integers(dims) : this.shape(shapes);
    return this.node("Reshape", [x, shape], { type: x.type, shapes }, empty ? { allowzero: 1 } : {});
  }

  /** `x` broadcast to other shapes. */
  expand(x: Value, shapes: readonly Shape[]): Value {
    if (shapes.every((shape, i) => sameShape(shape, x.shapes[i]!))) return x;
    return this.node("Expand", [x, this.shape(shapes)], { type: x.type, shapes });
  }

  /** `x` with new axes of length 1 at `axes` of the result. */
  unsqueeze(x: Value, axes: readonly number[]): Value {
    const shapes = x.shapes.map((shape) => {
      const rest = [...shape];
      return Array.from({ length: shape.length + axes.length }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!));
    });
    if (axes.length === 0) return x;
    if (x.data?.array) return this.reshape(x, shapes);
    return this.node("Unsqueeze", [x, this.integers(axes)], { type: x.type, shapes });
  }

  /** `x` without `axes`, which have length 1. */
  squeeze(x: Value, axes: readonly number[]): Value {
    if (axes.length === 0) return x;
    const shapes = x.shapes.map((shape) => shape.filter((_, i) => !axes.includes(i)));
    return this.node("Squeeze", [x, this.integers(axes)], { type: x.type, shapes });
  }

  /** Values of one type one after the other. */
  concat(xs: readonly Value[], axis: number): Value {
    if (xs.length === 1) return xs[0]!;
    const { type } = xs[0]!;
    if (xs.every(({ data }) => data?.array)) {
      return this.constant(
        concatenate(
          xs.map(({ data }) => data!.array!),
          axis,
        ),
        xs[0]!.name,
      );
    }
    const shapes = xs[0]!.shapes.map((shape, k) =>
      shape.map((n, i) => (i === axis ? xs.reduce((sum, x) => sum + x.shapes[k]![i]!, 0) : n)),
    );
    return this.node("Concat", xs, { type, shapes }, { axis });
  }

  /** Shapes as int64, computed where they differ from trace to trace. */
  shape(shapes: readonly Shape[]): Value {
    const lengths = lengthsOf(shapes);
    if (lengths.every(isConstant)) return this.integers(lengths.map((n) => n[0]!));
    const parts: Value[] = [];
    let known: number[] = [];
    const flush = () => {
      if (known.length > 0) parts.push(this.integers(known));
      known = [];
    };
    for (const n of lengths) {
      if (isConstant(n)) known.push(n[0]!);
      else {
        flush();
        parts.push(this.length(n));
      }
    }
    flush();
    const typed: Typed = { type: "int64", shapes: this.everywhere([lengths.length]) };
    return parts.length === 1 ? parts[0]! : this.node("Concat", parts, typed, { axis: 0 });
  }

  /**
   * A length (int64, of shape (1,)) that differs from trace to trace.
   * @throws GraphError when it depends on the open lengths in another way than by a whole factor and summand.
   */
  length(lengths: readonly number[]): Value {
    const typed: Typed = { type: "int64", shapes: this.everywhere([1]) };
    const expression = this.sizes.express(lengths);
    if (expression === null) return this.lengthOfSome(lengths);
    const { axes, factor, offset } = expression;
    if (axes.length === 0) return this.integers([offset]);
    const [first, ...rest] = axes.map(({ lengths: own }) => this.lengthOfSome(own));
    let value = rest.reduce((product, other) => this.node("Mul", [product, other], typed), first!);
    if (factor !== 1) value = this.node("Mul", [value, this.integers([factor])], typed);
    return offset === 0 ? value : this.node("Add", [value, this.integers([offset])], typed);
  }

  /** The length of an axis of an input, or else of something computed, that has these lengths. */
  private lengthOfSome(lengths: readonly number[]): Value {
    const key = lengths.join();
    const found = this.lengths.get(key);
    if (found !== undefined) return found;
    const computed = this.nodes.flatMap(({ outputs }) => outputs.filter((value) => value !== null));
    for (const value of [...this.inputs, ...computed]) {
      const axis = lengthsOf(value.shapes).findIndex((own) => own.join() === key);
      if (axis < 0 || value.type === "int64") continue;
      const shape = this.node("Shape", [value], { type: "int64", shapes: this.everywhere([value.shapes[0]!.length]) });
      const typed: Typed = { type: "int64", shapes: this.everywhere([1]) };
      const length = this.node("Gather", [shape, this.integers([axis])], typed, { axis: 0 });
      this.lengths.set(key, length);
      return length;
    }
    throw new GraphError(
      `a length is ${lengths.join(", ")} where ${this.sizes.axes.map((axis) => `${axis.name} is ${axis.lengths.join(", ")}`).join(" and ")}, ` +
        "which is neither a multiple of it nor the length of another array; expected an axis of a fixed length (option dynamicAxes)",
    );
  }

  /** The lengths of each axis of a value in the traces. */
  lengthsOf(value: Value): number[][] {
    return lengthsOf(value.shapes);
  }

  /** A shape for each trace. */
  everywhere(shape: Shape): Shape[] {
    return Array.from({ length: this.sizes.traces }, () => shape);
  }

  /** A name that nothing else has. */
  unique(name: string): string {
    let found = name;
    for (let i = 1; this.names.has(found); i++) found = `${name}_${i}`;
    this.names.add(found);
    return found;
  }

  private sharedAs(key: string, make: () => Value): Value {
    const found = this.shared.get(key) ?? make();
    this.shared.set(key, found);
    return found;
  }
}

/** The lengths of each axis in the traces. */
export function lengthsOf(shapes: readonly Shape[]): number[][] {
  return shapes[0]!.map((_, axis) => shapes.map((shape) => shape[axis]!));
}

/** Shapes as messages show them. */
export function shapesText(shapes: readonly Shape[]): string {
  return [...new Set(shapes.map((shape) => shapeText(shape)))].join("; ");
}
