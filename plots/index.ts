export { type ConfusionChartOptions, type Confusions, confusionChart } from "./confusion-chart.js";
export { type Epoch, type LineChartOptions, type Lines, lineChart } from "./line-chart.js";
export type { ChartOptions } from "./options.js";
