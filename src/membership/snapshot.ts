/**
 * What a node writes down to find its cluster again: Serf's snapshot file, one record a line, where a later line
 * overrides an earlier one. A comment is what Serf's agents skip, so what they do not know stands in comments.
 */
import { type Address, formatAddress, parseAddress, toText } from "../base/mod.ts";
import { lamportMax } from "./lamport.ts";
import type { LamportTimes, MemberEvent } from "./types.ts";

/** Members remembered of each kind: beyond it the one that was heard of longest ago is forgotten. */
const membersMax = 20_000;

/** Characters of a line: a name takes 255 bytes at most. */
const lineCharactersMax = 1_024;

/** A file up to this size is never rewritten, in bytes. */
const compactBytesMin = 131_072;

/** Bytes that a member takes in a file of ordinary names; one is rewritten when it has grown to twice that for each. */
const memberBytes = 128;

/** Incarnations beyond this are nobody's honest count, and no node can start with one. */
const incarnationMax = 0x7fff_fffe;

/** A node that was there. */
export interface RememberedNode {
  readonly name: string;
  readonly address: Address;
}

/** What changes without an event, and is looked at every now and then. */
export interface SnapshotCounts extends LamportTimes {
  readonly incarnation: number;
}

/**
 * The memory of one node. It is read from a file, follows the changes, and says for each what is to be appended. Total:
 * whatever the bytes are, it holds what can be made out, and counts the lines that cannot.
 */
export class Snapshot {
  readonly #alive = new Map<string, Address>();
  readonly #failed = new Map<string, Address>();
  #counts: SnapshotCounts = { member: 0, event: 0, query: 0, incarnation: 0 };
  #hasLeft = false;
  #unreadableLines = 0;

  /** With `rejoinAfterLeave` a node that left in good order still knows its cluster. What follows the last line end is torn. */
  static read(bytes: Uint8Array, options: { readonly rejoinAfterLeave: boolean }): Snapshot {
    const snapshot = new Snapshot();
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(lineEnd, at);
      if (end < 0) break;
      if (end - at > 4 * lineCharactersMax) snapshot.#unreadableLines++;
      else snapshot.#readLine(toText(bytes.subarray(at, end)), options.rejoinAfterLeave);
      at = end + 1;
    }
    return snapshot;
  }

  /** Members that were alive when last heard of, and members that had failed: the whole cluster may have been away. */
  get alive(): RememberedNode[] {
    return nodesOf(this.#alive);
  }

  get failed(): RememberedNode[] {
    return nodesOf(this.#failed);
  }

  /** The greatest Lamport times seen, 0 for none. */
  get lamport(): LamportTimes {
    const { member, event, query } = this.#counts;
    return { member, event, query };
  }

  /** The last incarnation that this node had; 0 when none was written. */
  get incarnation(): number {
    return this.#counts.incarnation;
  }

  /** Lines that were read and mean nothing. */
  get unreadableLines(): number {
    return this.#unreadableLines;
  }

  /** What to append for a change of a member; nothing when there is none to remember. After a leave nothing counts. */
  changed({ type, member }: MemberEvent): string {
    const { name, address } = member;
    if (this.#hasLeft || !isWritable(name)) return "";
    if (type === "member-join" || type === "member-update") {
      const known = this.#alive.get(name);
      if (known !== undefined && formatAddress(known) === formatAddress(address)) return "";
      this.#setAlive(name, address);
      return aliveLine({ name, address });
    }
    this.#forget(name);
    if (type !== "member-failed") return notAliveLine(name);
    this.#setFailed(name, address);
    return notAliveLine(name) + failedLine({ name, address });
  }

  /** What to append for counts as they are now. */
  counted(counts: SnapshotCounts): string {
    const lines = countNames.flatMap((name) => (counts[name] > this.#counts[name] ? [countLine(name, counts)] : []));
    this.#counts = { ...this.#counts };
    for (const name of countNames) {
      if (counts[name] > this.#counts[name]) this.#counts = { ...this.#counts, [name]: counts[name] };
    }
    return lines.join("");
  }

  /** What to append when this node leaves in good order. */
  left(): string {
    if (this.#hasLeft) return "";
    this.#hasLeft = true;
    return "leave\n";
  }

  /** Forgets whom nobody of this cluster knows any more, so that no file names the dead for ever. */
  retain(isKnown: (name: string) => boolean): void {
    for (const nodes of [this.#alive, this.#failed]) {
      for (const name of [...nodes.keys()]) if (!isKnown(name)) nodes.delete(name);
    }
  }

  /** Whether a file of so many bytes should be replaced by `text`. */
  isTooLong(bytes: number): boolean {
    return bytes > Math.max(compactBytesMin, 2 * memberBytes * (this.#alive.size + this.#failed.size));
  }

  /** All that is remembered, in as few lines as it takes. */
  text(): string {
    const lines = this.alive.map(aliveLine);
    lines.push(...this.failed.map(failedLine));
    for (const name of countNames) if (this.#counts[name] > 0) lines.push(countLine(name, this.#counts));
    if (this.#hasLeft) lines.push("leave\n");
    return lines.join("");
  }

  #readLine(line: string, rejoinAfterLeave: boolean): void {
    if (line.length > lineCharactersMax || !this.#understand(line, rejoinAfterLeave)) this.#unreadableLines++;
  }

  /** Takes a line in; false when it means nothing. */
  #understand(line: string, rejoinAfterLeave: boolean): boolean {
    const [kind, rest] = splitKind(line);
    switch (kind) {
      case "alive: ":
        return this.#readNode(rest, (name, address) => this.#setAlive(name, address));
      case "# failed: ":
        return this.#readNode(rest, (name, address) => this.#setFailed(name, address));
      case "not-alive: ":
        this.#forget(rest);
        return true;
      case "leave":
        if (rest !== "") return false;
        if (!rejoinAfterLeave) this.#forgetCluster();
        return true;
      case "clock: ":
        return this.#readCount("member", rest, lamportMax);
      case "event-clock: ":
        return this.#readCount("event", rest, lamportMax);
      case "query-clock: ":
        return this.#readCount("query", rest, lamportMax);
      case "# incarnation: ":
        return this.#readCount("incarnation", rest, incarnationMax);
      case "coordinate: ":
      case "#":
        return true;
      default:
        return line === "";
    }
  }

  /** A name may hold spaces, an address none. */
  #readNode(text: string, take: (name: string, address: Address) => void): boolean {
    const space = text.lastIndexOf(" ");
    const address = space > 0 ? parseAddress(text.slice(space + 1), 0) : undefined;
    if (address === undefined || address.port === 0) return false;
    take(text.slice(0, space), address);
    return true;
  }

  #readCount(name: keyof SnapshotCounts, text: string, max: number): boolean {
    const count = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(count < max)) return false;
    this.#counts = { ...this.#counts, [name]: count };
    return true;
  }

  /** Whoever left on purpose comes back as a stranger. The incarnation stays: others still hold the one it left with. */
  #forgetCluster(): void {
    this.#alive.clear();
    this.#failed.clear();
    this.#counts = { member: 0, event: 0, query: 0, incarnation: this.#counts.incarnation };
  }

  #setAlive(name: string, address: Address): void {
    this.#forget(name);
    setBounded(this.#alive, name, address);
  }

  #setFailed(name: string, address: Address): void {
    this.#forget(name);
    setBounded(this.#failed, name, address);
  }

  #forget(name: string): void {
    this.#alive.delete(name);
    this.#failed.delete(name);
  }
}

const lineEnd = 10;

const countNames = ["member", "event", "query", "incarnation"] as const satisfies readonly (keyof SnapshotCounts)[];

const countKinds = {
  member: "clock: ",
  event: "event-clock: ",
  query: "query-clock: ",
  incarnation: "# incarnation: ",
} as const satisfies { readonly [name in keyof SnapshotCounts]: string };

/** Longer kinds first: a comment of ours is a comment too. */
const kinds = [
  ...["alive: ", "not-alive: ", ...Object.values(countKinds), "# failed: ", "coordinate: ", "leave", "#"],
] as const;

function splitKind(line: string): [kind: string, rest: string] {
  const kind = kinds.find((candidate) => line.startsWith(candidate)) ?? "";
  return [kind, line.slice(kind.length)];
}

function countLine(name: keyof SnapshotCounts, counts: SnapshotCounts): string {
  return `${countKinds[name]}${counts[name]}\n`;
}

function aliveLine({ name, address }: RememberedNode): string {
  return `alive: ${name} ${formatAddress(address)}\n`;
}

function failedLine({ name, address }: RememberedNode): string {
  return `# failed: ${name} ${formatAddress(address)}\n`;
}

function notAliveLine(name: string): string {
  return `not-alive: ${name}\n`;
}

/** Names come from the network, and one with a line end in it would write lines of its own. */
function isWritable(name: string): boolean {
  return name !== "" && !/[\r\n]/.test(name);
}

function setBounded(nodes: Map<string, Address>, name: string, address: Address): void {
  for (const oldest of nodes.keys()) {
    if (nodes.size < membersMax) break;
    nodes.delete(oldest);
  }
  nodes.set(name, address);
}

function nodesOf(nodes: ReadonlyMap<string, Address>): RememberedNode[] {
  return [...nodes].map(([name, address]) => ({ name, address }));
}
