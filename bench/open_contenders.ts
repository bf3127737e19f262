/** Starts all that are installed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Grapevine } from "./contenders/grapevine.ts";
import { Nats } from "./contenders/nats.ts";
import { NatsGo } from "./contenders/nats_go.ts";
import { RawTcp } from "./contenders/raw_tcp.ts";
import { Redis } from "./contenders/redis.ts";

const run = promisify(execFile);

/** Who runs, and for each that does not, the line to type. */
export interface Contenders extends AsyncDisposable {
  /** Our node that acknowledges what is written, and the one that acknowledges what is on the disk. */
  readonly written: Grapevine;
  readonly synced: Grapevine;
  readonly raw: RawTcp;
  /** Three nodes that acknowledge what two have on their disks. */
  readonly replicated: Grapevine | undefined;
  readonly nats: Nats | undefined;
  readonly natsGo: NatsGo | undefined;
  readonly redis: Redis | undefined;
  readonly redisAlways: Redis | undefined;
  readonly missing: readonly string[];
}

/** All of them keep their files in `directory`. */
export async function openContenders(directory: string): Promise<Contenders> {
  const opened: AsyncDisposable[] = [];
  const missing: string[] = [];
  const open = async <Opened extends AsyncDisposable>(starting: Promise<Opened>): Promise<Opened> => {
    const contender = await starting;
    opened.push(contender);
    return contender;
  };
  const close = async (): Promise<void> => {
    for (const contender of opened.reverse()) await contender[Symbol.asyncDispose]();
  };
  const has = async (program: string): Promise<boolean> => {
    const found = await run(program, ["--version"]).then(
      () => true,
      () => false,
    );
    if (!found) missing.push(`Not measured: ${program} is not installed (apt-get install ${program})`);
    return found;
  };
  const orMissing = <Opened>(what: string, opening: Promise<Opened>): Promise<Opened | undefined> =>
    opening.catch((error: Error) => {
      missing.push(`Not measured: ${what}: ${error.message.trim().split("\n").at(-1)}`);
      return undefined;
    });
  try {
    const hasNats = await has("nats-server");
    const hasRedis = await has("redis-server");
    const nats = hasNats ? await open(Nats.start(directory)) : undefined;
    return {
      written: await open(Grapevine.start(directory, "interval")),
      synced: await open(Grapevine.start(directory, "always")),
      raw: await open(RawTcp.start(directory)),
      replicated: await orMissing("three nodes, replicated(2)", open(Grapevine.startReplicated(directory, 3))),
      nats,
      natsGo: nats && (await orMissing("NATS's Go client (see docs/performance.md)", NatsGo.build(nats, directory))),
      redis: hasRedis ? await open(Redis.start(directory, "everysec")) : undefined,
      redisAlways: hasRedis ? await open(Redis.start(directory, "always")) : undefined,
      missing,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
