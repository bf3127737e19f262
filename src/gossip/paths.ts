/** Keeps what this node saw of the way to each peer. It changes nothing that is done; `diagnosis.ts` judges it. */
import { type Address, formatAddress } from "../base/mod.ts";
import { type Diagnosis, diagnose, type Passage, type PathVerdict } from "./diagnosis.ts";
import type { Node, NodeTable } from "./nodes.ts";

const never: number = Number.NEGATIVE_INFINITY;

/**
 * Datagrams count as heard lately since the first of this many pings in a row. Each node is pinged once a round, in an order
 * that is new in each: two pings of a peer are almost two rounds apart at most, four of this node's always more. So a
 * peer whose datagrams arrive is heard meanwhile, and before that its silence says nothing.
 */
const heardWithinPings = 4;

/** What operators are told of while the node is up: it hides behind pings over TCP. */
const toldVerdicts: ReadonlySet<PathVerdict> = new Set<PathVerdict>(["udp-out", "udp-in", "tcp-only"]);

/** How often the same broken way is tested anew. */
const testEveryMs = 60_000;

/** How long nothing is told while a test may still say more. */
const testPatienceMs = 15_000;

/** What happened on the way to a peer since it became known. All only grow, except those `InRow`. */
export interface PathCounters {
  /** Direct pings sent, answered in time, and answered late: after others were asked to help. */
  pings: number;
  pingsAnswered: number;
  pingsLate: number;
  /** Direct pings without any answer, and with a late one, since the last that was answered in time. */
  missedInRow: number;
  lateInRow: number;
  /** Probes that others helped with, and times that a helper had no answer either. */
  helped: number;
  nacks: number;
  tcpAnswered: number;
  tcpMissed: number;
  /** Datagrams from its address. */
  datagramsReceived: number;
  /** Its own pings over TCP: it had no answer to a datagram. */
  tcpPingsReceived: number;
  /** How often this node suspected it first, how often it contradicted, and how often it accused this node. */
  suspicions: number;
  refutations: number;
  accusations: number;
}

/** What is kept of one peer. */
export interface PathRecord extends PathCounters {
  addressKey: string;
  /** When the last `heardWithinPings` of the pings missed in a row were sent, oldest first, and the first of all. */
  missedAtMs: readonly number[];
  missedSinceMs: number;
  heardAtMs: number;
  /** When it last answered directly, in time or late, through others, and over TCP; when TCP last failed. */
  answeredAtMs: number;
  helpedAtMs: number;
  tcpAnsweredAtMs: number;
  tcpMissedAtMs: number;
  rttMs: number | undefined;
  tested: Passage;
  testedAtMs: number;
  /** What was last told of it, so that it is told once. */
  told: PathVerdict | undefined;
}

/** The report on one peer. Times are how long ago, in milliseconds; undefined is never. */
export interface PeerHealth extends Diagnosis, Readonly<PathCounters> {
  readonly name: string;
  /** Round trip of the last ping that was answered in time. */
  readonly rttMs: number | undefined;
  readonly heardAgoMs: number | undefined;
  readonly answeredAgoMs: number | undefined;
  readonly helpedAgoMs: number | undefined;
  readonly tcpAnsweredAgoMs: number | undefined;
}

/** Bounded by the table of nodes: a record comes with the first probe or datagram that matters, and goes with the node. */
export class Paths {
  readonly #records = new Map<string, PathRecord>();
  readonly #byAddress = new Map<string, PathRecord>();
  readonly #nodes: NodeTable;
  #heardAnybodyAtMs = never;
  #answeredByAnybodyAtMs = never;

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
    nodes.onForgotten = (name) => this.#forget(name);
  }

  pinged(node: Node): void {
    this.#recordOf(node).pings++;
  }

  /** A direct ping was answered before others were asked. */
  answered(node: Node, sentAtMs: number, nowMs: number): void {
    const record = this.#recordOf(node);
    record.pingsAnswered++;
    record.lateInRow = 0;
    record.rttMs = nowMs - sentAtMs;
    this.#passed(record, nowMs);
  }

  /** A direct ping was answered after others were asked. */
  answeredLate(node: Node, nowMs: number): void {
    const record = this.#recordOf(node);
    record.pingsLate++;
    record.lateInRow++;
    this.#passed(record, nowMs);
  }

  #passed(record: PathRecord, nowMs: number): void {
    record.missedInRow = 0;
    record.answeredAtMs = nowMs;
    record.heardAtMs = nowMs;
    record.tested = "unknown";
    record.testedAtMs = never;
    record.told = undefined;
    this.#answeredByAnybodyAtMs = nowMs;
  }

  /** A direct ping was not answered. */
  missed(node: Node, sentAtMs: number): void {
    const record = this.#recordOf(node);
    if (record.missedInRow++ === 0) {
      record.missedSinceMs = sentAtMs;
      record.missedAtMs = [];
    }
    record.missedAtMs = [...record.missedAtMs, sentAtMs].slice(-heardWithinPings);
  }

  helped(node: Node, nowMs: number): void {
    const record = this.#recordOf(node);
    record.helped++;
    record.helpedAtMs = nowMs;
  }

  nacked(node: Node): void {
    this.#recordOf(node).nacks++;
  }

  overTcp(node: Node, answered: boolean, nowMs: number): void {
    const record = this.#recordOf(node);
    if (answered) {
      record.tcpAnswered++;
      record.tcpAnsweredAtMs = nowMs;
    } else {
      record.tcpMissed++;
      record.tcpMissedAtMs = nowMs;
    }
  }

  /** A datagram came. Whose it is tells the address, or the name that a ping says. */
  heard(from: Address, nowMs: number): void {
    this.#heardAnybodyAtMs = nowMs;
    const record = this.#byAddress.get(formatAddress(from));
    if (record === undefined) return;
    record.datagramsReceived++;
    record.heardAtMs = nowMs;
  }

  /** A ping came by datagram: behind some routers its address is not the peer's own. */
  heardPingOf(name: string, nowMs: number): void {
    const record = this.#records.get(name);
    if (record !== undefined) record.heardAtMs = nowMs;
  }

  heardPingOverTcpOf(name: string): void {
    const record = this.#records.get(name);
    if (record !== undefined) record.tcpPingsReceived++;
  }

  suspected(node: Node): void {
    this.#recordOf(node).suspicions++;
  }

  refuted(node: Node): void {
    this.#recordOf(node).refutations++;
  }

  accusedBy(name: string): void {
    const record = this.#records.get(name);
    if (record !== undefined) record.accusations++;
  }

  /** A node that was gone is back, perhaps elsewhere: what was missed before does not count against it. */
  returned(node: Node): void {
    const record = this.#records.get(node.name);
    if (record === undefined) return;
    record.missedInRow = 0;
    record.lateInRow = 0;
    record.tested = "unknown";
    record.told = undefined;
  }

  /** A node has another address now. */
  moved(node: Node): void {
    const record = this.#records.get(node.name);
    if (record === undefined) return;
    this.#unlist(record);
    this.#list(record, node);
  }

  /** True, once in a while, for a node of which it is worth finding out whether datagrams arrive there. */
  wantsTest(node: Node, nowMs: number): boolean {
    const record = this.#recordOf(node);
    if (!isSilent(record) || record.tcpAnsweredAtMs < record.missedSinceMs) return false;
    if (nowMs - record.testedAtMs < testEveryMs) return false;
    record.testedAtMs = nowMs;
    return true;
  }

  /** Whether a datagram that was sent as a test arrived. */
  tested(name: string, passage: Passage): void {
    const record = this.#records.get(name);
    if (record !== undefined && record.missedInRow > 0) record.tested = passage;
  }

  /** What is wrong with datagrams to or from a node, when that was not told yet. */
  takeNews(node: Node, nowMs: number, answerMsMax: number): Diagnosis | undefined {
    const record = this.#recordOf(node);
    if (record.tested === "unknown" && nowMs - record.testedAtMs < testPatienceMs) return undefined;
    const diagnosis = this.#diagnose(node, record, answerMsMax);
    // Too soon to say which way, or whose fault it is.
    if (diagnosis.udpIn === "lost" ? !isSilent(record) : this.#answersOfOthers(record) === "unknown") return undefined;
    if (record.told === diagnosis.verdict || !toldVerdicts.has(diagnosis.verdict)) return undefined;
    record.told = diagnosis.verdict;
    return diagnosis;
  }

  reportOn(node: Node, nowMs: number, answerMsMax: number): PeerHealth {
    const record = this.#records.get(node.name) ?? newRecord();
    const agoMs = (atMs: number): number | undefined => (atMs === never ? undefined : Math.max(0, nowMs - atMs));
    const { pings, pingsAnswered, pingsLate, missedInRow, lateInRow, helped, nacks } = record;
    const { tcpAnswered, tcpMissed, datagramsReceived, tcpPingsReceived, suspicions, refutations, accusations } =
      record;
    return {
      name: node.name,
      ...this.#diagnose(node, record, answerMsMax),
      ...{ pings, pingsAnswered, pingsLate, missedInRow, lateInRow, helped, nacks },
      ...{ tcpAnswered, tcpMissed, datagramsReceived, tcpPingsReceived, suspicions, refutations, accusations },
      rttMs: record.rttMs,
      heardAgoMs: agoMs(record.heardAtMs),
      answeredAgoMs: agoMs(record.answeredAtMs),
      helpedAgoMs: agoMs(record.helpedAtMs),
      tcpAnsweredAgoMs: agoMs(record.tcpAnsweredAtMs),
    };
  }

  #diagnose(node: Node, record: PathRecord, answerMsMax: number): Diagnosis {
    const { missedSinceMs } = record;
    const isReachedByOthers = record.helpedAtMs > missedSinceMs;
    const tcp: Passage =
      record.tcpAnsweredAtMs > Math.max(missedSinceMs, record.tcpMissedAtMs)
        ? "works"
        : record.tcpMissedAtMs > missedSinceMs
          ? "lost"
          : "unknown";
    // Where nothing answers any more, what came before the last ping was sent says nothing.
    const isGone = tcp === "lost" && !isReachedByOthers;
    const sinceMs = isGone ? (record.missedAtMs.at(-1) as number) : lately(record);
    return diagnose({
      state: node.state,
      answered: record.pingsAnswered + record.pingsLate,
      missedInRow: record.missedInRow,
      lateInRow: record.lateInRow,
      isHeard: record.heardAtMs > sinceMs,
      ...{ tcp, isReachedByOthers, answerMsMax },
      tested: record.tested,
      isAnybodyHeard: this.#heardAnybodyAtMs > lately(record),
      answersOfOthers: this.#answersOfOthers(record),
    });
  }

  /** Since the first ping that was missed. While that is not long ago, nobody else may have been pinged. */
  #answersOfOthers({ missedInRow, missedSinceMs }: PathRecord): Passage {
    if (this.#answeredByAnybodyAtMs > missedSinceMs) return "works";
    return missedInRow >= heardWithinPings ? "lost" : "unknown";
  }

  #recordOf(node: Node): PathRecord {
    let record = this.#records.get(node.name);
    if (record === undefined) {
      record = newRecord();
      // A node that the table does not have would never be forgotten.
      if (this.#nodes.get(node.name) === node) {
        this.#records.set(node.name, record);
        this.#list(record, node);
      }
    }
    return record;
  }

  #list(record: PathRecord, node: Node): void {
    record.addressKey = formatAddress(node.address);
    this.#byAddress.set(record.addressKey, record);
  }

  #unlist(record: PathRecord): void {
    if (this.#byAddress.get(record.addressKey) === record) this.#byAddress.delete(record.addressKey);
  }

  #forget(name: string): void {
    const record = this.#records.get(name);
    if (record === undefined) return;
    this.#records.delete(name);
    this.#unlist(record);
  }
}

/** From when on a datagram counts as heard lately. */
function lately({ missedAtMs }: PathRecord): number {
  return missedAtMs[0] ?? never;
}

/** Whether a peer that does not answer was listened to for long enough, and not heard. */
function isSilent(record: PathRecord): boolean {
  return record.missedInRow >= heardWithinPings && record.heardAtMs <= lately(record);
}

function newRecord(): PathRecord {
  return {
    ...{ pings: 0, pingsAnswered: 0, pingsLate: 0, missedInRow: 0, lateInRow: 0, helped: 0, nacks: 0 },
    ...{ tcpAnswered: 0, tcpMissed: 0, datagramsReceived: 0, tcpPingsReceived: 0 },
    ...{ suspicions: 0, refutations: 0, accusations: 0 },
    addressKey: "",
    missedAtMs: [],
    missedSinceMs: never,
    ...{ heardAtMs: never, answeredAtMs: never, helpedAtMs: never, tcpAnsweredAtMs: never, tcpMissedAtMs: never },
    rttMs: undefined,
    tested: "unknown",
    testedAtMs: never,
    told: undefined,
  };
}
