/** A network of a test's own in the form of a star: what goes from one point to another passes the hub, which may drop it. */
import { Namespace } from "./namespaces.ts";
import type { Processes } from "./processes.ts";

/** Packets that the hub drops: those from one point to another, all of them or so many in a hundred, by chance. */
export interface Drop {
  /** Points by their index. @default any */
  readonly from?: number;
  readonly to?: number;
  /** @default 100 */
  readonly percent?: number;
}

const chain = ["inet", "faults", "between"];

/** Points in namespaces of their own, each on a cable to the hub. The hub itself reaches every point, whatever it drops. */
export class Star {
  readonly hub: Namespace;
  readonly points: readonly Namespace[];

  static async open(processes: Processes, pointsCount: number): Promise<Star> {
    const hub = await Namespace.open(processes);
    const points: Namespace[] = [];
    while (points.length < pointsCount) points.push(await Namespace.open(processes));
    const star = new Star(hub, points);
    await hub.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    for (const [index, point] of points.entries()) await star.#connect(point, index);
    await hub.run("nft", "add", "table", "inet", "faults");
    await hub.run("nft", "add", "chain", ...chain, "{ type filter hook forward priority 0; }");
    return star;
  }

  private constructor(hub: Namespace, points: readonly Namespace[]) {
    this.hub = hub;
    this.points = points;
  }

  /** The IP address of a point. */
  hostOf(point: number): string {
    return `10.77.${point}.1`;
  }

  /** Drops these packets too, from now on. */
  async drop(drops: readonly Drop[]): Promise<void> {
    for (const { from, to, percent = 100 } of drops) {
      const words = ["counter", "drop"];
      if (percent < 100) words.unshift("numgen", "random", "mod", "100", "<", String(percent));
      if (to !== undefined) words.unshift("ip", "daddr", this.hostOf(to));
      if (from !== undefined) words.unshift("ip", "saddr", this.hostOf(from));
      await this.hub.run("nft", "add", "rule", ...chain, ...words);
    }
  }

  /** Drops nothing any more. Resolves with how many packets were dropped since the last time. */
  async heal(): Promise<number> {
    const rules = await this.hub.run("nft", "list", "chain", ...chain);
    await this.hub.run("nft", "flush", "chain", ...chain);
    return [...rules.matchAll(/packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
  }

  async #connect(point: Namespace, index: number): Promise<void> {
    const device = `point${index}`;
    const ends = ["name", device, "type", "veth", "peer", "name", "gv0", "netns", String(point.processId)];
    await this.hub.run("ip", "link", "add", ...ends);
    await this.hub.run("ip", "address", "add", `10.77.${index}.254/24`, "dev", device);
    await this.hub.run("ip", "link", "set", device, "up");
    await point.run("ip", "address", "add", `${this.hostOf(index)}/24`, "dev", "gv0");
    await point.run("ip", "link", "set", "gv0", "up");
    await point.run("ip", "route", "add", "default", "via", `10.77.${index}.254`);
  }
}
