// What programs that use a part of the package come to when esbuild bundles and minifies them, kernels included, from what
// `npm run build` made. Fails when the smallest is too large, or holds modules that nothing in it needs.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const PROGRAMS = {
  "Variable and add": `
    import { Variable } from "retrograd";
    import { add } from "retrograd/functions";
    export { add, Variable };`,
  "a network and its training": `
    import { array } from "retrograd";
    import { softmaxCrossEntropy } from "retrograd/functions";
    import { FullyConnected, Sequential } from "retrograd/nn";
    import { Adam } from "retrograd/optim";
    const model = new Sequential(new FullyConnected({ nOut: 8, actFn: "relu" }), new FullyConnected({ nOut: 2 }));
    const x = array([[1, 2], [3, 4]]);
    const loss = () => softmaxCrossEntropy(model.forward(x), array([0, 1], { dtype: "int32" }));
    loss();
    const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
    export function step() {
      optimizer.zeroGrad();
      loss().backward();
      optimizer.step();
    }`,
  everything: `
    export * as core from "retrograd";
    export * as F from "retrograd/functions";
    export * as nn from "retrograd/nn";
    export * as optim from "retrograd/optim";`,
};
/** Bytes of the first of them, compressed. */
const LIMIT = 60_000;
/** What no method of Variable needs. */
const UNNEEDED = new RegExp(
  [
    "^(nn|optim|plots)/",
    "^core/(anomaly|atomic|catalogue|convolution|derivative|differences|gradcheck|graph|normalization|profile|recurrent|spec)",
    "^core/backend/(js|wasm)/(columns|conv|optimizers|recurrent|window)\\.ts",
    "^core/backend/openblas-",
    "^core/backend/wasm/code/(normalize|optimizers|recurrent|windows)\\.ts",
    "^functions/(attention|conv|convolution|einsum|embedding|graph|gru|loss|lstm|normalization|pool|random|rnn|window)\\b",
  ].join("|"),
);

/** Bytes of a module that esbuild leaves of one that is not needed: constants that it does not see through. */
const CRUMBS = 100;

const folders = { dist: ["./dist/esm", ".js"], sources: [".", ".ts"] };

async function bundle(contents, of) {
  const [folder, ending] = folders[of];
  const text = contents.replace(/"retrograd(\/?\w*)"/g, (_, entry) => `"${folder}${entry}/index${ending}"`);
  return build({
    stdin: { contents: text, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    packages: "external",
    format: "esm",
    platform: "browser",
    logLevel: "error",
  });
}

if (!existsSync("dist/esm/index.js")) throw new Error("check-size: there is no dist; expected npm run build before");
const sizes = {};
const codes = [];
for (const [name, program] of Object.entries(PROGRAMS)) {
  const { outputFiles } = await bundle(program, "dist");
  codes.push(outputFiles[0].text);
  sizes[name] = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  console.log(`${name}: ${(sizes[name] / 1000).toFixed(1)} KB compressed, ${outputFiles[0].contents.length} bytes`);
}
const [[smallest, program]] = Object.entries(PROGRAMS);
const { metafile } = await bundle(program, "sources");
const [{ inputs }] = Object.values(metafile.outputs);
const stray = Object.keys(inputs).filter((file) => UNNEEDED.test(file) && inputs[file].bytesInOutput > CRUMBS);
if (stray.length > 0) throw new Error(`check-size: ${smallest} takes along ${stray.join(", ")}; expected none of them`);
if (sizes[smallest] > LIMIT) {
  throw new Error(`check-size: ${smallest} comes to ${sizes[smallest]} bytes; expected at most ${LIMIT}`);
}

// What is left of Variable is all of it, and works.
const folder = mkdtempSync(join(tmpdir(), "retrograd-"));
writeFileSync(join(folder, "smallest.mjs"), codes[0]);
const { Variable } = await import(pathToFileURL("dist/esm/index.js"));
const small = await import(pathToFileURL(join(folder, "smallest.mjs")));
rmSync(folder, { recursive: true });
const missing = Object.getOwnPropertyNames(Variable.prototype).filter((name) => !(name in small.Variable.prototype));
if (missing.length > 0) throw new Error(`check-size: Variable lacks ${missing.join(", ")} in the smallest bundle`);
const x = new small.Variable(small.add(new Float32Array(2500).fill(0.5), 0.5).data.reshape([50, 50]), true);
x.matmul(x).softmax().cumsum({ axis: 0 }).sum().backward();
if (x.grad.shape.join() !== "50,50") throw new Error("check-size: wrong gradient");
