/**
 * All that a page follows, in one stream. Each subscription is answered as a call of its own would be, and pulled only as
 * the stream's caller takes: of each one answer waits at most. One that fails ends alone.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Code, ConnectError, HandlerContext } from "@connectrpc/connect";
import type {
  FollowRequest,
  FollowResponseSchema,
  Subscription,
  SubscriptionEndSchema,
} from "../gen/grapevine/v1/page_pb.ts";
import { LowestAvailableSchema } from "../gen/log/v1/log_pb.ts";
import { watchMembers } from "./cluster.ts";
import type { ConsumeAnswer } from "./consume.ts";
import { consumeStreamAnywhere } from "./doors.ts";
import { invalidArgument, toConnectError } from "./errors.ts";
import { followChunkBytesMax, subscriptionsMax } from "./limits.ts";
import type { ServerPorts } from "./ports.ts";
import { watchServices } from "./registry.ts";

type Answer = NonNullable<MessageInitShape<typeof FollowResponseSchema>["answer"]>;

export type FollowAnswer =
  | { readonly id: number; readonly answer: { readonly case: "consume"; readonly value: ConsumeAnswer } }
  | { readonly id: number; readonly answer: Exclude<Answer, { readonly case: "consume" }> };

/** What a subscription said that waits for its turn. */
interface Said {
  readonly source: Source;
  /** Undefined when it ended well. */
  readonly answer: FollowAnswer["answer"] | undefined;
  readonly error?: unknown;
}

interface Source {
  readonly id: number;
  readonly answers: AsyncIterator<FollowAnswer["answer"]>;
}

export async function* follow(
  ports: ServerPorts,
  request: FollowRequest,
  context: Pick<HandlerContext, "signal">,
): AsyncGenerator<FollowAnswer, void> {
  checkRequest(request);
  // One for all, which also fires when the stream is left: what waits ends by it.
  const ending = new AbortController();
  const said: Said[] = [];
  let wake = (): void => {};
  const say = (one: Said): void => {
    said.push(one);
    wake();
  };
  const onAbort = (): void => {
    ending.abort(context.signal.reason);
    wake();
  };
  context.signal.addEventListener("abort", onAbort, { once: true });
  const stops: AbortController[] = [];
  ending.signal.addEventListener("abort", () => {
    for (const stop of stops) stop.abort(ending.signal.reason);
  });
  try {
    context.signal.throwIfAborted();
    yield heartbeat;
    for (const subscription of request.subscriptions) {
      const stop = new AbortController();
      stops.push(stop);
      const answers = answersOf(ports, subscription, { signal: stop.signal, bytesMax: followChunkBytesMax });
      pull({ id: subscription.id, answers }, say);
    }
    for (let live = request.subscriptions.length; live > 0; ) {
      // In the order in which they had something to say: who was given a turn comes last.
      for (let next = said.shift(); next !== undefined; next = said.shift()) {
        const { source, answer } = next;
        yield answerOf(next, ports);
        context.signal.throwIfAborted();
        if (answer === undefined) live--;
        else pull(source, say);
      }
      if (live > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (said.length > 0 || context.signal.aborted) resolve();
        });
      }
      context.signal.throwIfAborted();
    }
  } finally {
    context.signal.removeEventListener("abort", onAbort);
    ending.abort();
  }
}

const heartbeat: FollowAnswer = { id: 0, answer: { case: undefined } };

function checkRequest({ subscriptions }: FollowRequest): void {
  const { length } = subscriptions;
  if (length < 1 || length > subscriptionsMax) {
    throw invalidArgument(`Cannot follow ${length} subscriptions: allowed are 1 to ${subscriptionsMax} in a stream`);
  }
  const ids = new Set<number>();
  for (const { id } of subscriptions) {
    if (id === 0 || ids.has(id)) throw invalidArgument(`Cannot follow: id ${id} is zero or stands twice`);
    ids.add(id);
  }
}

/** Asks for one answer more. */
function pull(source: Source, say: (said: Said) => void): void {
  source.answers.next().then(
    ({ value, done }) => say({ source, answer: done ? undefined : value }),
    (error: unknown) => say({ source, answer: undefined, error }),
  );
}

async function* answersOf(
  ports: ServerPorts,
  { asks }: Subscription,
  context: { readonly signal: AbortSignal; readonly bytesMax: number },
): AsyncGenerator<FollowAnswer["answer"], void> {
  switch (asks.case) {
    case "consume":
      // Single records would be too many: whoever follows takes whole batches.
      if (!asks.value.packed) throw invalidArgument("Cannot follow topic: packed is false, allowed is true");
      for await (const value of consumeStreamAnywhere(ports, asks.value, context)) yield { case: "consume", value };
      return;
    case "members":
      for await (const value of watchMembers(ports, context)) yield { case: "members", value };
      return;
    case "services":
      for await (const value of watchServices(ports, asks.value, context)) yield { case: "services", value };
      return;
    case undefined:
      throw invalidArgument("Cannot follow a subscription: it asks for nothing that this node knows");
    default:
      throw asks satisfies never;
  }
}

function answerOf({ source, answer, error }: Said, { onInternalError }: ServerPorts): FollowAnswer {
  if (answer !== undefined) return { id: source.id, answer } as FollowAnswer;
  return { id: source.id, answer: { case: "end", value: endOf(error, onInternalError) } };
}

function endOf(
  error: unknown,
  onInternalError: ServerPorts["onInternalError"],
): MessageInitShape<typeof SubscriptionEndSchema> {
  if (error === undefined) return { code: 0 };
  const failure: ConnectError = toConnectError(error, onInternalError);
  const code: Code = failure.code;
  const [lowestAvailable] = failure.findDetails(LowestAvailableSchema);
  return {
    code,
    message: failure.rawMessage,
    ...(lowestAvailable && { lowestAvailable: create(LowestAvailableSchema, lowestAvailable) }),
  };
}
