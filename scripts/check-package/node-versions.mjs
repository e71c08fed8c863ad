import { join } from "node:path";
import { verdict } from "./program.mjs";

const VERSIONS = [22, 24];
/** Milliseconds that installing one may take: they are large, and not worth waiting for on a slow line. */
const PATIENCE = 240_000;

/** Runs the programs under other versions of Node, which npm has as packages; those it cannot give are skipped with a line. */
export function checkNodeVersions(run, programs) {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  for (const version of VERSIONS) {
    const prefix = `node-${version}`;
    try {
      const options = ["--no-audit", "--no-fund", "--loglevel=error", "--prefix", prefix];
      run("npm", ["install", ...options, `${name}@${version}`], { timeout: PATIENCE });
    } catch {
      console.log(`Node ${version}: skipped, npm cannot install ${name}@${version}`);
      continue;
    }
    const node = join(prefix, "node_modules", name, "bin", "node");
    const exact = run(node, ["--version"]).trim();
    for (const program of programs) console.log(verdict(`Node ${exact}, ${program}`, run(node, [program])));
  }
}
