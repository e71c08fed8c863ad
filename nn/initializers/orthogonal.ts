import { array } from "../../core/creation.js";
import { ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkNumber } from "../../core/options.js";
import { generator } from "../../core/rng.js";
import { checkShape, type Shape, shapeText, sizeOf } from "../../core/shape.js";
import type { InitializerOptions } from "./scaled.js";

/**
 * `gain` times a random matrix whose columns are orthonormal, or its rows where there are fewer of them (Saxe, McClelland and
 * Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013). A weight of more
 * axes is such a matrix with all axes but the last as rows, which is that of PyTorch's `orthogonal_` transposed.
 * @throws ShapeError for fewer than two axes; ArgumentError for a gain that is not a finite number.
 */
export function orthogonal(shape: Shape, { dtype = "float32", gain = 1 }: InitializerOptions = {}): NDArray {
  checkShape("orthogonal", shape);
  if (shape.length < 2) {
    throw new ShapeError(
      `orthogonal: a weight of shape ${shapeText(shape)} is no matrix; expected at least two axes (..., in, out)`,
    );
  }
  checkNumber("orthogonal", "gain", gain);
  const cols = shape.at(-1)!;
  const rows = sizeOf(shape.slice(0, -1));
  const long = Math.max(rows, cols);
  const columns = orthonormalColumns(long, Math.min(rows, cols));
  const values = new Float64Array(rows * cols);
  const [rowStep, colStep] = rows >= cols ? [1, long] : [long, 1];
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) values[row * cols + col] = gain * columns[row * rowStep + col * colStep]!;
  }
  return array(values, { dtype }).reshape(shape);
}

/**
 * The factor Q, one column after the other, of the QR factorization (with positive diagonal of R) of a matrix of standard normal
 * numbers, which makes every orthogonal matrix as likely as any other. What is left of such a matrix after a Householder
 * reflection is normal again, so the reflections are drawn one by one instead (Stewart, "The efficient generation of
 * random orthogonal matrices with an application to condition estimators", 1980).
 */
function orthonormalColumns(length: number, count: number): Float64Array {
  const q = new Float64Array(length * count);
  const normal = new Float64Array(length);
  for (let k = count - 1; k >= 0; k--) {
    let squares = 0;
    for (let i = k; i < length; i++) {
      normal[i] = generator.normal();
      squares += normal[i]! ** 2;
    }
    // The reflection takes `normal` to -sign * norm in its first place: R's diagonal, whose sign goes to the column.
    const sign = normal[k]! < 0 ? -1 : 1;
    const norm = Math.sqrt(squares);
    const scale = 1 / (norm * (norm + Math.abs(normal[k]!)));
    normal[k]! += sign * norm;
    q[k * length + k] = -sign;
    for (let column = k; column < count; column++) reflect(q, column * length, normal, k, length, scale);
  }
  return q;
}

/** `x - scale * v * (v . x)` for the part from `start` on of the column of `q` at `offset`. */
function reflect(q: Float64Array, offset: number, v: Float64Array, start: number, length: number, scale: number): void {
  // Four sums, since an addition that waits for the one before takes most of the time.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = start;
  for (; i < length - 3; i += 4) {
    const at = offset + i;
    a += v[i]! * q[at]!;
    b += v[i + 1]! * q[at + 1]!;
    c += v[i + 2]! * q[at + 2]!;
    d += v[i + 3]! * q[at + 3]!;
  }
  for (; i < length; i++) a += v[i]! * q[offset + i]!;
  const product = scale * (a + b + c + d);
  for (i = start; i < length; i++) q[offset + i]! -= product * v[i]!;
}
