/** Passes callers on to the nodes that hold what they ask for: the way out of a node that does not. */
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { covers, rendezvousRank, topicKey } from "../base/mod.ts";
import type {
  ConsumeRequest,
  ConsumeResponse,
  DeleteTopicRequest,
  DeleteTopicResponse,
  DescribeTopicRequest,
  DescribeTopicResponse,
  ListTopicsRequest,
  Log,
  ProduceRequest,
  ProduceResponse,
  SetTopicRequest,
  SetTopicResponse,
  Topic,
} from "../gen/log/v1/log_pb.ts";
import { type DoorRpc, wasNeverSent } from "../io/door_rpc.ts";
import type { CommitLog } from "../log/mod.ts";
import { judgeChain, type PeerProgress } from "../replication/mod.ts";
import { isRefusal, NobodyReachableError, type ServedCopy, type ServedDoors, type ServedPlace } from "../server/mod.ts";
import type { Placements } from "./placements.ts";
import { syncedOf } from "./watch_messages.ts";

export interface DoorsOptions {
  readonly nodeName: string;
  readonly log: CommitLog;
  readonly rpc: DoorRpc;
  readonly placements: Placements;
  /** Every peer followed and what it told to hold, by the keys of generations. */
  peers(): readonly PeerProgress[];
  /** Whether a copy that is held takes in nothing at the moment, because it is about to be dropped. */
  isLeaving(topic: string): boolean;
}

export interface DoorCounters {
  readonly passed: number;
  /** Those that nobody took. */
  readonly passedInVain: number;
}

/** Topics whose targets are kept at most; then they are found out anew. */
const targetsMax = 20_000;
/** How long others may take to say what they hold, for a list. */
const listMs = 5_000;

interface Target {
  readonly node: string;
  readonly address: string;
}

export class Doors implements ServedDoors {
  readonly #options: DoorsOptions;
  readonly #counts = { passed: 0, passedInVain: 0 };
  /** Whom produces to each topic went to: others are tried first only when that one is gone. */
  readonly #targets = new Map<string, readonly Target[]>();

  constructor(options: DoorsOptions) {
    this.#options = options;
    options.placements.onChange(() => this.#targets.clear());
  }

  get counters(): DoorCounters {
    return this.#counts;
  }

  get settlesTopics(): boolean {
    return !this.#options.placements.isObserver;
  }

  isPlaced(topic: string): boolean {
    return this.#options.placements.isPlaced(topic);
  }

  /** A copy that is on its way out is as good as any, until it takes in nothing any more; one that is to come is none yet. */
  isReadHere(topic: string): boolean {
    const { placements, log, isLeaving } = this.#options;
    if (placements.placeOf(topic) === undefined) return true;
    if (log.topic(topic) !== undefined) return !isLeaving(topic);
    return placements.isPlaced(topic) && this.#holdersOf(topic).size === 0;
  }

  placeOf(topic: string): ServedPlace | undefined {
    const { placements, log, nodeName } = this.#options;
    const place = placements.placeOf(topic);
    if (place === undefined) return undefined;
    const holders = [...this.#holdersOf(topic)];
    if (log.topic(topic) !== undefined) holders.push(nodeName);
    return { placed: place.placed, holders: holders.sort(), copies: placements.copiesOf(topic) };
  }

  async produce(topic: string, request: ProduceRequest): Promise<ProduceResponse> {
    const { rpc } = this.#options;
    const known = this.#targets.get(topic) ?? this.#targetsOf(topic);
    if (this.#targets.size >= targetsMax) this.#targets.clear();
    this.#targets.set(topic, known);
    const doing = `produce to topic ${JSON.stringify(topic)}`;
    return this.#tryEach(doing, topic, { targets: known, call: ({ address }) => rpc.produce(address, topic, request) });
  }

  consume(topic: string, request: ConsumeRequest, signal: AbortSignal): Promise<ConsumeResponse> {
    const { rpc } = this.#options;
    return this.#tryEach(`consume topic ${JSON.stringify(topic)}`, topic, {
      targets: this.#targetsOf(topic, "holders first"),
      call: ({ address }) => rpc.log(address).consume(request, { signal }),
    });
  }

  /** Goes on at another holder where the one that answers fails, from the last cursor that it gave. */
  async *consumeStream(topic: string, request: ConsumeRequest, signal: AbortSignal): AsyncGenerator<ConsumeResponse> {
    const { rpc } = this.#options;
    const ended = `Cannot go on: the node that holds topic ${JSON.stringify(topic)} ended the stream`;
    let asked = request;
    // The latest record is another one by the time that the next holder is asked.
    let mayGoOn = request.start.case !== "latest";
    let failure: unknown;
    this.#counts.passed++;
    for (const { address } of this.#targetsOf(topic, "holders first")) {
      try {
        for await (const response of rpc.consumeStream(address, asked, signal)) {
          if (response.cursor.length > 0) asked = continued(request, response.cursor);
          // Without a cursor nobody could say where to go on.
          mayGoOn = response.cursor.length > 0 || (mayGoOn && response.heartbeat);
          yield response;
        }
        throw new ConnectError(ended, Code.Unavailable);
      } catch (error) {
        signal.throwIfAborted();
        const isElsewhere = isRefusal(error) || wasNeverSent(error);
        if (!isElsewhere && !(mayGoOn && isGone(error))) throw passedOn(error);
        failure = error;
      }
    }
    this.#counts.passedInVain++;
    throw this.#nobody(`consume topic ${JSON.stringify(topic)}`, topic, failure);
  }

  describeTopic(topic: string, request: DescribeTopicRequest): Promise<DescribeTopicResponse> {
    const { rpc } = this.#options;
    return this.#tryEach(`describe topic ${JSON.stringify(topic)}`, topic, {
      targets: this.#targetsOf(topic, "holders first"),
      call: ({ address }) => rpc.log(address).describeTopic(request),
    });
  }

  async listTopics(request: ListTopicsRequest): Promise<readonly Topic[]> {
    const { rpc, placements } = this.#options;
    const asked = placements.others().map(async (node): Promise<readonly Topic[]> => {
      const address = placements.addressOf(node);
      if (address === undefined) return [];
      const { topics } = await rpc.log(address).listTopics(request, { timeoutMs: listMs });
      // What all nodes hold is this node's own to list.
      return this.settlesTopics ? topics.filter(({ placement }) => placement !== undefined) : topics;
    });
    const topics = new Map<string, Topic>();
    for (const answer of await Promise.allSettled(asked)) {
      if (answer.status === "rejected") continue;
      for (const topic of answer.value) {
        const known = topics.get(topic.name);
        if (known === undefined || known.nextOffset < topic.nextOffset) topics.set(topic.name, topic);
      }
    }
    return [...topics.values()];
  }

  setTopic(topic: string, request: SetTopicRequest): Promise<SetTopicResponse> {
    const { rpc } = this.#options;
    return this.#tryEach(`set topic ${JSON.stringify(topic)}`, topic, {
      targets: this.#anyTargets(topic),
      call: ({ address }) => rpc.log(address).setTopic(request),
    });
  }

  deleteTopic(topic: string, request: DeleteTopicRequest): Promise<DeleteTopicResponse> {
    const { rpc } = this.#options;
    return this.#tryEach(`delete topic ${JSON.stringify(topic)}`, topic, {
      targets: this.#anyTargets(topic),
      call: ({ address }) => rpc.log(address).deleteTopic(request),
    });
  }

  askHolder<Answer>(doing: string, topic: string, call: (log: Client<typeof Log>) => Promise<Answer>): Promise<Answer> {
    const { rpc } = this.#options;
    return this.#tryEach(doing, topic, {
      targets: this.#targetsOf(topic, "holders first"),
      call: ({ address }) => call(rpc.log(address)),
    });
  }

  async whyNotKept({ topic: name, generation, have, chains }: ServedCopy): Promise<string | undefined> {
    const { placements, log } = this.#options;
    if (!placements.isPlaced(name)) return "it is not placed here";
    const topic = log.topic(name);
    if (topic?.generation !== generation) return "this generation is not held here";
    if (!covers(syncedOf(topic), have)) return "not all of it is on disk here";
    for (const [writer, chain] of chains) {
      const found = await topic.chainAt(writer, have.get(writer) ?? 0);
      if (judgeChain(found, chain) === "fork") return `feed ${writer} is another one here`;
    }
    // Whatever changed meanwhile: what is said is true when it is said.
    if (!placements.isPlaced(name) || log.topic(name) !== topic) return "it is not placed here any more";
    return undefined;
  }

  /** One after another, as long as the call surely did nothing at the one before. */
  async #tryEach<Answer>(
    doing: string,
    topic: string,
    { targets, call }: { readonly targets: readonly Target[]; readonly call: (target: Target) => Promise<Answer> },
  ): Promise<Answer> {
    this.#counts.passed++;
    let failure: unknown;
    for (const target of targets) {
      try {
        return await call(target);
      } catch (error) {
        if (!isRefusal(error) && !wasNeverSent(error)) throw passedOn(error);
        failure = error;
      }
    }
    this.#counts.passedInVain++;
    throw this.#nobody(doing, topic, failure);
  }

  #nobody(doing: string, topic: string, failure: unknown): NobodyReachableError {
    const placed = this.#options.placements.placeOf(topic)?.placed ?? [];
    return new NobodyReachableError(
      doing,
      placed,
      isRefusal(failure) ? (failure as ConnectError).rawMessage : undefined,
    );
  }

  /** Those that are to hold a topic, and for readers those that hold it although they are not to any more. */
  #targetsOf(topic: string, order?: "holders first"): readonly Target[] {
    const { placements, nodeName } = this.#options;
    const holders = this.#holdersOf(topic);
    const placed = placements.placeOf(topic)?.placed ?? [];
    // Each node has its own order, so that not all go to the same one; and keeps to it, so that one caller's order stands.
    const ranked = rendezvousRank(`${nodeName}/${topic}`, order === undefined ? placed : [...placed, ...holders]);
    const sorted = order === undefined ? ranked : [...ranked].sort((left, right) => worthOf(right) - worthOf(left));
    return this.#reachableFirst(sorted.filter((node) => node !== nodeName));

    function worthOf(node: string): number {
      return (holders.has(node) ? 2 : 0) + (placed.includes(node) ? 1 : 0);
    }
  }

  #anyTargets(topic: string): readonly Target[] {
    const { placements, nodeName } = this.#options;
    return this.#reachableFirst(rendezvousRank(`${nodeName}/${topic}`, placements.others()));
  }

  #reachableFirst(nodes: readonly string[]): Target[] {
    const { placements, peers } = this.#options;
    const heard = new Set(peers().flatMap(({ name, state }) => (state === "connecting" ? [] : [name])));
    const targets = nodes.flatMap((node) => {
      const address = placements.addressOf(node);
      return address === undefined ? [] : [{ node, address }];
    });
    return targets.sort((left, right) => Number(heard.has(right.node)) - Number(heard.has(left.node)));
  }

  /** The other nodes that said that they hold something of a topic. */
  #holdersOf(topic: string): Set<string> {
    const { log, peers } = this.#options;
    const generation = log.topic(topic)?.generation ?? log.lives.get(topic)?.generation ?? 1;
    const key = topicKey(topic, generation);
    const isHolder = ({ durable, synced }: PeerProgress): boolean =>
      (durable.get(key)?.size ?? 0) > 0 || (synced.get(key)?.size ?? 0) > 0;
    return new Set(peers().flatMap((peer) => (isHolder(peer) ? [peer.name] : [])));
  }
}

/** The request that goes on where its consumer stands. */
function continued(request: ConsumeRequest, cursor: Uint8Array): ConsumeRequest {
  return { ...request, offset: 0n, start: { case: "cursor", value: cursor as Uint8Array<ArrayBuffer> } };
}

/** Whether the node that answered is on its way out, or the way to it is cut. */
function isGone(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unavailable;
}

/** As the other node said it, without what its answer had around it. */
function passedOn(error: unknown): Error {
  if (!(error instanceof ConnectError)) return ConnectError.from(error);
  const said = new ConnectError(error.rawMessage, error.code, undefined, undefined, error.cause);
  said.details = error.details;
  return said;
}
