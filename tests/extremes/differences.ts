/** Where results differ from PyTorch's on purpose, or because PyTorch's are wrong. */
export interface Difference {
  /** The titles of the cases it is about, and what it says of them. */
  cases: RegExp;
  lines: RegExp;
  why: string;
}

/** All of them; docs/trust.md repeats the reasons. */
export const differences: readonly Difference[] = [
  {
    cases: /^(sign|abs|norm .*|meanAbsoluteError .*)$/,
    lines: /: NaN, PyTorch -?0$/,
    why: "the sign of NaN, and with it the derivative of |x| there, is NaN as in NumPy; PyTorch's is 0, which hides it",
  },
  {
    cases: /^(sign|elu .*|selu|gelu .*|maximum .*|minimum .*|max .*|min .*)$/,
    lines: /value \d+: -?0, PyTorch (-0|0)$/,
    why: "the sign of zero is kept, and -0 counts as less than 0 (IEEE 754's minimum and maximum); PyTorch's depends on the dtype and on the order of the operands",
  },
  {
    cases: /^(elu .*|selu)$/,
    lines: /value \d+: -\d\S*e-\d+, PyTorch 0$/,
    why: "computed with expm1, which is exact near 0; PyTorch takes 1 from exp",
  },
  {
    cases: /^sigmoid$/,
    lines: /e-4\d, PyTorch 0$/,
    why: "subnormal results are kept in float32; PyTorch's overflow on the way and become 0",
  },
  {
    cases: /^(sum|mean|var|std) of /,
    lines: /(value [89]|gradient 0 at (8|9|23|24|3[2-9]|53|54)): /,
    why: "sums of numbers that cancel or overflow depend on the order in which they are added, which is another one; PyTorch's mean and variance of float64 overflow to NaN where these are infinite",
  },
  {
    cases: /^logsumexp of /,
    lines: /gradient 0 at \d+: -?0, PyTorch NaN$/,
    why: "over nothing but -Infinity the gradient is 0, since the result is -Infinity whatever moves; PyTorch 1.13 gives NaN",
  },
  {
    cases: /^norm of .*"ord":(0.5|3)/,
    lines: /gradient 0 at \d+: (-?0|NaN), PyTorch /,
    why: "the gradient of a norm that is not 2 is 0 at zeros and where the norm is infinite; PyTorch's is NaN",
  },
  {
    cases: /^norm of .*"ord":"-?inf"/,
    lines: /gradient 0 at \d+: NaN, PyTorch/,
    why: "where the norm is NaN all of its gradient is; PyTorch's is 0, which hides it",
  },
  {
    cases: /^sigmoidCrossEntropy /,
    lines: /value 2: Infinity, PyTorch NaN$/,
    why: "the loss of a logit of -Infinity for a target of 0.5 is infinite; PyTorch subtracts infinities",
  },
  {
    cases: /^binaryCrossEntropy /,
    lines: /^gradient 1 at 4: -168, PyTorch /,
    why: "the gradient of a target has the bound at -100 that the logarithms in the value have; PyTorch's has none",
  },
  {
    cases: /^klDivergence /,
    lines: /gradient 1 at [01]: (0|Infinity), PyTorch NaN$/,
    why: "at a target of 0 its gradient is that of -t x, since t log(t) has none there; PyTorch's is NaN",
  },
  {
    cases: /^(matmul|dot|einsum|linear|conv1d|conv2d|deconv2d|batchNorm) /,
    lines: /value \d+: -?0, PyTorch -?0$/,
    why: "the sign of a sum that is zero depends on what it begins with, and on how products are rounded that are smaller than all numbers",
  },
  {
    cases: /^attention with such (keys|values that are masked)/,
    lines: /gradient [01] at \d+: 0, PyTorch -?\d\S*e-\d+$/,
    why: "where one key has all the weight the gradients of the scores are exactly 0; PyTorch's are what rounding leaves",
  },
  {
    cases: /^attention with such values that are masked/,
    lines: /gradient [01] at \d+: 0, PyTorch NaN$/,
    why: "what is masked gives no gradients, whatever the values there are; from PyTorch's functions come 0 times infinity",
  },
  {
    cases: /^batchNorm of /,
    lines: /(value|gradient 0 at) (9|24|39|54): (-?0, PyTorch NaN|NaN, PyTorch -?0)$/,
    why: "where the variance overflows the channel becomes 0 and its gradient NaN; PyTorch's becomes NaN in float64, and has double the precision in float32",
  },
  {
    cases: /^batchNorm of /,
    lines: /^gradient 0 at 58: -0\.00014[89]/,
    why: "in float32 it is what is left of numbers that nearly cancel",
  },
  {
    cases: /^layerNorm of /,
    lines: /(value (36|37|38|39|32|33|34|35)|gradient 0 at \d+): /,
    why: "where the variance overflows the row becomes 0; PyTorch's becomes NaN",
  },
];
