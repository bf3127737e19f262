import { cpus, hostname, networkInterfaces } from "node:os";

/** Random bytes from the runtime's cryptographic source. */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** The host's name with what a node name may not hold replaced by `-`. */
export function hostName(): string {
  return (
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .slice(0, 100) || "node"
  );
}

/** The first IPv4 address of this host that others can reach; the loopback address when there is none. */
export function hostAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) {
      if (family === "IPv4" && !internal) return address;
    }
  }
  return "127.0.0.1";
}

/** What runs this program, for those who look after it. */
export function programFacts(): {
  readonly os: string;
  readonly arch: string;
  readonly version: string;
  readonly cpuCount: number;
} {
  const { versions } = process;
  const name = ["bun", "deno"].find((runtime) => versions[runtime] !== undefined) ?? "node";
  return { os: process.platform, arch: process.arch, version: `${name} ${versions[name]}`, cpuCount: cpus().length };
}
