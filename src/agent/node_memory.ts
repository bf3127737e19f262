/** What a node remembers of its cluster from one life to the next, and how it finds it again by that. */
import { formatAddress, type Random } from "../base/mod.ts";
import { systemClock } from "../io/clock.ts";
import { readSnapshotFile, SnapshotFile, type SnapshotSource } from "../io/snapshot_file.ts";
import {
  type LamportTimes,
  type MemberEvent,
  type RememberedNode,
  Snapshot,
  type SnapshotCounts,
} from "../membership/mod.ts";

export interface MemoryOptions {
  /**
   * A file in Serf's form that this node remembers its cluster in. Started again, it finds the members that were there
   * by itself, and is told no event twice. Created when missing; one node at a time may have it. @default none
   */
  readonly snapshot?: string | undefined;
  /** Find the cluster again even after this node has left it in good order. @default false */
  readonly rejoinAfterLeave?: boolean | undefined;
}

/** What the memory needs of its node. */
export interface RememberingNode {
  readonly localName: string;
  counts(): SnapshotCounts;
  isKnown(name: string): boolean;
  /** Whether any other node is alive in this one's eyes. */
  hasCompany(): boolean;
  /** Contacts these gossip addresses. Rejects when none was reached. */
  join(addresses: readonly string[]): Promise<unknown>;
}

/** Remembered nodes that are contacted at the same time: one that does not answer holds the others up for seconds. */
const contactsAtOnce = 4;

/** Pauses between rounds in which nobody answered: the first, doubled each time, up to the last. */
const pauseMsMin = 1_000;
const pauseMsMax = 30_000;

export class NodeMemory implements AsyncDisposable {
  readonly #path: string;
  readonly #snapshot: Snapshot;
  readonly #warn: (message: string) => void;
  readonly #stopped: Promise<void>;
  #lines = "";
  #file: SnapshotFile | undefined;
  #node: RememberingNode | undefined;
  #stop: () => void = () => {};
  #isStopped = false;

  /** Reads what is remembered; undefined when the options name no file. Rejects with `SnapshotFileError`. */
  static async open(options: MemoryOptions, warn: (message: string) => void): Promise<NodeMemory | undefined> {
    const { snapshot: path, rejoinAfterLeave = false } = options;
    if (path === undefined) return undefined;
    const snapshot = Snapshot.read(await readSnapshotFile(path), { rejoinAfterLeave });
    const memory = new NodeMemory(path, snapshot, warn);
    // Before anybody hears of it: a life that ends at once must count too.
    memory.#lines = snapshot.counted({ ...snapshot.lamport, incarnation: memory.nextIncarnation });
    memory.#file = await SnapshotFile.open(path, memory.#source());
    return memory;
  }

  private constructor(path: string, snapshot: Snapshot, warn: (message: string) => void) {
    this.#path = path;
    this.#snapshot = snapshot;
    this.#warn = warn;
    this.nextIncarnation = snapshot.incarnation + 1;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** Above all that others may hold of the last life, so that they believe the new one at once. */
  readonly nextIncarnation: number;

  get lamport(): LamportTimes {
    return this.#snapshot.lamport;
  }

  /** Follows a node, and looks for its cluster. Resolves after the first round: whether the node has company then. */
  async follow(node: RememberingNode, random: Random): Promise<boolean> {
    this.#node = node;
    const { unreadableLines } = this.#snapshot;
    if (unreadableLines > 0) this.#warn(`${unreadableLines} lines of snapshot file ${this.#path} cannot be read`);
    const { alive, failed } = this.#snapshot;
    const isOther = ({ name }: RememberedNode): boolean => name !== node.localName;
    const round = (): RememberedNode[] => [...random.shuffle(alive), ...random.shuffle(failed)].filter(isOther);
    const nodes = round();
    if (nodes.length === 0 || (await this.#tryAll(node, nodes))) return nodes.length > 0;
    if (!this.#isStopped) {
      this.#warn(`Cannot rejoin: none of ${nodes.length} nodes of snapshot file ${this.#path} answers; trying on`);
    }
    void this.#tryOn(node, round);
    return false;
  }

  changed(event: MemberEvent): void {
    this.#lines += this.#snapshot.changed(event);
  }

  /** The node leaves in good order. */
  left(): void {
    this.#lines += this.#snapshot.left();
    void this.#file?.sync();
  }

  /** No more joins. What changes still is written until disposal. */
  stop(): void {
    this.#isStopped = true;
    this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#file?.[Symbol.asyncDispose]();
  }

  #source(): SnapshotSource {
    return {
      takeLines: () => {
        if (this.#node !== undefined) this.#lines += this.#snapshot.counted(this.#node.counts());
        const lines = this.#lines;
        this.#lines = "";
        return lines;
      },
      text: () => {
        const node = this.#node;
        // Whom nobody of the cluster knows is gone for good. Without company there is nobody to know.
        if (node?.hasCompany()) this.#snapshot.retain((name) => node.isKnown(name));
        return this.#snapshot.text();
      },
      isTooLong: (bytes) => this.#snapshot.isTooLong(bytes),
      warn: this.#warn,
    };
  }

  /** The whole cluster may have been down, and its nodes come back one after the other. */
  async #tryOn(node: RememberingNode, round: () => RememberedNode[]): Promise<void> {
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      await this.#pause(pauseMs);
      if (this.#isStopped || (await this.#tryAll(node, round()))) return;
    }
  }

  /** Contacts the nodes, a few at a time, until one answers or there is company anyway; false when it ends without. */
  async #tryAll(node: RememberingNode, nodes: readonly RememberedNode[]): Promise<boolean> {
    for (let next = 0; next < nodes.length; next += contactsAtOnce) {
      if (this.#isStopped) return false;
      if (node.hasCompany()) return true;
      const addresses = nodes.slice(next, next + contactsAtOnce).map(({ address }) => formatAddress(address));
      // An address of another kind than the others, of another network say, must not fail those.
      const contacts = addresses.map((address) => node.join([address]));
      if ((await Promise.allSettled(contacts)).some(({ status }) => status === "fulfilled")) return true;
    }
    return node.hasCompany();
  }

  async #pause(durationMs: number): Promise<void> {
    let cancel = (): void => {};
    const over = new Promise<void>((resolve) => {
      cancel = systemClock.schedule(systemClock.nowMs() + durationMs, resolve);
    });
    await Promise.race([over, this.#stopped]);
    cancel();
  }
}
