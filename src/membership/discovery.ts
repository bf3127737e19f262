import {
  type Address,
  assert,
  formatAddress,
  ipToBytes,
  type Machine,
  type Random,
  Schedule,
  sameBytes,
  type Wake,
} from "../base/mod.ts";
import {
  discoverNamePattern,
  instanceName,
  instancesIn,
  recordsOf,
  type ServiceMessage,
  type ServiceQuestion,
  type ServiceRecord,
  sameName,
  serviceName,
  ttlSeconds,
} from "./discovery_messages.ts";

/** How often others are asked for in the end, as Serf's agents do it. */
const askEveryMs = 60_000;

/** Until the second question, and each time twice as long until the next (RFC 6762, section 5.2): datagrams get lost. */
const askAgainMs = 1_000;

/** What was found is told when nothing new came for so long, and after the second time at the latest. */
const quietMs = 100;
const collectMsMax = 1_000;

/** Answers wait for a random while up to this, lest a whole cluster answers at the same moment. */
const answerDelayMsMax = 50;

/** What is said to everybody is said once in this time. */
const groupAnswerEveryMs = 1_000;

/** Answers in a second. What a sender's address is made up for hears no more than so many either. */
const answersPerSecondMax = 32;

/** Nodes taken up in one round: the others are found in the next one. */
const foundMax = 32;

/** Nodes that are remembered, and how many of them are named in a question, so that they need not answer. */
const rememberedMax = 256;
const namedMax = 16;

/** The port of multicast DNS. Who asks from another one listens there alone. */
export const discoveryPort = 5_353;

/** `::1`. */
const loopback: Uint8Array = Uint8Array.of(...new Array<number>(15).fill(0), 1);

/** Who answers one who knows nothing of multicast DNS keeps lifetimes short. */
const plainTtlSeconds = 10;

export interface DiscoveryOptions {
  /** What the cluster is called on this network. */
  readonly cluster: string;
  readonly nodeName: string;
  /** Where others reach this node. */
  readonly address: Address;
  /** Whether a member is alive there: then nobody needs to be told of it. */
  readonly isKnown: (address: Address) => boolean;
}

/** Where a message came from, and through which of this machine's interfaces. */
export interface HeardFrom {
  readonly address: Address;
  readonly through: string;
}

export type DiscoveryInput =
  | Wake
  | { readonly type: "heard"; readonly from: HeardFrom; readonly message: ServiceMessage };

export type DiscoveryEffect =
  /** Ask everybody on this network. */
  | { readonly type: "ask"; readonly message: ServiceMessage }
  /** Answer one who asked; or everybody, without `to`. */
  | { readonly type: "answer"; readonly message: ServiceMessage; readonly to?: HeardFrom }
  | { readonly type: "found"; readonly addresses: readonly Address[] };

/** What happened so far. All only grow. */
export interface DiscoveryCounters {
  asked: number;
  answered: number;
  /** Questions that were not answered, because too many were. */
  answersDropped: number;
  found: number;
  /** Addresses that were named but that no node can be at, or that this one cannot reach. */
  foundRefused: number;
}

/**
 * Finds the nodes of a cluster on one network, and is found there. No I/O: what is heard goes in, what is to be said and
 * whom to join comes out. Whatever it hears, it says little and remembers little.
 */
export class Discovery implements Machine<DiscoveryInput, DiscoveryEffect> {
  readonly counters: DiscoveryCounters = { asked: 0, answered: 0, answersDropped: 0, found: 0, foundRefused: 0 };
  readonly #options: DiscoveryOptions;
  readonly #random: Random;
  readonly #schedule = new Schedule();
  readonly #records: readonly ServiceRecord[];
  readonly #instance: string;
  /** What was found and not told yet. */
  readonly #found = new Map<string, Address>();
  /** Where instances were, the latest last. */
  readonly #remembered = new Map<string, Address>();
  #effects: DiscoveryEffect[] = [];
  #isStarted = false;
  #askNextMs = askAgainMs;
  #quiet: { cancel(): void } | undefined;
  #collecting: { cancel(): void } | undefined;
  #answersLeft = answersPerSecondMax;
  #answersAtMs = 0;
  #toGroupAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: DiscoveryOptions, random: Random) {
    assert(discoverNamePattern.test(options.cluster), "a cluster that is discovered has a name that DNS can carry");
    this.#options = options;
    this.#random = random;
    this.#instance = instanceName(options.cluster, options.nodeName);
    this.#records = recordsOf(options.cluster, options.nodeName, options.address);
  }

  get wakeAtMs(): number {
    return this.#isStarted ? this.#schedule.nextAtMs : 0;
  }

  step(input: DiscoveryInput, nowMs: number): DiscoveryEffect[] {
    this.#effects = [];
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#answersAtMs = nowMs;
      this.#ask(nowMs);
    }
    if (input.type === "wake") this.#schedule.runDue(nowMs);
    else if (input.message.isResponse) this.#learn(input.message, nowMs);
    else this.#consider(input.from, input.message, nowMs);
    return this.#effects;
  }

  #ask(nowMs: number): void {
    const { cluster, isKnown } = this.#options;
    const name = serviceName(cluster);
    // Who is a member anyway need not answer: those named here do not.
    const members = [...this.#remembered].filter(([, address]) => isKnown(address)).slice(-namedMax);
    this.counters.asked++;
    this.#effects.push({
      type: "ask",
      message: {
        id: this.#random.below(65_536),
        isResponse: false,
        questions: [{ name, type: "PTR", wantsUnicast: false }],
        records: members.map(([target]) => ({ type: "PTR", name, ttlSeconds, target })),
      },
    });
    this.#schedule.at(nowMs + this.#askNextMs, (atMs) => this.#ask(atMs));
    this.#askNextMs = Math.min(2 * this.#askNextMs, askEveryMs);
  }

  #consider(from: HeardFrom, message: ServiceMessage, nowMs: number): void {
    const asked = message.questions.filter((question) => this.#isMine(question));
    if (asked.length === 0 || this.#isNamed(message.records)) return;
    const isPlain = from.address.port !== discoveryPort;
    const isAlone = isPlain || asked.every((question) => question.wantsUnicast);
    if (!isAlone && nowMs - this.#toGroupAtMs < groupAnswerEveryMs) return;
    if (!this.#mayAnswer(nowMs)) {
      this.counters.answersDropped++;
      return;
    }
    if (!isAlone) this.#toGroupAtMs = nowMs;
    const answer: DiscoveryEffect = {
      type: "answer",
      message: {
        id: isPlain ? message.id : 0,
        isResponse: true,
        questions: isPlain ? asked : [],
        records: isPlain ? this.#records.map((record) => ({ ...record, ttlSeconds: plainTtlSeconds })) : this.#records,
      },
      ...(isAlone && { to: from }),
    };
    this.#schedule.at(nowMs + this.#random.below(answerDelayMsMax), () => {
      this.counters.answered++;
      this.#effects.push(answer);
    });
  }

  #isMine({ name, type }: ServiceQuestion): boolean {
    return this.#records.some((record) => (type === "ANY" || type === record.type) && sameName(record.name, name));
  }

  /** Whether the asker names this node as one that it knows. */
  #isNamed(records: readonly ServiceRecord[]): boolean {
    return records.some(
      (record) =>
        record.type === "PTR" && record.ttlSeconds >= ttlSeconds / 2 && sameName(record.target, this.#instance),
    );
  }

  #mayAnswer(nowMs: number): boolean {
    const regained = ((nowMs - this.#answersAtMs) * answersPerSecondMax) / 1_000;
    this.#answersLeft = Math.min(answersPerSecondMax, this.#answersLeft + regained);
    this.#answersAtMs = nowMs;
    if (this.#answersLeft < 1) return false;
    this.#answersLeft--;
    return true;
  }

  #learn(message: ServiceMessage, nowMs: number): void {
    for (const { instance, address } of instancesIn(this.#options.cluster, message.records)) {
      const place = formatAddress(address);
      if (place === formatAddress(this.#options.address) || this.#found.has(place)) continue;
      if (!this.#isReachable(address)) {
        this.counters.foundRefused++;
        continue;
      }
      this.#remember(instance, address);
      if (this.#options.isKnown(address) || this.#found.size >= foundMax) continue;
      this.#found.set(place, address);
      this.counters.found++;
      this.#quiet?.cancel();
      this.#quiet = this.#schedule.at(nowMs + quietMs, () => this.#tell());
      this.#collecting ??= this.#schedule.at(nowMs + collectMsMax, () => this.#tell());
    }
  }

  #remember(instance: string, address: Address): void {
    this.#remembered.delete(instance);
    this.#remembered.set(instance, address);
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= rememberedMax) break;
      this.#remembered.delete(oldest);
    }
  }

  #tell(): void {
    this.#quiet?.cancel();
    this.#collecting?.cancel();
    this.#quiet = undefined;
    this.#collecting = undefined;
    const addresses = [...this.#found.values()].filter((address) => !this.#options.isKnown(address));
    this.#found.clear();
    if (addresses.length > 0) this.#effects.push({ type: "found", addresses });
  }

  /** Whether a node can be there, and be reached from the address that this one has. */
  #isReachable({ host }: Address): boolean {
    const [there, here] = [ipToBytes(host), ipToBytes(this.#options.address.host)];
    if (there === undefined || here === undefined || there.length !== here.length) return false;
    const [first, second] = there;
    if (first === undefined || second === undefined) return false;
    if (there.length === 4) return first > 0 && first < 224 && (first !== 127 || here[0] === 127);
    // Multicast, and what is local to a link: without the link's name it leads nowhere.
    if (first === 0xff || (first === 0xfe && (second & 0xc0) === 0x80)) return false;
    // Neither this machine itself nor an address of the other kind in disguise.
    const isSpecial = (bytes: Uint8Array): boolean => bytes.slice(0, 10).every((byte) => byte === 0);
    return !isSpecial(there) || (sameBytes(there, loopback) && sameBytes(here, loopback));
  }
}
