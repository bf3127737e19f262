import { covers, type Random, type Vector } from "../base/mod.ts";
import type { Blow } from "./chaos.ts";
import { Rot } from "./rot.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

/** Bytes that one strike of rot changes at most. */
const rotBytesMax = 600;

/** So old is a backup at least when it is put back: something was written since. */
const backupMsMin = 1_500;
/** Longer than a node waits for its peers at start. */
const aloneMsMin = 3_500;

/** What a node held, and the segments that could not grow any more. */
interface Seen {
  readonly held: ReadonlyMap<string, Vector>;
  readonly closed: readonly string[];
}

/** Directories that are lost, put back or damaged. What one strike takes, another node has: the strikes see to that. */
export class StorageChaos {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  wipe(node: SimNode, { later }: Blow): void {
    if (!node.isRunning || this.#isRotten) return;
    this.#world.wipe(node.name);
    later(() => node.start());
  }

  /** Takes a backup and puts it back a while later. A node that is not told then comes up where nobody can reach it. */
  restore(node: SimNode, { later }: Blow, options: { readonly tellsNode: boolean }): void {
    if (!node.isReady || this.#isRotten) return;
    const backup = this.#world.backup(node.name);
    later(() => {
      if (!node.isReady || this.#isRotten) return;
      this.#world.restore(node.name, backup, options);
      if (options.tellsNode) later(() => node.start());
      else this.#startAlone(node, later);
    }, backupMsMin);
  }

  /** Long enough apart from all others that it takes writes without having heard them. */
  #startAlone(node: SimNode, later: Blow["later"]): void {
    const others = this.#world.nodes.filter((other) => other !== node).map(({ name }) => name);
    this.#world.partition([node.name], others);
    node.start();
    later(() => this.#world.heal(), aloneMsMin);
  }

  /** Damages a segment that is closed now, once another node has its records for sure: one in the whole world. */
  rot(node: SimNode, { random, later }: Blow): void {
    if (node.log === undefined) return;
    const seen = whatStands(node);
    later(() => {
      if (this.#isRotten || node.log === undefined || !this.#isKept(seen, node)) return;
      const paths = node.disk.paths();
      const path = random.pick(seen.closed.filter((one) => paths.includes(one)));
      if (path !== undefined) this.#damage(node, path, random);
    });
  }

  #damage(node: SimNode, path: string, random: Random): void {
    const { length } = node.disk.peek(path);
    const at = random.below(length);
    node.trace(`rots in ${path} at byte ${at}`);
    node.rot = new Rot(node.disk, path, { at, bytes: random.between(1, Math.min(rotBytesMax, length - at)) });
  }

  get #isRotten(): boolean {
    return this.#world.nodes.some((node) => node.rot?.isThere || node.damaged.length > 0);
  }

  #isKept(seen: Seen, node: SimNode): boolean {
    return this.#world.nodes.some((other) => other !== node && keeps(other, seen));
  }
}

function whatStands(node: SimNode): Seen {
  const held = new Map((node.log?.topics() ?? []).map((topic) => [topic.name, topic.have]));
  return { held, closed: closedSegments(node.disk.paths()) };
}

function keeps(keeper: SimNode, seen: Seen): boolean {
  if (keeper.options.fsync !== "always" || Object.keys(keeper.options.retention).length > 0) return false;
  for (const [name, held] of seen.held) {
    const topic = keeper.log?.topic(name);
    if (topic === undefined || !covers(topic.durable, held) || topic.lowWater.size > 0) return false;
  }
  return true;
}

/** Segments that are followed by one of the same topic. */
function closedSegments(paths: readonly string[]): string[] {
  const segments = paths.filter((path) => /^topics\/[^/]+\/\d{20}\.log$/.test(path));
  return segments.filter((path, index) => segments[index + 1]?.slice(0, -24) === path.slice(0, -24));
}
