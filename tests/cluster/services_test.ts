// runtimes: bun (it is about processes that die, not about what runs them)
// timeout: 120
/** Services of nodes in processes of their own: what becomes of them when a node is killed, comes back and leaves. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect, type LogClient, type ServiceChange } from "../../src/client/mod.ts";
import { type NodeProcess, NodeProcesses } from "./processes.ts";

/** Gossip of the profile `local` takes a few seconds to declare a node failed, and more on a busy machine. */
const detectionMsMax = 25_000;
/** How long after that its services may still be told of as there. */
const vanishMsMax = 1_000;

/** Resolves with the time at which the asked node tells that a member failed. */
async function failureOf(name: string, client: LogClient): Promise<number> {
  for await (const { type, member } of client.watchMembers()) {
    if (type === "failed" && member.name === name) return performance.now();
  }
  throw new Error("The watch ended");
}

/** What one watcher hears, as it comes. */
class Ear {
  readonly #heard: string[] = [];
  readonly #controller = new AbortController();
  #look: () => void = () => {};

  constructor(client: LogClient) {
    this.#listen(client.services.watch({ name: "web" }, { signal: this.#controller.signal })).catch(
      (error: unknown) => {
        // Whoever waits says what was heard up to there.
        this.#heard.push(`the watch ended: ${error}`);
      },
    );
  }

  /** Resolves once something was told that matches, and forgets all up to there. */
  async hears(pattern: RegExp, withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const at = this.#heard.findIndex((line) => pattern.test(line));
      if (at >= 0) {
        this.#heard.splice(0, at + 1);
        return;
      }
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new Error(`Not heard within ${withinMs} ms: ${pattern}, but ${this.#heard.join("; ")}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  end(): void {
    this.#controller.abort();
  }

  async #listen(changes: AsyncIterable<ServiceChange>): Promise<void> {
    for await (const { type, instance, reason } of changes) {
      this.#heard.push(`${type} ${instance.node}/${instance.id} ${instance.state}: ${reason}`);
      this.#look();
    }
  }
}

test("services vanish with a node that is killed, come back with it, and leave with it at once", async () => {
  await using nodes = await NodeProcesses.create();
  const services = JSON.stringify([{ name: "web", port: 80 }]);
  const ann = await nodes.start("ann", { "--services": services });
  const start = (name: string, flags: Readonly<Record<string, string>> = {}): Promise<NodeProcess> =>
    nodes.start(name, { "--join": ann.gossipAddress, "--services": services, ...flags });
  const [bob, cid] = await Promise.all([start("bob"), start("cid")]);
  await using atAnn = connect([ann.rpcUrl]);
  await using atCid = connect([cid.rpcUrl]);
  await using atBob = connect([bob.rpcUrl]);
  const ears = [new Ear(atAnn), new Ear(atCid)];
  const allHear = (pattern: RegExp, withinMs: number): Promise<unknown> =>
    Promise.all(ears.map((ear) => ear.hears(pattern, withinMs)));
  await allHear(/^(present|added) bob\/web passing/, 10_000);
  // Registered by a call: only its directory remembers it.
  await atBob.services.register({ name: "web", id: "called", port: 81 });
  await allHear(/^added bob\/called passing: registered$/, 10_000);

  const failures = [atAnn, atCid].map((client) => failureOf("bob", client));
  await bob.end("SIGKILL");
  await allHear(/^removed bob\/(web|called) passing: node "bob" failed$/, detectionMsMax);
  const lateMs = performance.now() - Math.max(...(await Promise.all(failures)));
  assert.ok(lateMs < vanishMsMax, `they were gone ${lateMs} ms after the failure was known`);
  const left = await atAnn.services.lookUp({ node: "bob" });
  assert.equal(left, []);

  // At its own address: another one would be given to its name only some time after it failed.
  const again = await start("bob", { "--bind": bob.gossipAddress });
  await allHear(/^added bob\/called passing: node "bob" is back$/, 10_000);

  const sinceMs = performance.now();
  const gone = again.end("SIGINT");
  await allHear(/^removed bob\/(web|called) passing: node "bob" is leaving$/, 5_000);
  const tookMs = performance.now() - sinceMs;
  assert.ok(tookMs < 1_000, `it took ${tookMs} ms until all had heard that the node leaves`);
  assert.equal(await atCid.services.lookUp({ node: "bob" }), []);
  assert.is(await gone, 0);
  for (const ear of ears) ear.end();
});

test.run();
