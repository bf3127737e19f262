// timeout: 90
// needs: serf iproute2 namespaces
// topics: discovery
/**
 * A real agent with `-discover` and our node find each other by multicast DNS, whoever came first: on a network of two
 * namespaces and a cable that this test lays, because the loopback interface carries no multicast of theirs.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposalStack } from "../../src/base/mod.ts";
import { until } from "./processes.ts";

const left = { namespace: `gvl${process.pid}`, device: "veth0", four: "10.77.0.1", six: "fd00:77::1" };
const right = { namespace: `gvr${process.pid}`, device: "veth0", four: "10.77.0.2", six: "fd00:77::2" };
type Side = typeof left;

function ip(command: string): string | undefined {
  const { status, stderr, error } = spawnSync("ip", command.split(" "), { encoding: "utf8" });
  return status === 0 ? undefined : (error?.message ?? stderr).trim();
}

/** Lays the network. The text says why that cannot be done here. */
function layNetwork(): string | undefined {
  const commands = [
    ...[left, right].map(({ namespace }) => `netns add ${namespace}`),
    `link add veth0 netns ${left.namespace} type veth peer name veth0 netns ${right.namespace}`,
    ...[left, right].flatMap(({ namespace, device, four, six }) => [
      `-n ${namespace} link set lo up`,
      `-n ${namespace} link set ${device} up`,
      `-n ${namespace} addr add ${four}/24 dev ${device}`,
      `-n ${namespace} addr add ${six}/64 dev ${device} nodad`,
      // Serf's agent asks the system where multicast goes, whatever its flags say.
      `-n ${namespace} route add 224.0.0.0/4 dev ${device}`,
    ]),
  ];
  for (const command of commands) {
    const problem = ip(command);
    if (problem !== undefined) return `ip ${command}: ${problem}`;
  }
  return undefined;
}

function removeNetwork(): void {
  for (const { namespace } of [left, right]) ip(`netns delete ${namespace}`);
}

/** A program in one of the namespaces, and what it has printed. */
class Inhabitant implements AsyncDisposable {
  said = "";
  readonly #child: ChildProcess;

  constructor(side: Side, command: string, flags: readonly string[]) {
    // `ip netns exec` becomes the program: signals reach it.
    this.#child = spawn("ip", ["netns", "exec", side.namespace, command, ...flags], { stdio: "pipe" });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (bytes: Uint8Array) => {
        this.said += String(bytes);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    process.kill(pid, "SIGKILL");
    await ended;
  }
}

function serf(side: Side, host: string): Inhabitant {
  const bind = host.includes(":") ? `[${host}]:7946` : `${host}:7946`;
  const flags = ["-node", "alpha.go", "-bind", bind, "-discover", "shop", "-iface", side.device, "-profile", "local"];
  return new Inhabitant(side, "serf", ["agent", ...flags]);
}

function ours(side: Side, host: string, name = "ours", discover = "shop"): Inhabitant {
  const script = fileURLToPath(new URL("./node_process.ts", import.meta.url));
  const flags = "Deno" in globalThis ? ["run", "-A", "--quiet"] : "Bun" in globalThis ? [] : ["--import", "tsx"];
  const bind = host.includes(":") ? `[${host}]:0` : `${host}:0`;
  const options = { name, bind, discover, profile: "local" };
  return new Inhabitant(side, process.execPath, [...flags, script, JSON.stringify(options)]);
}

const test = suite("multicast DNS");
test.after(removeNetwork);

test("a real agent finds our node, which was there before it, and joins", async () => {
  await using stack = new DisposalStack();
  const node = stack.use(ours(right, right.four));
  await until("our node is ready", () => node.said.includes("ready"));
  const agent = stack.use(serf(left, left.four));
  await until("the agent knows our node", () => agent.said.includes("EventMemberJoin: ours 10.77.0.2"));
  await until("our node knows the agent", () => node.said.includes('"member-join","member":{"name":"alpha.go"'));
  console.log("checked: a real agent found our node and joined it");
});

test("our node finds a real agent, which was there before it, and joins", async () => {
  await using stack = new DisposalStack();
  const agent = stack.use(serf(left, left.four));
  await until("the agent runs", () => agent.said.includes("EventMemberJoin: alpha.go"));
  // Its first question is over: the next one would come in a minute.
  await until("the agent has looked around", () => agent.said.includes("Received event: member-join"));
  const node = stack.use(ours(right, right.four));
  await until("our node knows the agent", () => node.said.includes('"member-join","member":{"name":"alpha.go"'));
  await until("the agent knows our node", () => agent.said.includes("EventMemberJoin: ours 10.77.0.2"));
  console.log("checked: our node found a real agent and joined it");
});

test("our nodes find each other over IPv6, and those of another name stay apart", async () => {
  await using stack = new DisposalStack();
  const first = stack.use(ours(left, left.six, "first"));
  const stranger = stack.use(ours(left, left.six, "stranger", "other-shop"));
  await until("they are ready", () => first.said.includes("ready") && stranger.said.includes("ready"));
  const second = stack.use(ours(right, right.six, "second"));
  for (const [node, name] of [
    [first, "second"],
    [second, "first"],
  ] as const) {
    await until(`${name} is known`, () => node.said.includes(`"member-join","member":{"name":"${name}"`));
  }
  assert.not.match(stranger.said, "first");
  console.log("checked: our nodes found each other over IPv6");
});

const problem = layNetwork();
if (problem !== undefined || spawnSync("serf", ["version"]).status !== 0) {
  removeNetwork();
  console.log(`skipped: ${problem ?? "the program serf is not installed (Debian package serf)"}`);
  process.exit(0);
}

test.run();
