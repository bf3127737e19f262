// timeout: 60
// topics: discovery
/** Agents that remember their cluster in the data directory, and run programs for its events. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../mod.ts";
import { ownAddress } from "../own_host.ts";

const test = suite<{ directory: string }>("agent memory");

test.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), "grapevine-agent-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

function start(directory: string, name: string, more: AgentOptions = {}): Promise<Agent> {
  const place = { nodeName: name, dataDir: join(directory, name), bind: ownAddress, rpcAddr: ownAddress };
  return Agent.start({ ...place, profile: "local", ...more });
}

async function until(what: string, isSo: () => unknown): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: 10 s are over`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const isAlive = (agent: Agent, name: string): boolean =>
  agent.members().some((member) => member.name === name && member.status === "alive");

test("an agent that is started again finds its cluster without being told whom to join, and its records", async ({
  directory,
}) => {
  await using a = await start(directory, "a");
  const first = await start(directory, "b", { join: [a.gossipAddress] });
  await until("they see one another", () => isAlive(a, "b") && isAlive(first, "a"));
  const bind = first.gossipAddress;
  await first.close();
  await a.topic("orders").produce({ value: "meanwhile" });
  await using second = await start(directory, "b", { bind });
  assert.ok(isAlive(second, "a"), "it is in company when it is ready");
  for await (const record of second.topic("orders").consume({ from: "earliest" })) {
    assert.is(record.text(), "meanwhile");
    break;
  }
});

test("an agent that left stays away when it is started again, unless it is told to rejoin", async ({ directory }) => {
  await using a = await start(directory, "a");
  const first = await start(directory, "b", { join: [a.gossipAddress] });
  await until("they see one another", () => isAlive(a, "b") && isAlive(first, "a"));
  const bind = first.gossipAddress;
  await first.leave();
  const alone = await start(directory, "b", { bind });
  assert.is(alone.members().length, 1);
  await alone.close();
  await using back = await start(directory, "b", { bind, rejoinAfterLeave: true });
  assert.ok(isAlive(back, "a"));
});

test("event handlers run for an agent's events; a text that is none fails the start by name", async ({ directory }) => {
  const script = join(directory, "joined.sh");
  await writeFile(script, 'echo "$SERF_SELF_NAME" >> "$0.out"; cut -f 1 >> "$0.out"');
  await using a = await start(directory, "a", { eventHandlers: [`member-join=sh ${script}`] });
  await using b = await start(directory, "b", { join: [a.gossipAddress] });
  await until("it is told", async () => {
    return (await readFile(`${script}.out`, "utf8").catch(() => "")) === `a\n${b.nodeName}\n`;
  });
  try {
    await start(directory, "c", { eventHandlers: ["joined=x"] });
    assert.unreachable("it started");
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    assert.is(code, "INVALID_OPTION");
    assert.match(message, /option eventHandlers: it is "joined=x", allowed is .*but "joined" is no list of filters/);
  }
});

test.run();
