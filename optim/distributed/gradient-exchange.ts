import type { FloatDType } from "../../core/dtype.js";
import { bytesOf } from "../../core/dtype.js";
import { shapeText } from "../../core/shape.js";
import type { Parameter, Variable } from "../../core/variable.js";
import { gradientFits, gradientMisfit } from "../checks.js";
import { checkAgreement } from "./agreement.js";
import { Bucket, type Exchanged } from "./bucket.js";
import { allReduceNumbers, type Communicator } from "./communicator.js";

/** The gradients of an optimizer's parameters, averaged over the ranks in buckets. */
export class GradientExchange {
  private buckets: readonly Bucket[] = [];
  /** What the buckets were made for. */
  private planned: readonly Exchanged[] = [];
  private places: ReadonlySet<Parameter> = new Set();
  /** The gradients that are whole, while backward is at work. */
  private readonly gradients = new Map<Parameter, Variable>();

  constructor(
    private readonly communicator: Communicator,
    private readonly bucketBytes: number,
    private readonly members: () => readonly Exchanged[],
    /** What ranks must agree on beside the parameters, a line each. */
    private readonly settings: () => readonly string[],
    private readonly overlap: boolean,
  ) {}

  /**
   * Gives every parameter the mean over the ranks of its gradient. One that no rank has a gradient for gets none; elsewhere a rank
   * without one counts as zeros.
   * @throws CommunicationError on all ranks, before anything has changed, when they do not have the same parameters; ShapeError or DTypeError for a
   * gradient that does not fit its parameter.
   */
  average(): void {
    this.plan();
    for (const [i, { parameter }] of this.planned.entries()) {
      if (parameter.peekGrad() === null || gradientFits(parameter)) continue;
      throw gradientMisfit(`DistributedOptimizer: parameter ${i}`, parameter);
    }
    const current = this.buckets.map((bucket) => bucket.finish(this.overlap));
    this.gradients.clear();
    // What was sent before its time may have changed since, on some ranks.
    const late = this.overlap && allReduceNumbers(this.communicator, [current.includes(false) ? 1 : 0], "max")[0]! > 0;
    for (const bucket of this.buckets) {
      if (late) bucket.exchange(false);
      bucket.give();
    }
  }

  /** Takes a gradient that will not change any more in the backward pass at work, and sends it off when its bucket is full. */
  whole(parameter: Parameter, gradient: Variable): void {
    if (parameter.peekGrad() !== null || !this.places.has(parameter)) return;
    this.gradients.set(parameter, gradient);
    // In the same order on all ranks.
    for (const bucket of this.buckets) {
      if (bucket.begun) continue;
      const { parameters } = bucket;
      if (!parameters.every((one) => this.gradients.has(one))) return;
      bucket.start(new Map(parameters.map((one) => [one, this.gradients.get(one)!])));
    }
  }

  /** Moves on what has been sent. */
  onWay(): void {
    for (const bucket of this.buckets) if (bucket.begun) bucket.test();
  }

  /** The mean of a loss over the ranks. */
  meanLoss(loss: number): number {
    return allReduceNumbers(this.communicator, [loss], "mean")[0]!;
  }

  /** Makes buckets of the parameters that have data, unless they are made. */
  private plan(): void {
    const members = this.members().filter(({ parameter }) => parameter.initialized);
    if (sameMembers(members, this.planned)) return;
    // What was begun with the former buckets is no use any more, but the other ranks wait for it.
    if (this.overlap) for (const bucket of this.buckets) bucket.finish(true);
    checkAgreement(this.communicator, "DistributedOptimizer", [
      ...this.settings(),
      ...members.map(({ parameter, lazy }, i) => lineOf(parameter, i, lazy)),
    ]);
    this.planned = members;
    this.places = new Set(members.map(({ parameter }) => parameter));
    this.buckets = bucketsOf(this.communicator, members, this.bucketBytes);
  }
}

/** What ranks must agree on of a parameter. */
export function lineOf(parameter: Parameter, index: number, lazy: boolean): string {
  const { name, initialized, shape, dtype } = parameter;
  const what = initialized ? `of shape ${shapeText(shape)}, ${dtype}` : "without data yet";
  return `parameter ${index} is ${name ?? "one"} ${what}${lazy ? ", lazy" : ""}`;
}

/**
 * Buckets of at most so many bytes, or one parameter, in the opposite of the order in which layers register them: that is about the
 * order in which backward has them ready.
 */
function bucketsOf(communicator: Communicator, members: readonly Exchanged[], bytes: number): Bucket[] {
  const open = new Map<FloatDType, { members: Exchanged[]; bytes: number }>();
  const buckets: Bucket[] = [];
  const close = (dtype: FloatDType): void => {
    const filled = open.get(dtype);
    if (filled !== undefined) buckets.push(new Bucket(communicator, dtype, filled.members));
    open.delete(dtype);
  };
  for (const member of [...members].reverse()) {
    const dtype = member.parameter.dtype as FloatDType;
    const size = member.parameter.size * bytesOf(dtype);
    if ((open.get(dtype)?.bytes ?? 0) + size > bytes) close(dtype);
    const bucket = open.get(dtype) ?? { members: [], bytes: 0 };
    bucket.members.push(member);
    bucket.bytes += size;
    open.set(dtype, bucket);
  }
  for (const dtype of [...open.keys()]) close(dtype);
  return buckets;
}

function sameMembers(a: readonly Exchanged[], b: readonly Exchanged[]): boolean {
  return (
    a.length === b.length && a.every(({ parameter, lazy }, i) => parameter === b[i]!.parameter && lazy === b[i]!.lazy)
  );
}
