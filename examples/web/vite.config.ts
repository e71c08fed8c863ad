import { defineConfig } from "vite";
import { packedDigits } from "./packed-digits.js";

/** What a browser asks of a page before it lets workers share memory: see docs/browsers.md. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  // The page works in any folder of a host.
  base: "./",
  build: { outDir: "dist", target: "es2022" },
  // Found at the start, or the page would be loaded again when the graph is first drawn.
  optimizeDeps: { include: ["uplot", "@viz-js/viz"] },
  plugins: [packedDigits()],
  preview: { headers },
  // retrograd is this repository's; elsewhere it is a package like any other.
  resolve: { tsconfigPaths: true },
  server: { headers },
  // The graph calls functions by the names of their classes. The package on npm keeps them by itself.
  worker: { format: "es", rolldownOptions: { output: { keepNames: true } } },
});
