/** What every chart can be told. */
export interface ChartOptions {
  /** What stands above it. */
  title?: string;
  /** In pixels. */
  width?: number;
  height?: number;
}

/** The names of these options. */
export const CHART_OPTIONS: readonly string[] = ["title", "width", "height"];
