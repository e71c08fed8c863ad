/** A text that is to stand beside a point; all lengths are in pixels, `y` grows downwards. */
export interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Where a text stands: how far its anchor is from the point, and which part of the text is there. */
export interface LabelPlace {
  readonly dx: number;
  readonly dy: number;
  readonly textAnchor: "start" | "middle" | "end";
}

/** Places beside a point, the best one first. */
export const LABEL_PLACES: readonly LabelPlace[] = [
  { dx: 0, dy: -10, textAnchor: "middle" },
  { dx: 6, dy: 0, textAnchor: "start" },
  { dx: -6, dy: 0, textAnchor: "end" },
  { dx: 0, dy: 10, textAnchor: "middle" },
];

/** The width of a letter and the height of a line, as shares of the size of the font. */
const [LETTER, LINE] = [0.6, 1.1];

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Of each label the place where it covers least of the points and of the labels before it. */
export function placeLabels(labels: readonly Label[], fontSize: number): LabelPlace[] {
  const taken: Box[] = labels.map(({ x, y }) => ({ left: x - 3, right: x + 3, top: y - 3, bottom: y + 3 }));
  return labels.map((label) => {
    const choices = LABEL_PLACES.map((place) => {
      const box = boxOf(label, place, fontSize);
      return { place, box, covered: taken.reduce((sum, other) => sum + overlap(box, other), 0) };
    });
    const best = choices.reduce((a, b) => (b.covered < a.covered ? b : a));
    taken.push(best.box);
    return best.place;
  });
}

function boxOf({ text, x, y }: Label, { dx, dy, textAnchor }: LabelPlace, fontSize: number): Box {
  const width = LETTER * fontSize * text.length;
  const left = x + dx - width * { start: 0, middle: 0.5, end: 1 }[textAnchor];
  const half = (LINE * fontSize) / 2;
  return { left, right: left + width, top: y + dy - half, bottom: y + dy + half };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}
