// timeout: 60
// topics: discovery
/** What operators of encrypted clusters ask for: a way there from plain text, and who lacks a key. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";
import { DisposalStack, formatAddress } from "../../src/base/mod.ts";
import { ownAddress } from "../own_host.ts";

const key = (letter: string): string => Buffer.from(letter.repeat(32)).toString("base64");

async function until(what: string, isSo: () => unknown): Promise<void> {
  const deadlineMs = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: 15 s are over`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

class Setup extends DisposalStack {
  async node(name: string, options: MembershipNodeOptions = {}): Promise<MembershipNode> {
    return this.use(await MembershipNode.start({ name, bind: ownAddress, profile: "local", ...options }));
  }

  async together(...nodes: readonly MembershipNode[]): Promise<void> {
    for (const node of nodes) {
      const isComplete = (): boolean => nodes.every(({ localName }) => node.member(localName)?.status === "alive");
      await until(`${node.localName} sees all alive`, isComplete);
    }
  }
}

test("a plain cluster moves to encryption in two steps, and then lets nobody in without the key", async () => {
  await using setup = new Setup();
  const plain = await setup.node("plain");
  // First all nodes get the key, and go on speaking as before.
  const step = { encrypt: key("k"), verifyIncoming: false };
  const first = await setup.node("first", { ...step, verifyOutgoing: false });
  await first.join([formatAddress(plain.address)]);
  await setup.together(plain, first);
  // Then they encrypt, and are heard by those of the first step.
  await plain.leave();
  await plain[Symbol.asyncDispose]();
  const second = await setup.node("second", step);
  await second.join([formatAddress(first.address)]);
  await setup.together(first, second);
  await first.leave();
  await first[Symbol.asyncDispose]();
  // In the end they take nothing else.
  const strict = await setup.node("strict", { encrypt: key("k") });
  await strict.join([formatAddress(second.address)]);
  await setup.together(second, strict);
  const stranger = await setup.node("stranger");
  const refused = await stranger.join([formatAddress(strict.address)]).then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  );
  assert.is(refused?.code, "JOIN_FAILED");
  assert.is(strict.member("stranger"), undefined);
});

test("a rotation that has not reached everybody names the nodes that lack the key", async () => {
  await using setup = new Setup();
  const directory = await mkdtemp(join(tmpdir(), "grapevine-keys-"));
  setup.defer(() => rm(directory, { recursive: true }));
  const keyringFile = join(directory, "keys.json");
  await writeFile(keyringFile, JSON.stringify([key("a"), key("b")]));
  const [rich, poor] = [await setup.node("rich", { keyringFile }), await setup.node("poor", { encrypt: key("a") })];
  await poor.join([formatAddress(rich.address)]);
  await setup.together(rich, poor);
  const { keys, lacking } = await rich.keys.list();
  assert.equal([keys.get(key("a")), keys.get(key("b"))], [2, 1]);
  assert.equal([...lacking], [[key("b"), ["poor"]]]);
  const used = await rich.keys.use(key("b"));
  // Who heard the order objects; who cannot read any more what it is encrypted with is silent.
  assert.equal([...used.errors.keys(), ...used.silent], ["poor"]);
});

test.run();
