import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Two hosts of the test's own: network namespaces with an address each, and a cable between them. */
export interface Hosts {
  readonly addresses: readonly [string, string];
  /** What reaches a host, as `ssh` would: a program that is called with an address and a command. */
  readonly agent: string;
  /** The words before a command that make it run on the first host. */
  readonly first: readonly [string, ...string[]];
  /** How many bytes the first host has sent. */
  sent(): number;
  remove(): void;
}

const CABLE = "cable";
/** Names without dots: Open MPI takes what comes before one, and hosts of one name for one host. */
const HOSTS = ["first-host", "second-host"] as const;

/** Makes two hosts, or says why there can be none. */
export function makeHosts(): Hosts | string {
  if (process.getuid?.() !== 0) return "network namespaces need the superuser";
  const names = [0, 1].map((i) => `retrograd-${process.pid}-${i}`) as [string, string];
  const addresses = ["10.213.77.1", "10.213.77.2"] as const;
  const ip = (...words: string[]): string => execFileSync("ip", words, { encoding: "utf8", stdio: "pipe" });
  const folder = mkdtempSync(join(tmpdir(), "retrograd-hosts-"));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
    for (const name of names) {
      try {
        ip("netns", "delete", name);
      } catch {
        // It was never made.
      }
    }
  };
  try {
    for (const name of names) ip("netns", "add", name);
    ip("link", "add", CABLE, "netns", names[0], "type", "veth", "peer", "name", CABLE, "netns", names[1]);
    for (const [i, name] of names.entries()) {
      ip("-n", name, "address", "add", `${addresses[i]}/24`, "dev", CABLE);
      for (const device of ["lo", CABLE]) ip("-n", name, "link", "set", device, "up");
    }
    execFileSync("unshare", ["--uts", "true"], { stdio: "pipe" });
  } catch (error) {
    remove();
    return `network namespaces are not permitted here: ${(error as Error).message.split("\n").slice(0, 2).join(" ")}`;
  }
  const agent = join(folder, "agent");
  const cases = names.map((name, i) => `${addresses[i]}) name=${name} host=${HOSTS[i]} ;;`).join("\n");
  writeFileSync(
    agent,
    `#!/bin/sh\ncase "$1" in\n${cases}\n*) exit 255 ;;\nesac\nshift\n` +
      `exec ip netns exec "$name" unshare --uts sh -c "hostname $host; $*"\n`,
  );
  chmodSync(agent, 0o755);
  return {
    addresses,
    agent,
    first: ["ip", "netns", "exec", names[0], "unshare", "--uts", "sh", "-c", `hostname ${HOSTS[0]}; exec "$@"`, "sh"],
    sent: () => JSON.parse(ip("-n", names[0], "-s", "-j", "link", "show", "dev", CABLE))[0].stats64.tx.bytes as number,
    remove,
  };
}
