/* Functions of the engine's own Math, which it calls without a detour. */

// @ts-ignore: decorator
@external("Math", "sin") export declare function sin(x: f64): f64;
// @ts-ignore: decorator
@external("Math", "cos") export declare function cos(x: f64): f64;
// @ts-ignore: decorator
@external("Math", "tan") export declare function tan(x: f64): f64;
// @ts-ignore: decorator
@external("Math", "asin") export declare function asin(x: f64): f64;
// @ts-ignore: decorator
@external("Math", "acos") export declare function acos(x: f64): f64;
// @ts-ignore: decorator
@external("Math", "atan") export declare function atan(x: f64): f64;
// @ts-ignore: decorator
@external("Math", "pow") export declare function power(x: f64, y: f64): f64;
