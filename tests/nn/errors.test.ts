import { zeros } from "../../core/index.js";
import {
  Add,
  Conv2D,
  Dropout,
  Flatten,
  FullyConnected,
  Identity,
  Multiply,
  Pool2D,
  Reshape,
  Sequential,
  Softmax,
} from "../../nn/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

refusesOptions("FullyConnected", [
  [() => new FullyConnected(3 as never), "FullyConnected: expected an object of options (nOut, nIn, "],
  [
    () => new FullyConnected({ nOut: 1, units: 3 } as never),
    "FullyConnected: unknown option units; expected some of nOut, nIn, ",
  ],
  [() => new FullyConnected({} as never), "FullyConnected: nOut is undefined; expected a whole number of at least 1"],
  [() => new FullyConnected({ nOut: 0 }), "FullyConnected: nOut is 0; expected a whole number of at least 1"],
  [
    () => new FullyConnected({ nOut: 1, nIn: 1.5 }),
    "FullyConnected: nIn is 1.5; expected a whole number of at least 1",
  ],
  [() => new FullyConnected({ nOut: 1, bias: 0 as never }), "FullyConnected: bias is 0; expected true or false"],
  [
    () => new FullyConnected({ nOut: 1, dtype: "int32" as never }),
    'FullyConnected: dtype is "int32"; expected "float32" or "float64"',
  ],
  [() => new FullyConnected({ nOut: 1, actFn: "rellu" }), 'FullyConnected: actFn is "rellu"; expected '],
  [() => new FullyConnected({ nOut: 1, actFn: 3 as never }), "FullyConnected: actFn is 3; expected "],
  [() => new FullyConnected({ nOut: 1, fused: 1 as never }), "FullyConnected: fused is 1; expected true or false"],
  [
    () => new FullyConnected({ nOut: 1, fused: true, bias: false }),
    "FullyConnected: fused is true and bias false; expected a bias to fuse with the weight",
  ],
  [() => new FullyConnected({ nOut: 1, init: "glorot" }), 'FullyConnected: init is "glorot"; expected '],
]);

refusesCalls(
  "FullyConnected",
  () => new FullyConnected({ nOut: 2 }),
  (layer) => layer.forward(zeros([4, 3])),
  [
    [
      (layer) => layer.forward([1, 2, 3]),
      "FullyConnected: the input has shape (3,); expected at least 2 axes (N, ..., nIn)",
    ],
    [(layer) => layer.forward(zeros([5, 4])), "FullyConnected: the input of shape (5, 4) has 4 features; expected 3"],
    [
      (layer) => layer.forward(zeros([0, 3])),
      "FullyConnected: the input of shape (0, 3) has no elements; expected at least one",
    ],
    [
      (layer) => layer.forward(zeros([1, 3], { dtype: "float64" })),
      'FullyConnected: the input is float64; expected float32 (astype), or a layer made with dtype: "float64"',
    ],
    [
      (layer) => layer.forward(zeros([1, 3], { dtype: "int32" })),
      "FullyConnected: the input is int32; expected float32 (astype)",
    ],
  ],
);

refusesCalls(
  "FullyConnected, fused",
  () => new FullyConnected({ nOut: 2, fused: true }),
  (layer) => layer.forward(zeros([4, 3])),
  [
    [(layer) => layer.forward(zeros([5, 4])), "FullyConnected: the input of shape (5, 4) has 4 features; expected 3"],
    [
      (layer) => layer.loadStateDict({ W: zeros([3, 2]) }),
      "loadStateDict: the state does not fit; nothing was changed:\n  W has shape (3, 2); expected (4, 2)",
    ],
  ],
);

refusesOptions("Conv2D", [
  [
    () => new Conv2D({ outCh: 1 } as never),
    "Conv2D: kernelShape is undefined; expected a positive integer or [rows, cols]",
  ],
  [() => new Conv2D({ outCh: 1, kernelShape: 0 }), "Conv2D: kernelShape is 0; expected a positive integer"],
  [() => new Conv2D({ outCh: 1, kernelShape: 3, inCh: 0 }), "Conv2D: inCh is 0; expected a whole number of at least 1"],
  [() => new Conv2D({ outCh: 1, kernelShape: 3, stride: 0 }), "Conv2D: stride is 0; expected a positive integer"],
  [() => new Conv2D({ outCh: 1, kernelShape: 3, pad: "valid" as never }), 'Conv2D: pad is "valid"; expected'],
  [
    () => new Conv2D({ outCh: 1, kernelShape: 3, dilation: -1 }),
    "Conv2D: dilation is -1; expected a non-negative integer",
  ],
]);

refusesCalls(
  "Conv2D",
  () => new Conv2D({ outCh: 2, kernelShape: 3 }),
  (layer) => layer.forward(zeros([1, 4, 4, 1])),
  [
    [
      (layer) => layer.forward(zeros([4, 4, 1])),
      "Conv2D: the input has shape (4, 4, 1); expected 4 axes (N, rows, cols, channels)",
    ],
    [
      (layer) => layer.forward(zeros([1, 4, 4, 2])),
      "Conv2D: the input of shape (1, 4, 4, 2) has 2 channels; expected 1",
    ],
    [(layer) => layer.forward(zeros([0, 4, 4, 1])), "Conv2D: the input of shape (0, 4, 4, 1) has no elements"],
    [
      (layer) => layer.forward(zeros([1, 4, 4, 1], { dtype: "bool" })),
      "Conv2D: the input is bool; expected float32 (astype)",
    ],
    [
      (layer) => layer.forward(zeros([1, 2, 4, 1])),
      "Conv2D: the kernel covers 3 rows and the input has 2 with its padding",
    ],
  ],
);

refusesOptions("Pool2D", [
  [() => new Pool2D({ kernelShape: 2, mode: "min" as never }), 'Pool2D: mode is "min"; expected "max" or "average"'],
  [() => new Pool2D({ kernelShape: 2, mode: "toString" as never }), 'Pool2D: mode is "toString"; expected'],
]);

refusesCalls(
  "Pool2D",
  () => new Pool2D({ kernelShape: 3 }),
  (layer) => layer.forward(zeros([1, 4, 4, 1])),
  [
    [
      (layer) => layer.forward(zeros([4, 4])),
      "Pool2D: the input has shape (4, 4); expected 4 axes (N, rows, cols, channels)",
    ],
    [
      (layer) => layer.forward(zeros([1, 4, 2, 1])),
      "Pool2D: the kernel covers 3 columns and the input has 2 with its padding",
    ],
    [
      (layer) => layer.forward(zeros([1, 4, 4, 1], { dtype: "int32" })),
      "Pool2D: the input is int32; expected float32 or float64 (astype)",
    ],
  ],
);

refusesOptions("Reshape", [
  ...[3, [2, 0], [-1, -1], [1.5]].map((shape): [() => unknown, string] => [
    () => new Reshape({ shape: shape as never }),
    `Reshape: shape is ${JSON.stringify(shape).replace(",", ", ")}; expected a list of whole numbers above 0, of which one may be -1`,
  ]),
]);

refusesCalls(
  "Reshape",
  () => new Reshape({ shape: [2, -1] }),
  (layer) => layer.forward(zeros([2, 4])),
  [
    [(layer) => layer.forward(3), "Reshape: the input has shape (); expected at least 1 axes (N, ...)"],
    [(layer) => layer.forward(zeros([2, 3])), "Reshape: cannot make (2, -1) of (3,): 3 elements do not divide into 2"],
  ],
);

refusesOptions("Flatten", [
  [() => new Flatten({ keepDim: 0 as never }), 'Flatten: keepDim is 0; expected "first" or "last" or -1'],
]);

refusesCalls(
  "Flatten",
  () => new Flatten(),
  (layer) => layer.forward(zeros([2, 2])),
  [[(layer) => layer.forward(3), "Flatten: the input has shape (); expected at least 1 axes (N, ...)"]],
);

refusesOptions("Dropout", [
  [() => new Dropout({ p: 1.5 }), "Dropout: p is 1.5; expected a probability from 0 to 1"],
  [() => new Dropout({ p: Number.NaN }), "Dropout: p is NaN; expected a probability from 0 to 1"],
]);

refusesCalls(
  "Dropout",
  () => new Dropout(),
  (layer) => layer.forward(zeros([2, 2])),
  [
    [
      (layer) => layer.forward(zeros([2], { dtype: "int32" })),
      "Dropout: the input is int32; expected float32 or float64",
    ],
  ],
);

refusesOptions("Sequential", [
  [() => new Sequential(new Flatten(), 3 as never), "Sequential: argument 1 is 3; expected a Layer"],
  [() => new Sequential([new Flatten()] as never), "Sequential: argument 0 is [a Flatten]; expected a Layer"],
]);

refusesCalls(
  "Sequential",
  () => new Sequential(new FullyConnected({ nOut: 2, nIn: 4 }), new Softmax({ axis: 2 })),
  (model) => model.forward(zeros([3, 2, 4])),
  [
    [(model) => model.forward(zeros([3, 4])), "Softmax: axis 2 is out of range for 2 dimensions; expected -2 to 1"],
    [(model) => model.forward(zeros([3])), "FullyConnected: the input has shape (3,)"],
  ],
);

for (const Merge of [Add, Multiply]) {
  const { name } = Merge;
  const [two, three] = [zeros([2, 2]), zeros([2, 3])];

  refusesOptions(name, [
    [() => new Merge({ actFn: "rellu" }), `${name}: actFn is "rellu"; expected `],
    [() => new Merge({ act: "relu" } as never), `${name}: unknown option act; expected some of actFn`],
    [() => new Merge(null as never), `${name}: expected an object of options (actFn), got null`],
  ]);

  refusesCalls(
    name,
    () => new Merge(),
    (layer) => layer.forward(two, two),
    [
      [(layer) => layer.forward(), `${name}: there are no inputs; expected at least one`],
      [(layer) => layer.forward(two, three), `${name}: input 1 has shape (2, 3); expected that of input 0, (2, 2)`],
      [
        (layer) => layer.forward([two, two, [1, 2]]),
        `${name}: input 2 has shape (2,); expected that of input 0, (2, 2)`,
      ],
      [
        (layer) => layer.forward(two, zeros([2, 2], { dtype: "float64" })),
        `${name}: input 1 is float64; expected float32 as input 0 (astype)`,
      ],
      [
        (layer) => layer.forward(zeros([2, 2], { dtype: "int32" })),
        `${name}: input 0 is int32; expected float32 or float64 (astype)`,
      ],
      [(layer) => layer.forward(zeros([0, 2]), zeros([0, 2])), `${name}: input 0 of shape (0, 2) has no elements`],
      [(layer) => layer.forward(two, undefined as never), `${name}: expected numbers, nested arrays, a typed array`],
    ],
  );
}

refusesOptions("Softmax", [
  [() => new Softmax({ axis: 0.5 }), "Softmax: axis is 0.5; expected a whole number"],
  [() => new Softmax({ dim: 1 } as never), "Softmax: unknown option dim; expected some of axis"],
]);

refusesCalls(
  "Softmax",
  () => new Softmax({ axis: 1 }),
  (layer) => layer.forward(zeros([2, 2])),
  [
    [(layer) => layer.forward(zeros([3])), "Softmax: axis 1 is out of range for 1 dimension; expected -1 to 0"],
    [(layer) => layer.forward(3), "Softmax: the input has shape (); expected at least 1 axes (..., classes, ...)"],
    [(layer) => layer.forward(zeros([2, 0])), "Softmax: the input of shape (2, 0) has no elements"],
  ],
);

refusesOptions("Identity", [[() => new Identity({ p: 1 } as never), "Identity: unknown option p; expected "]]);
