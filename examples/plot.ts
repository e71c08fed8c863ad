import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import * as Plot from "@observablehq/plot";
import { Resvg } from "@resvg/resvg-js";
import { parseHTML } from "linkedom";
import { LABEL_PLACES, placeLabels } from "./labels.js";

/** A point in the plane, with what is known of it. */
export interface Point {
  x: number;
  y: number;
  /** What is written beside it. */
  label?: string;
  /** The points of a group have a colour, which the legend names. */
  group?: string;
}

/** Values over 0, 1, 2 and so on, or over `xs`. */
export interface Line {
  name: string;
  ys: ArrayLike<number>;
  xs?: ArrayLike<number>;
}

/** What a picture may have beside its marks: a title, names of its axes, sizes and whatever else Observable Plot knows. */
export type PictureOptions = Plot.PlotOptions & { title?: string };

/** The size of a picture in pixels, unless told. */
const [WIDTH, HEIGHT] = [720, 540];

/** An SVG document of Observable Plot's marks (https://observablehq.com/plot), drawn without a browser. */
export function picture(marks: Plot.Markish[], { title, ...options }: PictureOptions = {}): string {
  const { document } = parseHTML("<html><body></body></html>");
  const heading = Plot.text([title ?? ""], { frameAnchor: "top", dy: -22, fontSize: 15, fontWeight: "bold" });
  const svg = Plot.plot({
    width: WIDTH,
    height: HEIGHT,
    marginTop: 40,
    style: { background: "white", fontFamily: "sans-serif" },
    ...options,
    marks: [...marks, heading],
    document,
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return svg.outerHTML;
}

/** The names of groups in their colours, one below the other to the right of the frame, which needs a `marginRight` for them. */
export function legend(names: readonly string[]): Plot.Markish[] {
  const place = { frameAnchor: "top-right", textAnchor: "start", fontSize: 12, dx: 10 } as const;
  return names.map((name, i) => Plot.text([name], { text: [`● ${name}`], fill: [name], dy: 6 + 16 * i, ...place }));
}

/** Points in the plane, with what is written beside them and a legend of their groups. */
export function scatter(points: readonly Point[], options: PictureOptions = {}): string {
  const groups = [...new Set(points.flatMap(({ group }) => group ?? []))];
  const fill = groups.length === 0 ? "steelblue" : ({ group }: Point) => group ?? "";
  const dots = Plot.dot(points, { x: "x", y: "y", r: 2.5, fill, fillOpacity: 0.8 });
  const color = { domain: groups, unknown: "gray" };
  const marginRight = groups.length === 0 ? 20 : 110;
  const { width = WIDTH, height = HEIGHT } = options;
  const labels = labelsOf(points, width - marginRight - 80, height - 110, fill);
  return picture([dots, ...labels, ...legend(groups)], { inset: 20, marginRight, color, ...options });
}

/** What is written beside points that are spread over so many pixels, with as little of it on top of each other as possible. */
function labelsOf(
  points: readonly Point[],
  width: number,
  height: number,
  fill: Plot.ChannelValueSpec,
): Plot.Markish[] {
  const labelled = points.filter(({ label }) => label !== undefined);
  const inPixels = (values: number[], length: number) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return values.map((value) => (most > least ? ((value - least) / (most - least)) * length : 0));
  };
  const xs = inPixels(
    labelled.map(({ x }) => x),
    width,
  );
  const ys = inPixels(
    labelled.map(({ y }) => -y),
    height,
  );
  const fontSize = 11;
  const places = placeLabels(
    labelled.map(({ label }, i) => ({ text: label!, x: xs[i]!, y: ys[i]! })),
    fontSize,
  );
  return LABEL_PLACES.map((place) =>
    Plot.text(
      labelled.filter((_, i) => places[i] === place),
      { x: "x", y: "y", text: "label", fill, fontSize, ...place },
    ),
  );
}

/** Curves, each with its name at its end. */
export function lines(curves: readonly Line[], options: PictureOptions = {}): string {
  const points = curves.flatMap(({ name, ys, xs }) => Array.from(ys, (y, i) => ({ name, x: xs?.[i] ?? i, y })));
  const curve = Plot.line(points, { x: "x", y: "y", stroke: "name" });
  const end = { x: "x", y: "y", z: "name", text: "name", fill: "name", textAnchor: "start", dx: 6 } as const;
  const names = Plot.text(points, Plot.selectLast(end));
  const color = { domain: curves.map(({ name }) => name) };
  return picture([curve, names], { marginRight: 110, color, ...options });
}

/** Writes an SVG document as it is, or drawn in pixels when the name of the file ends in .png. */
export function savePicture(path: string, svg: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const font = { sansSerifFamily: "DejaVu Sans", defaultFontFamily: "DejaVu Sans" };
  writeFileSync(path, extname(path) === ".png" ? new Resvg(svg, { font, background: "white" }).render().asPng() : svg);
}
