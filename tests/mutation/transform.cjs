const { createHash } = require("node:crypto");
const ts = require("typescript");

const compilerOptions = { target: "es2022", module: "commonjs", esModuleInterop: true };

/**
 * TypeScript to JavaScript, kept by the text alone: Stryker copies the project to a folder of another name each time, and what
 * ts-jest keeps is lost with the name.
 */
module.exports = {
  getCacheKey: (text) => createHash("sha1").update(text).digest("hex"),
  process: (text, fileName) => ({ code: ts.transpileModule(text, { fileName, compilerOptions }).outputText }),
};
