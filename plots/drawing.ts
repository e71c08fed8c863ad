import type * as Plot from "@observablehq/plot";
import { missingPackage } from "../core/missing-package.js";
import { xmlText } from "../core/xml-text.js";

/** What charts are drawn with: Observable Plot (https://observablehq.com/plot) and a document for its elements. */
interface Drawing {
  plot: typeof Plot;
  document: Document;
}

/** An SVG document of the marks that `build` makes. @throws MissingPackageError as `load`. */
export async function draw(
  operation: string,
  title: string | undefined,
  build: (plot: typeof Plot) => Plot.PlotOptions,
): Promise<string> {
  const { plot, document } = await load(operation);
  const { marks = [], ...options } = build(plot);
  const heading = { frameAnchor: "top", dy: -22, fontSize: 15, fontWeight: "bold" } as const;
  const svg = plot.plot({
    style: { background: "white", fontFamily: "sans-serif" },
    marginTop: 40,
    ...options,
    marks: title === undefined ? marks : [...marks, plot.text([xmlText(title)], heading)],
    document,
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return svg.outerHTML;
}

/** The names of lines or groups in their colours, one below the other, right of the frame. */
export function legend(plot: typeof Plot, names: readonly string[]): Plot.Markish[] {
  const place = { frameAnchor: "top-right", textAnchor: "start", fontSize: 12, dx: 10 } as const;
  return names.map((name, i) => plot.text([`● ${name}`], { fill: () => name, dy: 6 + 16 * i, ...place }));
}

/** @throws MissingPackageError without Observable Plot and, outside of browsers, linkedom. */
async function load(operation: string): Promise<Drawing> {
  return { plot: await loadPlot(operation), document: globalThis.document ?? (await loadDocument(operation)) };
}

async function loadPlot(operation: string): Promise<typeof Plot> {
  try {
    return await import("@observablehq/plot");
  } catch (cause) {
    throw missingPackage(operation, "@observablehq/plot", cause);
  }
}

async function loadDocument(operation: string): Promise<Document> {
  try {
    const { parseHTML } = await import("linkedom");
    return parseHTML("<html><body></body></html>").document;
  } catch (cause) {
    throw missingPackage(operation, "linkedom", cause);
  }
}
