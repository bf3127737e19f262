/** How many nodes must hold what is produced before it is acknowledged (G7), and what is said when too few do in time. */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type ProduceRequest,
  type ProduceResponse,
  ProduceResponseSchema,
  ShortfallSchema,
} from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";
import { copiesMsDefault, copiesMsMax, replicatedMax, shortfallNamesMax } from "./limits.ts";
import type { ServedShortfall } from "./ports.ts";

/** Acks of more nodes than the one that is asked. */
export interface AskedCopies {
  readonly copies: number;
  readonly timeoutMs: number;
  /** Too few copies are an answer, not an error. */
  readonly answersShortfall: boolean;
}

/** Undefined when the node that is asked is enough. */
export function askedCopies(request: Pick<ProduceRequest, "acks" | "timeoutMs">): AskedCopies | undefined {
  const copies = request.acks?.replicated ?? 0;
  if (copies <= 1) return undefined;
  if (copies > replicatedMax) {
    throw invalidArgument(`Cannot wait for ${copies} nodes: acks.replicated is 0 to ${replicatedMax}`);
  }
  if (request.timeoutMs > copiesMsMax) {
    throw invalidArgument(`Cannot wait for ${request.timeoutMs} ms: timeout_ms is 0 to ${copiesMsMax}`);
  }
  const timeoutMs = request.timeoutMs === 0 ? copiesMsDefault : request.timeoutMs;
  return { copies, timeoutMs, answersShortfall: request.acks?.answerShortfall ?? false };
}

/** The answer that says who holds the records and who does not, or the error that carries it. */
export function answerOfShortfall(
  answer: ProduceResponse,
  { holders, lacking }: ServedShortfall,
  asked: AskedCopies & { readonly topic: string },
): ProduceResponse {
  answer.shortfall = create(ShortfallSchema, {
    asked: asked.copies,
    holders: holders.slice(0, shortfallNamesMax),
    lacking: lacking.slice(0, shortfallNamesMax),
  });
  if (asked.answersShortfall) return answer;
  const said = `Cannot acknowledge offset ${answer.offset} of topic ${JSON.stringify(asked.topic)} by ${asked.copies} nodes`;
  const others = lacking.length === 0 ? "no other node that is to hold it is known" : `${listed(lacking)} not`;
  const message = `${said}: ${listed(holders)} hold it durably so far, ${others}; it is stored here`;
  throw new ConnectError(message, Code.DeadlineExceeded, undefined, [{ desc: ProduceResponseSchema, value: answer }]);
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "no nodes";
  const shown = names.slice(0, shortfallNamesMax).join(", ");
  return names.length > shortfallNamesMax ? `${shown} and ${names.length - shortfallNamesMax} more` : shown;
}
