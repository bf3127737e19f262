import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";

interface Need {
  /** Any of them is enough. */
  readonly binaries: readonly string[];
  readonly debianPackage: string;
  /** Whether the program may do here what it is needed for; says why not. */
  readonly fault?: () => string | undefined;
}

/** Programs that suites need beyond npm; the packages are Debian's. */
const table: Readonly<Record<string, Need>> = {
  serf: { binaries: ["serf"], debianPackage: "serf" },
  chromium: { binaries: ["chromium", "chromium-browser", "google-chrome"], debianPackage: "chromium" },
  openssl: { binaries: ["openssl"], debianPackage: "openssl" },
  iproute2: { binaries: ["ip"], debianPackage: "iproute2" },
  nftables: { binaries: ["nft"], debianPackage: "nftables" },
  namespaces: { binaries: ["unshare"], debianPackage: "util-linux", fault: namespaceFault },
  curl: { binaries: ["curl"], debianPackage: "curl" },
  dig: { binaries: ["dig"], debianPackage: "bind9-dnsutils" },
  git: { binaries: ["git"], debianPackage: "git" },
};

export const needNames: readonly string[] = Object.keys(table);

export interface NeedsReport {
  readonly missing: ReadonlySet<string>;
  /** Why something cannot be had, where no package would help: ` (reason)`. */
  readonly reasons: ReadonlyMap<string, string>;
  /** The one line to type, when something is missing. */
  readonly advice: string | undefined;
}

const installMsMax = 600_000;

/** Installs what is missing when this process is root on a Debian-like system; says what is still missing otherwise. */
export function provideNeeds(needs: ReadonlySet<string>, print: (line: string) => void): NeedsReport {
  let missing = missingOf(needs);
  if (missing.length > 0 && process.getuid?.() === 0 && hasBinary("apt-get")) {
    const packages = packagesOf(missing);
    print(`installing ${packages.join(" ")} by apt-get`);
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const step of [["update"], ["install", "--yes", "--no-install-recommends", ...packages]]) {
      // Somebody else may be installing: wait for the lock, but not for ever.
      const run = spawnSync("apt-get", ["--quiet", "-o", "DPkg::Lock::Timeout=120", ...step], {
        env: environment,
        encoding: "utf8",
        stdio: ["ignore", "ignore", "pipe"],
        timeout: installMsMax,
      });
      if (run.status !== 0) print(`apt-get ${step[0]} ended with status ${run.status}: ${run.stderr.trim()}`);
    }
    missing = missingOf(needs);
  }
  const reasons = new Map<string, string>();
  for (const need of needs) {
    const fault = missing.includes(need) ? undefined : table[need]?.fault?.();
    if (fault !== undefined) reasons.set(need, ` (${fault})`);
  }
  const advice =
    missing.length === 0
      ? undefined
      : `sudo apt-get update && sudo apt-get install --yes ${packagesOf(missing).join(" ")}`;
  return { missing: new Set([...missing, ...reasons.keys()]), reasons, advice };
}

/** Networks of one's own, made of the kernel's namespaces and virtual cables: the tests cut and bend them. */
function namespaceFault(): string | undefined {
  const cable = "ip link set lo up && ip link add gv0 type veth peer name gv1";
  const run = spawnSync("unshare", ["--net", "sh", "-c", cable], { encoding: "utf8" });
  if (run.status === 0) return undefined;
  return `a network namespace cannot be made, which takes root: ${(run.stderr || "no program unshare").trim()}`;
}

function missingOf(needs: ReadonlySet<string>): string[] {
  return [...needs].filter((need) => !(table[need]?.binaries ?? []).some(hasBinary)).sort();
}

function packagesOf(needs: readonly string[]): string[] {
  return needs.map((need) => table[need]?.debianPackage ?? need);
}

function hasBinary(name: string): boolean {
  // A daemon's directories are often missing from the path of a plain user.
  const directories = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`.split(path.delimiter);
  return directories.some((directory) => {
    try {
      accessSync(path.join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
