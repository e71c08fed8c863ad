/* Run by mpirun: goes through the sections that it is given, or all, and prints what every rank found as JSON. */
import { hostname } from "node:os";
import { world } from "retrograd/optim";
import { gatherTexts } from "../../../../optim/distributed/texts.js";
import { type Finding, Report } from "./report.js";
import { sections } from "./sections.js";

const asked = process.argv.slice(2);
const findings: Record<string, Finding[]> = {};
for (const name of asked.length > 0 ? asked : Object.keys(sections)) {
  const report = new Report(world());
  await sections[name]!(report);
  findings[name] = gatherTexts(world(), JSON.stringify(report.finding())).map((text) => JSON.parse(text) as Finding);
}
const hosts = gatherTexts(world(), hostname());
if (world().rank === 0) {
  console.log(`findings: ${JSON.stringify({ description: world().description, hosts, findings })}`);
}
