// Asks the registry for known vulnerabilities of the packages in package-lock.json: `npm run security`. Any is an error; a registry that
// does not answer, or that knows of none in principle, is not.
import { spawnSync } from "node:child_process";

const { stdout, stderr } = spawnSync("npm", ["audit", "--json"], { encoding: "utf8", timeout: 120_000 });
const answer = parsed(stdout);
const counts = answer?.metadata?.vulnerabilities;

if (counts === undefined) {
  const reason = answer?.message ?? answer?.error?.summary ?? stderr.trim().split("\n").at(-1);
  console.log(`skipped: the registry gave no answer (${reason || "none within two minutes"})`);
} else if (counts.total === 0) {
  console.log(`no known vulnerabilities in ${answer.metadata.dependencies.total} packages`);
} else {
  for (const { name, severity, range, via } of Object.values(answer.vulnerabilities)) {
    const titles = via.map((cause) => cause.title ?? cause).join("; ");
    console.error(`${severity}: ${name} ${range}: ${titles}`);
  }
  process.exitCode = 1;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
