/** What a node logs, for operators who watch it from elsewhere. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { WatchLogRequest, WatchLogResponseSchema } from "../gen/grapevine/v1/cluster_pb.ts";
import { invalidArgument } from "./errors.ts";
import { heartbeatMs, watcherQueueMax } from "./limits.ts";
import type { ServedGossip, ServedLogLevel, ServerPorts } from "./ports.ts";
import { Waiting } from "./waiting.ts";

/** By the words of the protocol. */
const levels: ReadonlyMap<string, ServedLogLevel> = new Map([
  ["trace", "TRACE"],
  ["debug", "DEBUG"],
  ["", "INFO"],
  ["info", "INFO"],
  ["warn", "WARN"],
  ["error", "ERR"],
]);

/** The lines that the node has kept, then those that come. */
export async function* watchLog(
  ports: ServerPorts,
  gossip: ServedGossip,
  call: { readonly request: WatchLogRequest; readonly context: HandlerContext },
): AsyncGenerator<MessageInitShape<typeof WatchLogResponseSchema>> {
  const { request, context } = call;
  const least = levels.get(request.level);
  if (least === undefined) {
    const allowed = [...levels.keys()].filter(Boolean).join(", ");
    throw invalidArgument(
      `Cannot watch the log from level ${JSON.stringify(request.level)} on: allowed are ${allowed}`,
    );
  }
  const lines: string[] = [];
  let overflowed = false;
  const waiting = new Waiting(ports.clock, context.signal);
  waiting.listen((announce) =>
    gossip.followLog(least, (line) => {
      overflowed ||= lines.length >= watcherQueueMax;
      if (!overflowed) lines.push(line);
      announce();
    }),
  );
  try {
    for (;;) {
      if (!(await waiting.wait(heartbeatMs))) yield { event: { case: "heartbeat", value: true } };
      for (const line of lines.splice(0)) yield { event: { case: "line", value: line } };
      if (overflowed) {
        const problem = `the caller is more than ${watcherQueueMax} lines behind`;
        throw new ConnectError(`Cannot go on watching the log: ${problem}`, Code.ResourceExhausted);
      }
    }
  } finally {
    waiting.release();
  }
}
