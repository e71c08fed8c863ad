import * as F from "../functions/index.js";
import * as R from "../index.js";

const { array, variable } = R;
const v = (...shape: number[]) => variable(R.ones(shape));
/** What TypeScript would refuse, as JavaScript may still pass it. */
const untyped = (x: unknown) => x as never;

/** Bad input, the kind of error it gets, and the whole message: the operation, both sides, and what would fit. */
const table: [what: string, run: () => unknown, error: string, message: string][] = [
  [
    "shapes that do not broadcast",
    () => v(2, 3).add(v(2, 4)),
    "ShapeError",
    "add: shapes (2, 3) and (2, 4) do not broadcast: axis -1 has length 3 on the left and 4 on the right; expected equal lengths or 1",
  ],
  [
    "a matrix product of the wrong size",
    () => v(32, 784).matmul(v(256, 10)),
    "ShapeError",
    "matmul: inner dimensions differ: (32, 784) @ (256, 10); expected the second operand to have 784 rows",
  ],
  [
    "a matrix product with a scalar",
    () => F.matmul(variable(3), v(2, 2)),
    "ShapeError",
    "matmul: a scalar has no rows: () @ (2, 2); expected an axis or more on both sides, or mul",
  ],
  [
    "reshape to another size",
    () => v(2, 3).reshape(4, 2),
    "ShapeError",
    "reshape: cannot make (4, 2) (8 elements) of (2, 3) (6 elements)",
  ],
  [
    "reshape with two unknowns",
    () => v(2, 3).reshape(-1, -1),
    "ShapeError",
    "reshape: only one length can be -1, got (-1, -1)",
  ],
  [
    "transpose by no permutation",
    () => v(2, 3).transpose(0, 0),
    "ShapeError",
    "transpose: axes (0, 0) are not a permutation of the 2 axes of (2, 3)",
  ],
  [
    "broadcastTo a shape that does not fit",
    () => v(2, 3).broadcastTo(2, 4),
    "ShapeError",
    "broadcastTo: (2, 3) does not broadcast to (2, 4): axis 1 has length 3; expected 4 or 1",
  ],
  [
    "sumTo a shape that does not fit",
    () => F.sumTo(v(2, 3), [2, 2]),
    "ShapeError",
    "sumTo: (2, 3) cannot be summed to (2, 2); expected a shape that broadcasts to (2, 3)",
  ],
  [
    "squeezing a long axis",
    () => F.squeeze(v(2, 3), { axis: 0 }),
    "ArgumentError",
    "squeeze: axis 0 of (2, 3) has length 2; expected 1",
  ],
  [
    "an axis out of range",
    () => v(2, 3).sum({ axis: 2 }),
    "AxisError",
    "sum: axis 2 is out of range for 2 dimensions; expected -2 to 1",
  ],
  ["an axis given twice", () => v(2, 3).sum({ axis: [0, -2] }), "AxisError", "sum: axis 0 is given twice"],
  [
    "a fractional axis",
    () => v(2, 3).mean({ axis: 0.5 }),
    "AxisError",
    "mean: axis 0.5 is out of range for 2 dimensions; expected -2 to 1",
  ],
  [
    "an axis of a scalar",
    () => variable(1).max({ axis: 0 }),
    "AxisError",
    "max: axis 0 does not exist: the operand is a scalar and has no axes",
  ],
  [
    "a maximum over nothing",
    () => v(0, 3).max({ axis: 0 }),
    "ShapeError",
    "max: no elements to reduce in shape (0, 3); expected at least one",
  ],
  [
    "the gradient of argmax",
    () => F.argmax(v(2, 3)).backward(),
    "GraphError",
    "backward: argmax is not differentiable: its result is int32; expected a floating-point result",
  ],
  [
    "the gradient of a comparison",
    () => v(2).less(1).backward(),
    "GraphError",
    "backward: less is not differentiable: its result is bool; expected a floating-point result",
  ],
  [
    "an index out of range",
    () => v(2, 3).getItem(2),
    "IndexError",
    "getItem: index 2 is out of range for axis 0 with length 2; expected -2 to 1",
  ],
  [
    "too many indices",
    () => v(2, 3).getItem(0, 0, 0),
    "IndexError",
    "getItem: too many indices: 3 for (2, 3); expected at most 2",
  ],
  [
    "an index array out of range",
    () => v(2, 3).getItem([0, 5]),
    "IndexError",
    "getItem: index 5 is out of range for axis 0 with length 2; expected -2 to 1",
  ],
  [
    "a mask of another shape",
    () => v(2, 3).getItem([true, false, true]),
    "IndexError",
    "getItem: a mask of shape (3,) does not fit (2, 3) from axis 0 on; expected shape (2,)",
  ],
  [
    "a fractional index",
    () => v(2, 3).getItem([0.5]),
    "DTypeError",
    "getItem: index 0.5 in an index array is not an integer; expected integers or bools",
  ],
  ["a class without a place", () => F.oneHot([0, 3], 3), "IndexError", "oneHot: id 3 is out of range; expected 0 to 2"],
  [
    "a step of 0",
    () => v(3).getItem(R.slice(null, null, 0)),
    "ArgumentError",
    "slice: step is 0; expected a positive or negative integer",
  ],
  [
    "joining nothing",
    () => F.cat([]),
    "ArgumentError",
    "cat: expected a list of at least one operand, got an empty list",
  ],
  [
    "joining shapes that differ",
    () => F.cat([v(2, 3), v(2, 4)]),
    "ShapeError",
    "cat: operand 0 has shape (2, 3) and operand 1 (2, 4); expected shapes that differ along axis 0 only",
  ],
  [
    "an uneven split",
    () => F.split(v(5), 2),
    "ArgumentError",
    "split: axis 0 with length 5 does not divide into 2 equal parts; expected a divisor of 5, or cut points",
  ],
  [
    "a padding of one side",
    () => F.pad(v(2, 3), untyped([[1, 2], [1]])),
    "ShapeError",
    "pad: widths [[1, 2], [1]] for (2, 3); expected a number, [before, after], or a pair for each of 2 axes",
  ],
  [
    "a padding of other axes",
    () =>
      F.pad(v(2, 3), [
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
    "ShapeError",
    "pad: widths [[1, 2], [1, 2], [1, 2]] for (2, 3); expected a number, [before, after], or a pair for each of 2 axes",
  ],
  ["half a padding", () => F.pad(v(2, 3), [1, 0.5]), "ArgumentError", "pad: widths are non-negative integers, got 0.5"],
  ["negative padding", () => F.pad(v(2, 3), -1), "ArgumentError", "pad: widths are non-negative integers, got -1"],
  [
    "letters that differ",
    () => F.einsum("ij,jk->ik", v(2, 3), v(4, 5)),
    "ShapeError",
    'einsum "ij,jk->ik" of (2, 3), (4, 5): "j" has length 3 in operand 0 and 4 in operand 1; expected equal lengths or 1',
  ],
  [
    "a linear map of another size",
    () => F.linear(v(2, 3), v(4, 5)),
    "ShapeError",
    "linear: x (2, 3) does not fit W (4, 5); expected x (..., in) and W (in, out)",
  ],
  [
    "an image without a batch",
    () => F.conv2d(v(5, 5, 1), v(3, 3, 1, 2)),
    "ShapeError",
    "conv2d: x has shape (5, 5, 1); expected (N, rows, cols, channels)",
  ],
  [
    "channels that differ",
    () => F.conv2d(v(1, 5, 5, 2), v(3, 3, 1, 2)),
    "ShapeError",
    "conv2d: x (1, 5, 5, 2) has 2 channels and W (3, 3, 1, 2) takes 1; expected W of shape (3, 3, 2, 2)",
  ],
  [
    "a kernel larger than the image",
    () => F.maxPool(v(1, 5, 5, 1), { kernelShape: [6, 6] }),
    "ShapeError",
    "maxPool: the kernel covers 6 rows and the input has 5 with its padding; expected a kernel that covers at most 5, or more padding",
  ],
  [
    "a stride of 0",
    () => F.conv2d(v(1, 5, 5, 1), v(3, 3, 1, 2), null, { stride: 0 }),
    "ArgumentError",
    "conv2d: stride is 0; expected a positive integer or [rows, cols] of them",
  ],
  [
    "an unknown padding",
    () => F.conv2d(v(1, 5, 5, 1), v(3, 3, 1, 2), null, { pad: untyped("valid") }),
    "ArgumentError",
    'conv2d: pad is "valid"; expected a non-negative integer, [rows, cols], [top, bottom, left, right] or "same"',
  ],
  [
    "a target that would broadcast",
    () => F.meanSquaredError(v(2, 3), v(2, 1)),
    "ShapeError",
    "meanSquaredError: the prediction has shape (2, 3) and the target (2, 1); expected equal shapes",
  ],
  [
    "a class out of range",
    () => F.softmaxCrossEntropy(v(2, 3), [0, 3]),
    "IndexError",
    "softmaxCrossEntropy: class 3 at position 1 is out of range for 3 classes; expected 0 to 2",
  ],
  [
    "classes that are not integers",
    () => F.softmaxCrossEntropy(v(2, 3), [0, 1.5]),
    "DTypeError",
    "softmaxCrossEntropy: a target of shape (2,) holds classes and is float32; expected int32",
  ],
  [
    "an impossible probability",
    () => F.dropout(v(2), { p: 1.5 }),
    "ArgumentError",
    "dropout: p is 1.5; expected a probability from 0 to 1",
  ],
  [
    "a condition that is no bool",
    () => F.where(v(2), 1, 0),
    "DTypeError",
    "where: the condition is float32; expected bool, as a comparison gives it",
  ],
  [
    "bounds the wrong way round",
    () => F.clip(v(2), 1, 0),
    "ArgumentError",
    "clip: expected min <= max, one of which may be null, got min 1 and max 0",
  ],
  [
    "ragged nesting",
    () => array([[1, 2], [3]]),
    "ShapeError",
    "array: ragged nesting: expected length 2 at depth 1, got an array of length 1; the first elements have shape (2, 2)",
  ],
  [
    "a fraction as an integer",
    () => array([1.5], { dtype: "int32" }),
    "DTypeError",
    "array: 1.5 is not an int32; expected an integer from -2147483648 to 2147483647",
  ],
  [
    "64-bit integers",
    () => array(untyped(new BigInt64Array(2))),
    "DTypeError",
    "array: cannot hold a BigInt64Array; expected one of Float32Array, Float64Array, Int32Array, Int16Array, Int8Array, Uint16Array, Uint8Array, Uint8ClampedArray",
  ],
  [
    "an unknown dtype",
    () => array([1], { dtype: untyped("float16") }),
    "DTypeError",
    "array: unknown dtype float16; expected one of bool, int32, float32, float64",
  ],
  [
    "a negative length",
    () => R.zeros([2, -1]),
    "ShapeError",
    "zeros: a shape holds non-negative integers, got (2, -1)",
  ],
  [
    "a gradient of integers",
    () => variable([1], { dtype: "int32", requiresGrad: true }),
    "DTypeError",
    "variable: no gradient flows to int32; expected float32 or float64, or requiresGrad: false",
  ],
  [
    "the data of a layer that saw none",
    () => new R.Parameter(null, "W").data,
    "GraphError",
    "Parameter W: it has no data before its layer's first forward; expected a forward, or sizes given to the layer",
  ],
  [
    "assigning another shape",
    () => array([1, 2]).assign(array([1, 2, 3])),
    "ShapeError",
    "assign: (3,) does not broadcast to (2,): axis 0 has length 3; expected 2 or 1",
  ],
  [
    "assigning another dtype",
    () => array([1, 2]).assign(array([1, 2], { dtype: "float64" })),
    "DTypeError",
    "assign: the array is float32 and the values are float64; expected float32",
  ],
  [
    "assigning to shared elements",
    () =>
      array([1])
        .broadcastTo([3])
        .assign(array([1, 2, 3])),
    "ShapeError",
    "assign: the array is a broadcast view, whose elements share memory; expected a copy of it",
  ],
  [
    "one number of several",
    () => v(2).item(),
    "ShapeError",
    "item: expected exactly one element, got shape (2,) with 2",
  ],
  [
    "nothing as an operand",
    () => v(2).add(untyped(undefined)),
    "ArgumentError",
    "add: expected numbers, nested arrays, a typed array or an NDArray, got undefined",
  ],
  [
    "text as an operand",
    () => v(2).mul(untyped("3")),
    "ArgumentError",
    "mul: expected numbers, nested arrays, a typed array or an NDArray, got string 3",
  ],
  [
    "null as an operand",
    () => F.exp(untyped(null)),
    "ArgumentError",
    "exp: expected numbers, nested arrays, a typed array or an NDArray, got null",
  ],
  [
    "patches of a kernel larger than the image",
    () => F.col2im(v(1, 4), [1, 2, 2, 1], [3, 1]),
    "ShapeError",
    "col2im: the kernel covers 3 rows and the input has 2 with its padding; expected a kernel that covers at most 2, or more padding",
  ],
  [
    "a reconstruction that is no probability",
    () => F.vaeLoss([[2]], [[0]], [[0]], [[0]]),
    "ArgumentError",
    "vaeLoss: the reconstruction holds 2 at position 0; expected probabilities from 0 to 1",
  ],
  [
    "a target that is no probability",
    () => F.vaeLoss([[0.5, 0.5]], [[0, -1]], [[0]], [[0]]),
    "ArgumentError",
    "vaeLoss: the target holds -1 at position 1; expected probabilities from 0 to 1",
  ],
  [
    "data of another dtype",
    () => Object.assign(v(2), { data: array([1, 2], { dtype: "int32" }) }),
    "DTypeError",
    "data: the Variable is float32 and the array int32; expected float32",
  ],
  [
    "data of another shape",
    () => Object.assign(v(2), { data: array([1, 2, 3]) }),
    "ShapeError",
    "data: the Variable has shape (2,) and the array (3,)",
  ],
  [
    "data that is no array",
    () => Object.assign(v(2), { data: 3 }),
    "ArgumentError",
    "data: expected an NDArray, got number",
  ],
  [
    "a shape that it has not",
    () => v(2, 3).asShape([-1, 4]),
    "ShapeError",
    "asShape: the shape is (2, 3); expected (-1, 4)",
  ],
  ["a shape of more axes", () => v(2, 3).asShape([2]), "ShapeError", "asShape: the shape is (2, 3); expected (2,)"],
  ["no shape", () => v(2, 3).asShape(untyped(2)), "ArgumentError", "asShape: expected a shape such as [2, 3], got 2"],
  [
    "a negative length",
    () => v(2, 3).asShape([-2, 3]),
    "ShapeError",
    "asShape: a shape holds non-negative integers, got (-2, 3)",
  ],
  [
    "ids that are no bags",
    () => F.embeddingBag(v(4, 2), array([1, 2], { dtype: "int32" })),
    "ShapeError",
    "embeddingBag: the ids have shape (2,); expected bags of them, (N, length)",
  ],
  [
    "a key of other features",
    () => F.scaledDotProductAttention(v(1, 2, 3), v(1, 4, 5), v(1, 4, 3)),
    "ShapeError",
    "scaledDotProductAttention: the query (1, 2, 3) has 3 features and the key (1, 4, 5) has 5; expected as many",
  ],
  [
    "a value of other positions",
    () => F.scaledDotProductAttention(v(1, 2, 3), v(1, 4, 3), v(1, 5, 3)),
    "ShapeError",
    "scaledDotProductAttention: the key (1, 4, 3) has 4 positions and the value (1, 5, 3) has 5; expected as many",
  ],
  [
    "a query of one axis",
    () => F.scaledDotProductAttention(v(3), v(4, 3), v(4, 3)),
    "ShapeError",
    "scaledDotProductAttention: the query has shape (3,); expected at least 2 axes (..., Tq, dk)",
  ],
  [
    "backward from several elements",
    () => v(2).mul(2).backward(),
    "GraphError",
    "backward: the output has shape (2,); expected a single element, or a gradient of that shape",
  ],
  [
    "backward inside noGrad",
    () => R.noGrad(() => v(1).sum().backward()),
    "GraphError",
    "backward: no graph leads to this Variable of shape (): it was computed inside noGrad, from constants only, by a function without a gradient, or was unchained; expected a result computed from a Variable that requires a gradient",
  ],
];

test.each(table)("%s", (_what, run, error, message) => {
  expect(run).toThrow(expect.objectContaining({ name: error, message }));
});

test.each([
  ["+", (a: number) => a + 1],
  ["unary -", (a: number) => -a],
  ["*", (a: number) => a * 2],
  ["<", (a: number) => a < 1],
  [">=", (a: number) => a >= 1],
])("the native operator %s on a Variable says which method to use", (_operator, run) => {
  expect(() => run(untyped(v(2)))).toThrow(
    "a native operator was used on a Variable; expected a method: a.add(b) for a + b, sub for -, mul for *, div for /, pow for **, " +
      "neg for unary -, less, greater and equal for comparisons, item() for the number of a scalar; or compile with tsover (docs/operators.md)",
  );
});

test("a Variable in a template is text", () => {
  expect(`${variable([1, 2])}`).toBe("variable([1. 2.], float32, shape (2,))");
});

test("a Variable has the shape that is asserted, where -1 stands for any length", () => {
  const x = v(2, 3);
  expect([x.asShape([2, 3]), x.asShape([-1, 3]), x.asShape([-1, -1])]).toEqual([x, x, x]);
});

test("numbers, arrays and NDArrays that meet a Variable are constants", () => {
  for (const operand of [2, [2, 3], new Float64Array([2, 3]), array([2, 3])]) {
    expect(F.add(operand, operand).requiresGrad).toBe(false);
    const y = v(2).add(operand);
    expect(y.creator!.inputs.map((x) => x.requiresGrad)).toEqual([true, false]);
  }
});
