import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock, MessageMethod } from "../base/mod.ts";
import type { CommitLog } from "../log/mod.ts";
import { createHotMethods, createRoutes, type Routes, type ServerPorts } from "../server/mod.ts";
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

/** What a node answers. */
export interface NodeServer {
  /** The methods that move records, by their paths. */
  readonly methods: ReadonlyMap<string, MessageMethod>;
  /** All others. */
  readonly routes: Routes;
}

/** The methods that move records, as a node of the simulated world serves them: the server's own, on simulated ports. */
export function serveNode(room: NodeServerRoom): NodeServer {
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
  const served = room.change?.(ports) ?? ports;
  const admitProduce = (): Promise<void> | undefined => (isReady() ? undefined : becomingReady(room));
  const methods = createHotMethods(served, { admitProduce });
  return { methods: new Map(methods.map((method) => [method.path, method])), routes: createRoutes(served) };
}

const lookEveryMs = 20;

/** A node that goes down meanwhile breaks the call off. */
function becomingReady({ clock, isReady }: NodeServerRoom): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isReady()) resolve();
      else clock.schedule(clock.nowMs() + lookEveryMs, look);
    };
    look();
  });
}
