/**
 * Callers come in by any node. Where a topic belongs to others, what they ask is passed on, once: what was passed on is
 * answered where it comes to or refused, so that nodes which disagree about the placement never send it in circles.
 */
import { type Client, Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { ConsumeRequest, ConsumeResponse, Log, ProduceRequest, ProduceResponse } from "../gen/log/v1/log_pb.ts";
import { type AskedCopies, answerOfShortfall } from "./acks.ts";
import { type ConsumeAnswer, consume } from "./consume.ts";
import { type ConsumeContext, consumeStream } from "./consume_stream.ts";
import { invalidArgument } from "./errors.ts";
import type { ServerPorts } from "./ports.ts";
import { NobodyReachableError } from "./served_doors.ts";
import { topicNameOf } from "./topics.ts";

/** A request that was passed on to a node that does not take it. */
const refusedWords = "this node is not placed for it and holds none of it";

/** Said to another node that passed something on. */
export function refusal(doing: string, topic: string): ConnectError {
  return new ConnectError(`Cannot ${doing} topic ${JSON.stringify(topic)} here: ${refusedWords}`, Code.Unavailable);
}

/** What a node takes in no more, or not yet. */
const notTakenWords = "Cannot write, and nothing is stored:";

/** Said by a node that stores nothing, for a reason that is its own. */
export function notTaken(reason: string): ConnectError {
  return new ConnectError(`${notTakenWords} ${reason}`, Code.Unavailable);
}

/** Whether a node refused what was passed on to it, so that another may be asked. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) return false;
  return error.rawMessage.includes(refusedWords) || error.rawMessage.startsWith(notTakenWords);
}

/** Throws where more copies are asked for than there are to be. */
export function checkCopies(
  { doors }: Pick<ServerPorts, "doors">,
  topic: string,
  asked: AskedCopies | undefined,
): void {
  if (doors === undefined || asked === undefined) return;
  const copiesMost = doors.placeOf(topic)?.copies;
  if (copiesMost === undefined || asked.copies <= copiesMost) return;
  throw invalidArgument(
    `Cannot wait for ${asked.copies} nodes: topic ${JSON.stringify(topic)} is placed at ${copiesMost}, and no more are to hold it`,
  );
}

/**
 * What becomes of a produce that is not for this node; undefined when it is. A node that holds a copy that is on its way
 * out takes a produce itself rather than let nobody take it: `takeHere` does.
 */
export function passProduce(
  { log, doors }: Pick<ServerPorts, "log" | "doors">,
  topic: string,
  call: {
    readonly request: ProduceRequest;
    readonly asked: AskedCopies | undefined;
    readonly takeHere: () => Promise<ProduceResponse>;
  },
): Promise<ProduceResponse> | undefined {
  if (doors === undefined || doors.isPlaced(topic)) return undefined;
  const { request, asked } = call;
  if (request.forwarded) {
    if (log.topic(topic) !== undefined) return undefined;
    throw refusal("produce to", topic);
  }
  return doors.produce(topic, marked(request)).then(
    (response) => {
      const { shortfall } = response;
      if (shortfall === undefined || asked === undefined || asked.answersShortfall) return response;
      return answerOfShortfall(response, shortfall, { ...asked, topic });
    },
    (error: unknown) => {
      if (!(error instanceof NobodyReachableError) || log.topic(topic) === undefined) throw error;
      return call.takeHere();
    },
  );
}

/** Too few copies come back as an answer, whatever the caller asked for: an error would lose who holds them. */
function marked(request: ProduceRequest): ProduceRequest {
  const { acks } = request;
  return { ...request, forwarded: true, ...(acks !== undefined && { acks: { ...acks, answerShortfall: true } }) };
}

/** What can be answered where the topic is held only: here, or there. */
export async function answerAtHolder<Request extends Passable, Answer>(
  { log, doors }: Pick<ServerPorts, "log" | "doors">,
  request: Request,
  { doing, here, there }: AtHolder<Request, Answer>,
): Promise<Answer> {
  const topic = topicNameOf(request);
  // Of what was deleted, every node says so.
  if (doors === undefined || doors.isReadHere(topic) || log.deletedTopic?.(topic) !== undefined) return here(request);
  if (!request.forwarded) {
    const asked = `${doing} topic ${JSON.stringify(topic)}`;
    return doors.askHolder(asked, topic, (holder) => there(holder, { ...request, forwarded: true }));
  }
  if (log.topic(topic) === undefined && !doors.isPlaced(topic)) throw refusal(doing, topic);
  return here(request);
}

interface Passable {
  readonly topic: string;
  readonly forwarded: boolean;
}

interface AtHolder<Request, Answer> {
  /** Words that the topic follows. */
  readonly doing: string;
  readonly here: (request: Request) => Promise<Answer>;
  readonly there: (holder: Client<typeof Log>, request: Request) => Promise<Answer>;
}

/** Consume, here or where the topic is. */
export async function consumeAnywhere(
  ports: ServerPorts,
  request: ConsumeRequest,
  context: Pick<HandlerContext, "signal">,
): Promise<ConsumeAnswer> {
  const { doors } = ports;
  const topic = topicNameOf(request);
  if (doors === undefined || doors.isReadHere(topic)) return consume(ports, request, context);
  if (!request.forwarded) return answerOf(await doors.consume(topic, { ...request, forwarded: true }, context.signal));
  if (ports.log.topic(topic) === undefined && !doors.isPlaced(topic)) throw refusal("consume", topic);
  return consume(ports, request, context);
}

/** ConsumeStream, here or where the topic is. */
export async function* consumeStreamAnywhere(
  ports: ServerPorts,
  request: ConsumeRequest,
  context: ConsumeContext,
): AsyncGenerator<ConsumeAnswer> {
  const { doors } = ports;
  const topic = topicNameOf(request);
  if (doors === undefined || doors.isReadHere(topic)) {
    yield* consumeStream(ports, request, context);
    return;
  }
  if (request.forwarded) {
    if (ports.log.topic(topic) === undefined && !doors.isPlaced(topic)) throw refusal("consume", topic);
    yield* consumeStream(ports, request, context);
    return;
  }
  for await (const response of doors.consumeStream(topic, { ...request, forwarded: true }, context.signal)) {
    yield answerOf(response);
  }
}

/** Without the name of its message: what is sent is made anew around the frames. */
function answerOf(response: ConsumeResponse): ConsumeAnswer {
  const { $typeName: _, $unknown, ...answer } = response;
  return answer;
}
