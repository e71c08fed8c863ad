import { array, generator, type NDArray } from "retrograd";

/** Points in the plane that a generator is to imitate, and where they lie. */
export interface PlaneData {
  /** What the parts are called into which the points fall. */
  readonly parts: string;
  /** How many of them there are, each equally likely. */
  readonly count: number;
  /** Points that lie on what the others are scattered around, each with the number of its part. */
  readonly places: readonly { readonly x: number; readonly y: number; readonly part: number }[];
  /** The standard deviation of both coordinates around such a place. */
  readonly scatter: number;
  /** New points (n, 2). */
  draw(n: number): NDArray;
}

/** How well points imitate others. */
export interface Likeness {
  /** How many parts have at least a fifth of the points that are due to them. */
  readonly covered: number;
  /** The share of the points that lie within three standard deviations of a place. */
  readonly near: number;
}

const MODES = 8;
const RADIUS = 2;

/** Eight Gaussians around a circle. */
export const ring: PlaneData = planeData({
  parts: "modes",
  count: MODES,
  scatter: 0.1,
  length: MODES,
  place: (share) => [RADIUS * Math.cos(2 * Math.PI * share), RADIUS * Math.sin(2 * Math.PI * share)],
});

/** A spiral of one and a half turns. */
export const swissRoll: PlaneData = planeData({
  parts: "sections of the roll",
  count: 16,
  scatter: 0.06,
  length: 1600,
  place: (share) => {
    const angle = 1.5 * Math.PI * (1 + 2 * share);
    const radius = (RADIUS * angle) / (4.5 * Math.PI);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
});

interface Curve {
  parts: string;
  count: number;
  scatter: number;
  /** How many places there are. */
  length: number;
  /** The place that lies so far along, from 0 to 1. */
  place(share: number): [x: number, y: number];
}

function planeData({ parts, count, scatter, length, place }: Curve): PlaneData {
  const places = Array.from({ length }, (_, i) => {
    const [x, y] = place(i / length);
    return { x, y, part: Math.floor((i * count) / length) };
  });
  const draw = (n: number) =>
    array(
      Array.from({ length: n }, () => {
        const { x, y } = places[generator.integer(length)]!;
        return [x + scatter * generator.normal(), y + scatter * generator.normal()];
      }),
    );
  return { parts, count, places, scatter, draw };
}

/** How well points (n, 2) imitate those of the data. */
export function likeness(points: NDArray, { places, count, scatter }: PlaneData): Likeness {
  const drawn = points.toArray() as [number, number][];
  const found = new Array<number>(count).fill(0);
  for (const [x, y] of drawn) {
    let [least, part] = [Number.POSITIVE_INFINITY, 0];
    for (const place of places) {
      const distance = Math.hypot(x - place.x, y - place.y);
      if (distance < least) [least, part] = [distance, place.part];
    }
    if (least < 3 * scatter) found[part]!++;
  }
  return {
    covered: found.filter((n) => n >= drawn.length / count / 5).length,
    near: found.reduce((sum, n) => sum + n, 0) / drawn.length,
  };
}
