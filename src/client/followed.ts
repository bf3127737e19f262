/** What a page follows, and how far it has come: enough to ask for it again, on, in another stream. */
import type { WatchMembersResponse } from "../gen/grapevine/v1/cluster_pb.ts";
import { MemberChange, MemberStatus } from "../gen/grapevine/v1/cluster_pb.ts";
import type { FollowResponse, Subscription } from "../gen/grapevine/v1/page_pb.ts";
import { ServiceChange, type WatchServicesResponse } from "../gen/grapevine/v1/registry_pb.ts";
import type { ConsumeRequest, ConsumeResponse } from "../gen/log/v1/log_pb.ts";

export type FollowAsks = Exclude<Subscription["asks"], { case: undefined }>;
export type FollowAnswer = Exclude<FollowResponse["answer"], { case: "end" | undefined }>;

export interface Followed {
  /** What to ask for in a stream that begins now. */
  asks(): FollowAsks;
  /** A stream begins: of what was there, all may come again. */
  begin(): void;
  /** What of an answer is new to the reader. */
  take(answer: FollowAnswer): readonly FollowAnswer[];
}

export function followedOf(asks: FollowAsks): Followed {
  switch (asks.case) {
    case "consume":
      return new FollowedTopic(asks.value);
    case "members":
      return new FollowedWatch(asks, memberView);
    case "services":
      return new FollowedWatch(asks, serviceView);
    default:
      throw asks satisfies never;
  }
}

/** Bytes of an answer, for bounds. 0: it only says that the stream lives. */
export function answerBytesOf(answer: FollowAnswer): number {
  if (answer.case === "consume") return answer.value.frames.length;
  return answer.value.heartbeat ? 0 : watchAnswerBytes;
}

/** What is counted for a change of a member or service, whose own size matters to nobody. */
const watchAnswerBytes = 1_024;

/** A topic goes on behind the last answer: on the same server its cursor is exact. */
class FollowedTopic implements Followed {
  #request: ConsumeRequest;

  constructor(request: ConsumeRequest) {
    this.#request = request;
  }

  asks(): FollowAsks {
    return { case: "consume", value: this.#request };
  }

  begin(): void {}

  take(answer: FollowAnswer): readonly FollowAnswer[] {
    if (answer.case !== "consume") return [];
    this.#goOnBehind(answer.value);
    return [answer];
  }

  #goOnBehind({ cursor, heartbeat }: ConsumeResponse): void {
    const request = this.#request;
    if (cursor.length > 0) {
      this.#request = { ...request, start: { case: "cursor", value: cursor } };
    } else if (heartbeat && request.start.case === "latest" && request.afterToken.length === 0) {
      // The topic is not there yet: all of it comes after the last record that there was.
      this.#request = { ...request, start: { case: "earliest", value: true } };
    }
  }
}

type WatchAnswer = Extract<FollowAnswer, { case: "members" | "services" }>;

/** What members and services have in common for whoever watches them. */
interface WatchView {
  /** Which one it is about; undefined for a heartbeat. */
  name(answer: WatchAnswer): string | undefined;
  /** Two answers that say the same of it have the same text. */
  state(answer: WatchAnswer): string;
  isGone(answer: WatchAnswer): boolean;
  /** The same, as a change of what was known. */
  changed(answer: WatchAnswer): WatchAnswer;
  added(answer: WatchAnswer): WatchAnswer;
  gone(answer: WatchAnswer): WatchAnswer;
}

/**
 * A watch says in each stream first what is there. From the second stream on only what differs from what is known is told;
 * what is known and does not come again before the first heartbeat is gone.
 */
class FollowedWatch implements Followed {
  readonly #asks: FollowAsks;
  readonly #view: WatchView;
  /** Bounded by what the server lists. */
  readonly #known = new Map<string, WatchAnswer>();
  /** What was known when the stream began, and did not come again. Undefined once all that is there has come. */
  #unseen: Set<string> | undefined;
  #streams = 0;

  constructor(asks: FollowAsks, view: WatchView) {
    this.#asks = asks;
    this.#view = view;
  }

  asks(): FollowAsks {
    return this.#asks;
  }

  begin(): void {
    this.#streams++;
    this.#unseen = new Set(this.#known.keys());
  }

  take(given: FollowAnswer): readonly FollowAnswer[] {
    if (given.case === "consume") return [];
    const view = this.#view;
    const name = view.name(given);
    if (name === undefined) return [...this.#missing(), given];
    const before = this.#known.get(name);
    const isReplay = this.#unseen !== undefined;
    this.#unseen?.delete(name);
    if (view.isGone(given)) this.#known.delete(name);
    else this.#known.set(name, given);
    if (!isReplay) return [given];
    if (before === undefined) return [this.#streams > 1 ? view.added(given) : given];
    return view.state(before) === view.state(given) ? [] : [view.changed(given)];
  }

  #missing(): readonly FollowAnswer[] {
    const missing = [...(this.#unseen ?? [])];
    this.#unseen = undefined;
    return missing.flatMap((name) => {
      const last = this.#known.get(name);
      this.#known.delete(name);
      return last === undefined ? [] : [this.#view.gone(last)];
    });
  }
}

type Members = Extract<FollowAnswer, { case: "members" }>;
type Services = Extract<FollowAnswer, { case: "services" }>;

function members({ value }: WatchAnswer, change: MemberChange): Members {
  return { case: "members", value: { ...(value as WatchMembersResponse), change } };
}

const memberView: WatchView = {
  name: ({ value }) => (value as WatchMembersResponse).member?.name,
  state({ value }) {
    const { address, status, tags } = (value as WatchMembersResponse).member ?? {};
    return JSON.stringify([address, status, Object.entries(tags ?? {}).sort()]);
  },
  isGone: ({ value }) => (value as WatchMembersResponse).change === MemberChange.REAP,
  changed(answer) {
    const status = (answer.value as WatchMembersResponse).member?.status;
    if (status === MemberStatus.FAILED) return members(answer, MemberChange.FAILED);
    const isLeft = status === MemberStatus.LEFT || status === MemberStatus.LEAVING;
    return members(answer, isLeft ? MemberChange.LEAVE : MemberChange.UPDATE);
  },
  added: (answer) => members(answer, MemberChange.JOIN),
  gone: (answer) => members(answer, MemberChange.REAP),
};

function services({ value }: WatchAnswer, change: ServiceChange, reason: string): Services {
  return { case: "services", value: { ...(value as WatchServicesResponse), change, reason } };
}

const serviceView: WatchView = {
  name({ value }) {
    const { instance } = value as WatchServicesResponse;
    return instance === undefined ? undefined : JSON.stringify([instance.node, instance.service?.id]);
  },
  state({ value }) {
    const { rttMs: _, ...instance } = (value as WatchServicesResponse).instance ?? {};
    return JSON.stringify(instance, (_, one) => (typeof one === "bigint" ? String(one) : one));
  },
  isGone: ({ value }) => (value as WatchServicesResponse).change === ServiceChange.REMOVED,
  changed: (answer) => services(answer, ServiceChange.CHANGED, (answer.value as WatchServicesResponse).reason),
  added: (answer) => services(answer, ServiceChange.ADDED, "it came while the watch was opened anew"),
  gone: (answer) => services(answer, ServiceChange.REMOVED, "it went while the watch was opened anew"),
};
