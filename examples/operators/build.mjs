// node build.mjs <output> [program]: compiles a program, newton.ts unless given, by tsover's plugin for esbuild.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import tsover from "tsover/plugin/esbuild";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

await build({
  entryPoints: [process.argv[3] ?? here("newton.ts")],
  outfile: process.argv[2],
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["koffi", "@viz-js/viz", "@observablehq/plot", "linkedom"],
  // Where "retrograd" is the sources beside this folder instead of a package.
  tsconfig: here("tsconfig.json"),
  plugins: [
    (tsover.default ?? tsover)({
      tsconfigPath: here("tsconfig.json"),
      include: ["**/{examples,tests}/operators/*.ts"],
    }),
  ],
  logLevel: "warning",
});
