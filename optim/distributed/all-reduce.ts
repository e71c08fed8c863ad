import { Function } from "../../core/function.js";
import type { NDArray } from "../../core/ndarray.js";
import { filled } from "../../core/numeric.js";
import type { Operand, Variable } from "../../core/variable.js";
import { mul } from "../../functions/arithmetic.js";
import type { Communicator } from "./communicator.js";
import { world } from "./world.js";

/** The sum over all ranks. What each rank's losses owe to it adds up over the ranks too. */
class AllReduceSum extends Function {
  constructor(private readonly communicator: Communicator) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return this.communicator.allReduce(x.copy());
  }

  override backward(gy: Variable): Variable {
    return new AllReduceSum(this.communicator).apply(gy);
  }
}

/**
 * The sum or the mean over all ranks of `x`, of one shape on all of them, as a differentiable function: its gradient is that of the sum of the
 * losses of all ranks. All ranks must call it and, later, `backward` of what becomes of it.
 * @throws DTypeError unless it is float32, float64 or, for the sum, int32; CommunicationError when the exchange fails.
 */
export function allReduce(x: Operand, { reduction = "sum", communicator = world() }: AllReduceOptions = {}): Variable {
  const sum = new AllReduceSum(communicator).apply(x);
  return reduction === "sum" ? sum : mul(sum, filled([], 1 / communicator.size, sum.dtype));
}

/** Options of `allReduce`. */
export interface AllReduceOptions {
  /** `"sum"` unless given. */
  reduction?: "sum" | "mean";
  /** The processes: those that the program was started as unless given. */
  communicator?: Communicator;
}
