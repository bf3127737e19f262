/** Holds writes back until the node knows whether its writer is still its own (rule R5). Everything else is served. */
import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { Registry } from "../gen/grapevine/v1/registry_pb.ts";
import { Log } from "../gen/log/v1/log_pb.ts";
import { notTaken } from "../server/mod.ts";
import type { Readiness } from "./readiness.ts";

const { produce, produceStream, produceMany, setTopic, deleteTopic } = Log.method;
const { saveCursor, resetCursor, deleteCursor, workInGroup } = Log.method;
const { registerService, deregisterService } = Registry.method;

/** Methods of which a record comes that this node's writer writes. */
const writes: ReadonlySet<DescMethod> = new Set([
  ...[produce, produceStream, produceMany, setTopic, deleteTopic],
  ...[saveCursor, resetCursor, deleteCursor, workInGroup],
  ...[registerService, deregisterService],
]);

/** For calls that go through Connect. */
export function waitUntilReady(readiness: Readiness): Interceptor {
  return (next) => async (request) => {
    if (writes.has(request.method)) await mayProduce(readiness, request.signal);
    return next(request);
  };
}

/** Resolves when the node takes produces, rejects when it never will. Undefined when it does already. */
export function mayProduce(readiness: Readiness, signal?: AbortSignal): Promise<void> | undefined {
  if (readiness.ready) return undefined;
  return readiness.wait(signal ?? new AbortController().signal).then((ready) => {
    if (!ready) throw notTaken(readiness.reason ?? "the node is stopping");
  });
}
