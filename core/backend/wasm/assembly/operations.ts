/*
 * Operations as classes without instances: a loop that is generic over one of them, called with
 * `changetype<Operation>(0)`, is compiled once for each, with the operation inlined.
 */

@unmanaged
export class Add<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.add<T>(a, b); }
  @inline scalar(a: T, b: T): T { return (a + b) as T; }
}

@unmanaged
export class Sub<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.sub<T>(a, b); }
  @inline scalar(a: T, b: T): T { return (a - b) as T; }
}

@unmanaged
export class Mul<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.mul<T>(a, b); }
  @inline scalar(a: T, b: T): T { return (a * b) as T; }
}

@unmanaged
export class Div<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.div<T>(a, b); }
  @inline scalar(a: T, b: T): T { return (a / b) as T; }
}

@unmanaged
export class Max<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.max<T>(a, b); }
  @inline scalar(a: T, b: T): T { return max<T>(a, b); }
}

@unmanaged
export class Min<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.min<T>(a, b); }
  @inline scalar(a: T, b: T): T { return min<T>(a, b); }
}

/* Gradients, of that of a function's output and the output. */

@unmanaged
export class ReluGrad<T> {
  @inline vector(gy: v128, y: v128): v128 { return v128.andnot(gy, v128.le<T>(y, v128.splat<T>(0))); }
  @inline scalar(gy: T, y: T): T { return y <= 0 ? 0 : gy; }
}

@unmanaged
export class TanhGrad<T> {
  @inline vector(gy: v128, y: v128): v128 {
    const one = v128.splat<T>(1);
    return v128.mul<T>(gy, v128.mul<T>(v128.sub<T>(one, y), v128.add<T>(one, y)));
  }
  @inline scalar(gy: T, y: T): T { return (gy * ((1 - y) * (1 + y))) as T; }
}

@unmanaged
export class SigmoidGrad<T> {
  @inline vector(gy: v128, y: v128): v128 {
    return v128.mul<T>(gy, v128.mul<T>(y, v128.sub<T>(v128.splat<T>(1), y)));
  }
  @inline scalar(gy: T, y: T): T { return (gy * (y * (1 - y))) as T; }
}

@unmanaged
export class Equal<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.eq<T>(a, b); }
  @inline scalar(a: T, b: T): bool { return a == b; }
}

@unmanaged
export class NotEqual<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.ne<T>(a, b); }
  @inline scalar(a: T, b: T): bool { return a != b; }
}

@unmanaged
export class Less<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.lt<T>(a, b); }
  @inline scalar(a: T, b: T): bool { return a < b; }
}

@unmanaged
export class LessEqual<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.le<T>(a, b); }
  @inline scalar(a: T, b: T): bool { return a <= b; }
}
