// needs: dig
// timeout: 60
/**
 * What real askers make of the answers: dig over UDP and TCP, and the resolver that Node, Bun and Deno bring. Bun goes
 * through all of it, the others see that nothing about it is Bun's own.
 */
import { execFile } from "node:child_process";
import { promises as dns } from "node:dns";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DnsSockets } from "../../src/io/dns_sockets.ts";
import { instance, node, responderOf } from "./fakes.ts";

const run = promisify(execFile);

const services = [
  ...Array.from({ length: 120 }, (_, index) =>
    instance({ name: "many", id: `${index}`, node: "none", address: `10.1.0.${index}`, port: 1_000 + index }),
  ),
  instance({ name: "Web", id: "a", address: "10.0.0.1", port: 80, tags: ["blue"], metadata: { zone: "a b" } }),
  instance({ name: "web", id: "b", address: "10.0.0.2", port: 81, node: "n2" }),
  instance({ name: "web", id: "c", address: "2001:db8::1", port: 82 }),
  instance({ name: "web", id: "d", address: "10.0.0.4", state: "critical" }),
  instance({ name: "mail", address: "mx.example.com", port: 25 }),
];
const responder = responderOf({ services, nodes: [node("n1", "10.0.0.1"), node("n2", "10.0.0.2")] });

function open(): Promise<DnsSockets> {
  return DnsSockets.open({
    bind: { host: "127.0.0.1", port: 0 },
    answer: (query, over) => responder.answer(query, over),
    onError: () => {},
  });
}

async function dig({ address }: DnsSockets, words: string): Promise<string> {
  const place = ["@127.0.0.1", "-p", String(address.port), "+tries=1", "+time=5"];
  const { stdout } = await run("dig", [...place, ...words.split(" ")]);
  return stdout;
}

function sortedLines(text: string): string[] {
  return text.trim().split("\n").sort();
}

/** What dig prints with `+short`, in any order. */
const short: readonly (readonly [words: string, lines: readonly string[]])[] = [
  ["web.service.grapevine", ["10.0.0.1", "10.0.0.2"]],
  ["web.service.grapevine AAAA", ["2001:db8::1"]],
  [
    "web.service.grapevine SRV",
    [
      "1 1 80 n1.node.grapevine.",
      "1 1 81 n2.node.grapevine.",
      "1 1 82 20010db8000000000000000000000001.addr.grapevine.",
    ],
  ],
  ["_web._blue.service.grapevine SRV +tcp +noedns", ["1 1 80 n1.node.grapevine."]],
  ["blue.web.service.grapevine", ["10.0.0.1"]],
  ["web.service.grapevine TXT", ['"zone=a b"']],
  ["web.service.grapevine ANY", ['"RFC8482" ""']],
  ["mail.service.grapevine", ["mx.example.com."]],
  ["mail.service.grapevine SRV", ["1 1 25 mx.example.com."]],
  ["grapevine NS", ["ns.grapevine."]],
  ["grapevine SOA", ["ns.grapevine. hostmaster.grapevine. 1 3600 600 86400 0"]],
  ["ns.grapevine", ["127.0.0.1"]],
  ["20010db8000000000000000000000001.addr.grapevine AAAA", ["2001:db8::1"]],
];

/** What stands in dig's whole output. */
const whole: readonly (readonly [words: string, ...patterns: RegExp[]])[] = [
  [
    "wEB.service.GRAPEVINE",
    /^;wEB\.service\.GRAPEVINE\.\s+IN\s+A$/m,
    /^wEB\.service\.GRAPEVINE\.\s+0\s+IN\s+A\s+10\.0\.0\.1$/m,
  ],
  [
    "web.service.grapevine SRV",
    /ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 4/,
    /flags: qr aa rd;/,
    /recursion requested but not available/,
  ],
  ["none.service.grapevine", /status: NXDOMAIN/, /^grapevine\.\s+0\s+IN\s+SOA/m],
  ["n1.node.grapevine AAAA", /status: NOERROR/, /ANSWER: 0, AUTHORITY: 1/],
  ["example.com", /status: REFUSED/, /flags: qr rd;/],
  ["-x 10.0.0.1", /status: REFUSED/],
  ["version.bind TXT CH", /status: REFUSED/],
  ["many.service.grapevine +ignore", /flags: qr aa tc rd;/, /ANSWER: 7\d,/, /MSG SIZE {2}rcvd: 12\d\d/],
  ["many.service.grapevine +ignore +noedns", /flags: qr aa tc rd;/, /ANSWER: 2\d,/, /MSG SIZE {2}rcvd: 50\d/],
  ["many.service.grapevine", /Truncated, retrying in TCP/, /flags: qr aa rd;/, /ANSWER: 120,/, /\(TCP\)/],
  ["many.service.grapevine SRV +tcp", /ANSWER: 120, AUTHORITY: 0, ADDITIONAL: 121/],
  [
    "web.service.grapevine +tcp +keepopen n1.node.grapevine mail.service.grapevine",
    /10\.0\.0\.2/,
    /10\.0\.0\.1/,
    /mx\.example/,
  ],
  ["web.service.grapevine +dnssec +nsid +subnet=10.0.0.0/8 +cookie", /status: NOERROR/, /flags: do; udp: 1232/],
  ["web.service.grapevine +edns=1 +noednsneg", /status: BADVERS/, /EDNS: version: 0/],
  ["web.service.grapevine +opcode=STATUS", /status: NOTIMP/],
  ["web.service.grapevine +header-only", /status: FORMERR/],
  ["grapevine AXFR", /Transfer failed/],
];

if ("Bun" in globalThis) {
  test("dig +short prints what was asked for", async () => {
    await using sockets = await open();
    const printed = await Promise.all(short.map(([words]) => dig(sockets, `+short ${words}`)));
    for (const [index, [words, lines]] of short.entries()) {
      assert.equal(sortedLines(printed[index] as string), [...lines].sort(), words);
    }
  });

  test("dig finds nothing to complain about, and sees codes, flags and sizes as they should be", async () => {
    await using sockets = await open();
    const printed = await Promise.all(whole.map(([words]) => dig(sockets, words)));
    for (const [index, [words, ...patterns]] of whole.entries()) {
      for (const pattern of patterns) assert.match(printed[index] as string, pattern, words);
      assert.not.match(printed[index] as string, /malformed|extra bytes|Question section mismatch/, words);
    }
  });
}

test("dig over UDP and TCP is answered", async () => {
  await using sockets = await open();
  for (const over of ["+notcp", "+tcp"]) {
    assert.equal(sortedLines(await dig(sockets, `+short ${over} web.service.grapevine`)), ["10.0.0.1", "10.0.0.2"]);
  }
});

test("the runtime's own resolver finds services by SRV and A, also those that need TCP", async () => {
  await using sockets = await open();
  const resolver = new dns.Resolver({ timeout: 5_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${sockets.address.port}`]);
  const found = await resolver.resolveSrv("_web._tcp.service.grapevine");
  assert.equal(found.map(({ name, port }) => `${name}:${port}`).sort(), [
    "20010db8000000000000000000000001.addr.grapevine:82",
    "n1.node.grapevine:80",
    "n2.node.grapevine:81",
  ]);
  assert.equal(await resolver.resolve4("n1.node.grapevine"), ["10.0.0.1"]);
  assert.is((await resolver.resolve4("many.service.grapevine")).length, 120);
  const refusal = await resolver.resolve4("none.service.grapevine").catch((error: unknown) => error);
  assert.is((refusal as { code?: string }).code, "ENOTFOUND");
});

interface DenoDns {
  resolveDns(
    name: string,
    type: "SRV",
    options: { nameServer: { ipAddr: string; port: number } },
  ): Promise<{ target: string; port: number }[]>;
}

if ("Deno" in globalThis) {
  test("Deno's own resolver finds services", async () => {
    await using sockets = await open();
    const { resolveDns } = (globalThis as unknown as { Deno: DenoDns }).Deno;
    const nameServer = { ipAddr: "127.0.0.1", port: sockets.address.port };
    const found = await resolveDns("web.service.grapevine", "SRV", { nameServer });
    assert.equal(found.map(({ port }) => port).sort(), [80, 81, 82]);
  });
}

test.run();
