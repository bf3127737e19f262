import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock, MessageMethod } from "../base/mod.ts";
import type { CommitLog } from "../log/mod.ts";
import { createHotMethods, type ServerPorts } from "../server/mod.ts";
import type { ReplicationShell } from "./replication_shell.ts";

/** What a node lends to its server. */
export interface NodeServerRoom {
  readonly name: string;
  readonly log: CommitLog;
  readonly replication: ReplicationShell;
  readonly clock: Clock;
  /** False while it waits for what its peers hold (rule R5). */
  readonly isReady: () => boolean;
  /** The log was called: let it come to rest before the next event. */
  readonly touchLog: () => void;
  /** Puts something else in the place of what is served. */
  readonly change?: ((ports: ServerPorts) => ServerPorts) | undefined;
}

/** The methods that move records, as a node of the simulated world serves them: the server's own, on simulated ports. */
export function serveNode(room: NodeServerRoom): ReadonlyMap<string, MessageMethod> {
  const { log, clock, replication, name, isReady, touchLog } = room;
  const nobody = (): never => {
    throw new ConnectError("Cannot answer: only records are served in the simulated world", Code.Unimplemented);
  };
  const ports: ServerPorts = {
    log,
    cluster: { members: () => [], onEvent: () => () => undefined, join: nobody, leave: nobody },
    replication: {
      node: name,
      awaitCopies: (topic, produced, asked) => replication.awaitCopies(topic, produced, asked),
      watch: nobody,
    },
    readiness: {
      get ready() {
        return isReady();
      },
      onChange: () => () => undefined,
    },
    clock: {
      ...clock,
      // A wait that is over calls the log again.
      schedule: (atMs, callback) =>
        clock.schedule(atMs, () => {
          touchLog();
          callback();
        }),
    },
  };
  const admitProduce = (): Promise<void> | undefined =>
    isReady()
      ? undefined
      : Promise.reject(new ConnectError(`Cannot produce: ${name} waits for its peers`, Code.Unavailable));
  const methods = createHotMethods(room.change?.(ports) ?? ports, { admitProduce });
  return new Map(methods.map((method) => [method.path, method]));
}
