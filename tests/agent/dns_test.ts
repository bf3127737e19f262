// runtimes: bun (tests/dns shows the sockets and the resolvers of all runtimes)
// timeout: 60
/** The DNS of real nodes: services and nodes come and go in it as they do in the cluster. */
import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type AgentOptions } from "../../mod.ts";
import { NodeDns } from "../../src/agent/dns.ts";
import { dnsSettingsOf } from "../../src/agent/dns_options.ts";
import { resolveAgentOptions } from "../../src/agent/options.ts";
import { decode, queryOf } from "../dns/fakes.ts";
import { parseExposition, readValue } from "./exposition.ts";

const test = suite<{ directory: string }>("dns of agents");

test.before.each(async (context) => {
  context.directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-dns-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

function start(directory: string, nodeName: string, more: AgentOptions = {}): Promise<Agent> {
  const dataDir = path.join(directory, nodeName);
  const places = { bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", dnsAddr: "127.0.0.1:0" };
  return Agent.start({ nodeName, dataDir, profile: "local", ...places, ...more });
}

function resolverOf({ dnsAddress = "" }: Agent): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: 5_000, tries: 1 });
  resolver.setServers([dnsAddress]);
  return resolver;
}

/** `target:port` of each; empty for none, of which not all runtimes say whether the name is there. */
async function servers(agent: Agent, name: string): Promise<string> {
  try {
    const found = await resolverOf(agent).resolveSrv(name);
    return found
      .map(({ name: target, port }) => `${target}:${port}`)
      .sort()
      .join(" ");
  } catch (error) {
    if (["ENOTFOUND", "ENODATA"].includes((error as { code: string }).code)) return "";
    throw error;
  }
}

/** The code of the answer, and the addresses in it. */
async function askRaw(server: string, name: string): Promise<string> {
  const socket = createSocket("udp4");
  const heard = once(socket, "message", { signal: AbortSignal.timeout(5_000) });
  socket.send(queryOf(name, "A"), Number(server.split(":").at(-1)), "127.0.0.1");
  const [bytes] = (await heard) as [Uint8Array];
  socket.close();
  const { rcode, answers = [] } = decode(bytes);
  return [rcode, ...answers.map((each) => (each.type === "A" ? each.data : each.type)).sort()].join(" ");
}

async function until(ask: () => Promise<string>, expected: string): Promise<void> {
  let found = "";
  for (let attempt = 0; attempt < 400; attempt++) {
    found = await ask();
    if (found === expected) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.is(found, expected);
}

test("a service is found by the DNS of any node, vanishes when it turns critical, and with its node", async ({
  directory,
}) => {
  await using alder = await start(directory, "alder");
  await using birch = await start(directory, "birch", { join: [alder.gossipAddress] });
  const name = "_payments._tcp.service.grapevine";
  assert.is(await servers(alder, name), "");
  const checks = [{ type: "ttl", ttlMs: 60_000 }] as const;
  const { id } = await birch.services.register({ name: "Payments", port: 9_000, tags: ["v2"], checks });
  await birch.services.report(id, { state: "passing" });
  await until(() => servers(alder, name), "birch.node.grapevine:9000");
  assert.is(await servers(birch, "v2.payments.service.grapevine"), "birch.node.grapevine:9000");
  assert.equal(await resolverOf(alder).resolve4("PAYMENTS.service.grapevine"), ["127.0.0.1"]);
  await birch.services.report(id, { state: "critical", output: "the disk is full" });
  await until(() => servers(alder, name), "");
  await birch.services.report(id, { state: "warning" });
  await until(() => servers(alder, name), "birch.node.grapevine:9000");
  assert.is(
    await servers(alder, "birch.node.grapevine"),
    birch.rpcAddress.replace("127.0.0.1", "birch.node.grapevine"),
  );
  const left = birch.leave();
  assert.is(await askRaw(birch.dnsAddress ?? "", "payments.service.grapevine"), "SERVFAIL");
  await left;
  await until(() => servers(alder, name), "");
  await until(() => servers(alder, "birch.node.grapevine"), "");

  const response = await fetch(`http://${alder.rpcAddress}/metrics`);
  const metrics = parseExposition(await response.text());
  assert.ok(readValue(metrics, "grapevine_dns_queries_total", { type: "SRV", rcode: "NOERROR" }) >= 4);
  assert.ok(readValue(metrics, "grapevine_dns_queries_total", { type: "SRV", rcode: "NXDOMAIN" }) >= 2);
  assert.is(readValue(metrics, "grapevine_dns_dropped_total", { reason: "short" }), 0);
});

test("a node has a DNS only if it is asked for, and does not start where its port is taken", async ({ directory }) => {
  await using alder = await start(directory, "alder", { dnsAddr: undefined });
  assert.is(alder.dnsAddress, undefined);
  await using birch = await start(directory, "birch", { dnsDomain: "vine.example", dnsTtlMs: 5_000 });
  const [first] = await resolverOf(birch).resolve4("birch.node.vine.example", { ttl: true });
  assert.equal(first, { address: "127.0.0.1", ttl: 5 });
  const refusal = await start(directory, "cedar", { dnsAddr: birch.dnsAddress }).catch((error: unknown) => error);
  assert.is((refusal as { code?: string }).code, "PORT_TAKEN");
});

test("options that make no sense are refused, and the port may be left out", () => {
  for (const [options, allowed] of [
    [{ dnsAddr: "localhost:8600" }, /ip:port/],
    [{ dnsAddr: "127.0.0.1:99999" }, /ip:port/],
    [{ dnsDomain: "vine" }, /dnsAddr is not given/],
    [{ dnsTtlMs: 1_000 }, /dnsAddr is not given/],
    [{ dnsAddr: "127.0.0.1", dnsDomain: "a..b" }, /letters, digits, hyphens and dots/],
    [{ dnsAddr: "127.0.0.1", dnsTtlMs: -1 }, /whole number/],
  ] as const) {
    assert.throws(() => resolveAgentOptions(options), allowed);
  }
  const { dns: settings } = resolveAgentOptions({ dnsAddr: "[::1]", dnsTtlMs: 1_999 });
  assert.equal(settings, { bind: { host: "::1", port: 8_600 }, domain: "grapevine", ttlSeconds: 1 });
});

test("names of nodes that differ in their case alone share a name, and one with dots has names above it", async () => {
  const member = (name: string, host: string) => ({
    ...({
      name,
      address: { host, port: 7_946 },
      tags: new Map<string, string>(),
      status: "alive",
      incarnation: 1,
    } as const),
  });
  let members = [member("one.rack", "10.0.0.1"), member("Two", "10.0.0.2")];
  let tell = (): void => {};
  let isReady = false;
  const warnings: string[] = [];
  const settings = dnsSettingsOf({ dnsAddr: "0.0.0.0:0" });
  if (settings === undefined) throw new Error("it was asked for");
  await using served = await NodeDns.open(settings, {
    membership: {
      advertised: { host: "10.0.0.9" },
      members: () => members,
      onEvent: (listener) => {
        tell = listener;
        return () => {};
      },
    },
    services: { lookUp: () => [] },
    isReady: () => isReady,
    onWarn: (warning) => warnings.push(warning),
  });
  assert.match(warnings.join(), /whoever reaches it learns all services and nodes/);
  const ask = (name: string): Promise<string> => askRaw(served.address, `${name}.grapevine`);
  assert.is(await ask("one.rack.node"), "SERVFAIL");
  isReady = true;
  assert.is(await ask("one.rack.node"), "NOERROR 10.0.0.1");
  assert.is(await ask("rack.node"), "NOERROR");
  assert.is(await ask("none.node"), "NXDOMAIN");
  assert.is(await ask("two.node"), "NOERROR 10.0.0.2");
  assert.is(await ask("ns"), "NOERROR 10.0.0.9");
  members = [...members, member("TWO", "10.0.0.3")];
  tell();
  assert.is(await ask("two.node"), "NOERROR 10.0.0.2 10.0.0.3");
});

test.run();
