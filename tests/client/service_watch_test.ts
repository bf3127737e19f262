/** A client's watch of services, as its servers fail: it tells what is different, and nothing twice. */
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ServiceChange } from "../../src/base/mod.ts";
import { LogClient } from "../../src/client/mod.ts";
import { fromDefinition } from "../../src/client/service_messages.ts";
import {
  ServiceChange as Change,
  HealthState,
  Registry,
  type WatchServicesResponse,
} from "../../src/gen/grapevine/v1/registry_pb.ts";

type Response = Partial<WatchServicesResponse>;

/** What one server says in its streams, as the test lets it. */
class StubServer {
  readonly #waiting: (Response | Error)[] = [];
  #wake: () => void = () => {};
  opened = 0;
  #isDown = false;

  say(...responses: readonly (Response | Error)[]): void {
    this.#waiting.push(...responses);
    this.#wake();
  }

  /** Ends the stream that goes on, and takes no other. */
  die(): void {
    this.#isDown = true;
    this.say(broken);
  }

  async *stream(signal: AbortSignal): AsyncGenerator<Response> {
    this.opened++;
    if (this.#isDown && this.#waiting.length === 0) throw broken;
    signal.addEventListener("abort", () => this.#wake());
    while (!signal.aborted) {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        if (next instanceof Error) throw next;
        yield next;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const broken = new ConnectError("the stream broke", Code.Unavailable);
const heartbeat: Response = { heartbeat: true };

/** A service of that id, at a port that tells its versions apart. */
function said(change: Change, id: string, port = 1, reason = ""): Response {
  const service = fromDefinition({ name: "web", id, port, metadata: { b: "2", a: "1" } });
  const instance = { service, node: "ann", state: HealthState.PASSING, checks: [], sinceMs: 1n, rttMs: Math.PI };
  return { change, instance, reason } as unknown as Response;
}

const { PRESENT, ADDED, CHANGED, REMOVED } = Change;

interface Watching {
  readonly ann: StubServer;
  readonly bob: StubServer;
  readonly client: LogClient;
  readonly watch: AsyncGenerator<ServiceChange>;
}

const test = suite<Watching>("service watch");

// Streams of stubs keep no process alive.
let alive: ReturnType<typeof setInterval>;
test.before(() => {
  alive = setInterval(() => {}, 1_000);
});
test.after(() => clearInterval(alive));

test.before.each((context) => {
  const [ann, bob] = [new StubServer(), new StubServer()];
  const openTransport = (url: string) => {
    const server = url === "http://ann" ? ann : bob;
    const transport = createRouterTransport(({ service }) => {
      service(Registry, { watchServices: (_request, { signal }) => server.stream(signal) as never });
    });
    return { transport, bidirectional: false, close() {} };
  };
  const client = new LogClient(["http://ann", "http://bob"], { openTransport });
  Object.assign(context, { ann, bob, client, watch: client.services.watch({ name: "web" }) });
});
test.after.each(async ({ client, watch }) => {
  await watch.return(undefined);
  client.close();
});

async function next(watch: AsyncGenerator<ServiceChange>): Promise<string> {
  const { value } = await watch.next();
  const { type, instance, reason } = value as ServiceChange;
  return `${type} ${instance.id}:${instance.port} ${reason}`;
}

test("it tells what is there, then what changes", async ({ ann, watch }) => {
  ann.say(said(PRESENT, "a", 1, "registered"), heartbeat, said(ADDED, "b"), said(CHANGED, "a", 2, "again"));
  assert.is(await next(watch), "present a:1 registered");
  assert.is(await next(watch), "added b:1 ");
  assert.is(await next(watch), "changed a:2 again");
  ann.say(heartbeat, said(REMOVED, "b", 1, "gone"));
  assert.is(await next(watch), "removed b:1 gone");
});

test("it goes on at another server, and tells only what is different there", async ({ ann, bob, watch }) => {
  ann.say(said(PRESENT, "a"), said(PRESENT, "b"), said(PRESENT, "c"), heartbeat);
  for (const id of ["a", "b", "c"]) assert.is(await next(watch), `present ${id}:1 `);
  bob.say(said(PRESENT, "c"), said(PRESENT, "b", 2), said(PRESENT, "d"), heartbeat);
  ann.die();
  const there = "found so at http://bob, where the watch went on";
  assert.is(await next(watch), `changed b:2 ${there}`);
  assert.is(await next(watch), `added d:1 ${there}`);
  const sinceMs = performance.now();
  assert.is(await next(watch), "removed a:1 no longer known at http://bob, where the watch went on");
  assert.ok(performance.now() - sinceMs > 1_000, "a server that has just started is given time to hear of all");
});

test("what a server hears of late is not told as removed, nor as added", async ({ ann, bob, watch }) => {
  ann.say(said(PRESENT, "a"), heartbeat);
  assert.is(await next(watch), "present a:1 ");
  bob.say(heartbeat, said(ADDED, "a"), said(ADDED, "b"));
  ann.die();
  assert.is(await next(watch), "added b:1 ");
});

test("the same server is asked again first, and nothing that is as it was is told", async ({ ann, bob, watch }) => {
  ann.say(said(PRESENT, "a"), heartbeat);
  assert.is(await next(watch), "present a:1 ");
  ann.say(broken, said(PRESENT, "a"), heartbeat, said(ADDED, "b"));
  assert.is(await next(watch), "added b:1 ");
  assert.equal([ann.opened, bob.opened], [2, 0]);
});

test("a stream that breaks before it said all is begun anew, and nothing is told twice", async ({
  ann,
  bob,
  watch,
}) => {
  ann.say(said(PRESENT, "a"));
  assert.is(await next(watch), "present a:1 ");
  bob.say(said(PRESENT, "a"), said(PRESENT, "b"), heartbeat);
  ann.die();
  assert.match(await next(watch), /^(present|added) b:1 /);
});

test("what the caller asked for wrongly ends it, and so does nobody's answer in the time given", async ({
  ann,
  bob,
  client,
  watch,
}) => {
  ann.say(new ConnectError("Cannot look up services: name is", Code.InvalidArgument));
  const failures: string[] = [];
  await watch.next().catch((error: { code: string }) => failures.push(error.code));
  for (const server of [ann, bob]) server.die();
  const impatient = client.services.watch({}, { failoverMs: 0 });
  await impatient.next().catch((error: { code: string }) => failures.push(error.code));
  assert.equal(failures, ["INVALID_ARGUMENT", "UNAVAILABLE"]);
});

test("its signal ends it, and the server's stream with it", async ({ ann, client }) => {
  const controller = new AbortController();
  const watch = client.services.watch({}, { signal: controller.signal });
  ann.say(said(PRESENT, "a"), heartbeat);
  assert.is(await next(watch), "present a:1 ");
  const end = watch.next();
  controller.abort();
  assert.is((await end).done, true);
  assert.is(ann.opened, 1);
});

test.run();
