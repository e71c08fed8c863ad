/* What the compiler says of shapes that do not fit: types.test.ts compares each message with the comment before its line. */
import { variable, zeros } from "retrograd";
import * as F from "retrograd/functions";
import { FullyConnected } from "retrograd/nn";

const x = variable(zeros([2, 3]));

// Argument of type 'NDArray<[4, 5]>' is not assignable to parameter of type '"matmul: [2, 3] and [4, 5]: 3 and 4 should be equal"'.
x.matmul(zeros([4, 5]));
// Argument of type 'NDArray<[4, 3]>' is not assignable to parameter of type '"broadcast: [2, 3] and [4, 3]: 2 and 4 should be equal, or one of them 1"'.
F.add(x, zeros([4, 3]));
// Argument of type 'number[]' is not assignable to parameter of type '"reshape: [2, 3] has 6 elements and [4, 2] 8"'.
F.reshape(x, [4, 2]);
// Argument of type '{ axis: 2; }' is not assignable to parameter of type 'CheckedLiteral<ReduceOptions<2, undefined, false>, "[2, 3] has no axis 2">'.
x.sum({ axis: 2 });
// Object literal may only specify known properties, and 'axes' does not exist in type 'ReduceOptions<undefined, undefined, false>'.
x.sum({ axes: 1 });
// Argument of type 'NDArray<[32, 100]>' is not assignable to parameter of type 'DoesNotFit<"FullyConnected: [32, 100] has 100 features; expected 784">'.
new FullyConnected({ nIn: 784, nOut: 10 }).forward(zeros([32, 100]));
// Argument of type 'Variable<[2, 3]>' is not assignable to parameter of type '"matmul: [2, 3] and [2, 3]: 3 and 2 should be equal"'.
F.matmul(x, x);
