/*
 * Sums, products and quotients of literal lengths, as one does them on paper: on lists of digits, the last digit first.
 * TypeScript has no arithmetic on types, but the length of a tuple of at most twenty elements is cheap. A length that is not
 * known (`number`) makes the result `number`.
 */

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type Digits = readonly Digit[];

/** A tuple of each length up to ten, to count with. */
type Units = [
  [],
  [0],
  [0, 0],
  [0, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];
type OneLess = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

type DigitsOf<Text extends string, Done extends Digits = []> = Text extends `${infer D extends Digit}${infer Rest}`
  ? DigitsOf<Rest, [D, ...Done]>
  : Done;

type NumberOf<D extends Digits> =
  TextOf<D> extends infer Text extends string ? (Text extends `${infer N extends number}` ? N : 0) : never;

/** The digits in the order of reading, without zeros in front. */
type TextOf<D extends Digits> = D extends readonly [...infer Rest extends Digits, infer Front extends Digit]
  ? Front extends 0
    ? TextOf<Rest>
    : Reading<D>
  : "0";
type Reading<D extends Digits> = D extends readonly [infer Last extends Digit, ...infer Rest extends Digits]
  ? `${Reading<Rest>}${Last}`
  : "";

type AddDigits<A extends Digits, B extends Digits, Carry extends 0 | 1 = 0> = A extends readonly [
  infer M extends Digit,
  ...infer RestA extends Digits,
]
  ? B extends readonly [infer N extends Digit, ...infer RestB extends Digits]
    ? AddOne<M, N, Carry, RestA, RestB>
    : AddOne<M, 0, Carry, RestA, []>
  : B extends readonly []
    ? Carry extends 1
      ? [1]
      : []
    : AddDigits<[0], B, Carry>;
type AddOne<M extends Digit, N extends Digit, Carry extends 0 | 1, RestA extends Digits, RestB extends Digits> = [
  ...Units[M],
  ...Units[N],
  ...Units[Carry],
] extends [...Units[10], ...infer Over extends 0[]]
  ? [Over["length"] & Digit, ...AddDigits<RestA, RestB, 1>]
  : [[...Units[M], ...Units[N], ...Units[Carry]]["length"] & Digit, ...AddDigits<RestA, RestB>];

type TimesDigit<A extends Digits, D extends Digit> = D extends 0 ? [] : AddDigits<A, TimesDigit<A, OneLess[D] & Digit>>;
type MultiplyDigits<A extends Digits, B extends Digits> = B extends readonly [
  infer D extends Digit,
  ...infer Rest extends Digits,
]
  ? AddDigits<TimesDigit<A, D>, [0, ...MultiplyDigits<A, Rest>]>
  : [];

/** `A - B`; never when that is negative. */
type SubtractDigits<A extends Digits, B extends Digits, Borrow extends 0 | 1 = 0> = A extends readonly [
  infer M extends Digit,
  ...infer RestA extends Digits,
]
  ? B extends readonly [infer N extends Digit, ...infer RestB extends Digits]
    ? SubtractOne<M, N, Borrow, RestA, RestB>
    : SubtractOne<M, 0, Borrow, RestA, []>
  : IsZero<B> extends true
    ? Borrow extends 0
      ? []
      : never
    : never;
type SubtractOne<
  M extends Digit,
  N extends Digit,
  Borrow extends 0 | 1,
  RestA extends Digits,
  RestB extends Digits,
> = Units[M] extends [...Units[N], ...Units[Borrow], ...infer Left extends 0[]]
  ? PutFirst<Left["length"] & Digit, SubtractDigits<RestA, RestB>>
  : [...Units[10], ...Units[M]] extends [...Units[N], ...Units[Borrow], ...infer Left extends 0[]]
    ? PutFirst<Left["length"] & Digit, SubtractDigits<RestA, RestB, 1>>
    : never;
type PutFirst<D extends Digit, Rest extends Digits> = [Rest] extends [never] ? never : [D, ...Rest];
type IsZero<D extends Digits> = D extends readonly 0[] ? true : false;

/** Long division, from the front digit on: the quotient, or never where there is a remainder. */
type DivideDigits<
  A extends Digits,
  B extends Digits,
  Remainder extends Digits = [],
  Quotient extends Digits = [],
> = A extends readonly [...infer Rest extends Digits, infer Front extends Digit]
  ? DivideStep<Rest, B, [Front, ...Remainder], Quotient>
  : IsZero<Remainder> extends true
    ? Quotient
    : never;
type DivideStep<
  A extends Digits,
  B extends Digits,
  Remainder extends Digits,
  Quotient extends Digits,
  Count extends Digit = 0,
> = [SubtractDigits<Remainder, B>] extends [never]
  ? DivideDigits<A, B, Remainder, [Count, ...Quotient]>
  : DivideStep<A, B, SubtractDigits<Remainder, B>, Quotient, [...Units[Count], 0]["length"] & Digit>;

/** `A + B`. */
export type Add<A extends number, B extends number> = number extends A | B
  ? number
  : NumberOf<AddDigits<DigitsOf<`${A}`>, DigitsOf<`${B}`>>>;

/** `A * B`. */
export type Multiply<A extends number, B extends number> = number extends A | B
  ? number
  : NumberOf<MultiplyDigits<DigitsOf<`${A}`>, DigitsOf<`${B}`>>>;

/** `A / B`; never where that leaves a remainder or `B` is 0. */
export type Divide<A extends number, B extends number> = number extends A | B
  ? number
  : B extends 0
    ? never
    : [DivideDigits<DigitsOf<`${A}`>, DigitsOf<`${B}`>>] extends [infer Quotient extends Digits]
      ? [Quotient] extends [never]
        ? never
        : NumberOf<Quotient>
      : never;

/** The number of elements of a shape: the product of its lengths. */
export type Size<S extends readonly number[], Done extends number = 1> = number extends S["length"]
  ? number
  : S extends readonly [infer N extends number, ...infer Rest extends readonly number[]]
    ? Size<Rest, Done extends 1 ? N : N extends 1 ? Done : Multiply<Done, N>>
    : Done;
