/** What each name has of each type, what is told of names that are not there, and how much an answer holds. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, type ServiceInstance, toHex } from "../../src/base/mod.ts";
import { DnsResponder, type InvalidDnsOptionError } from "../../src/dns/mod.ts";
import { ask, decode, directoryOf, instance, type Listed, linesOf, node, queryOf, responderOf } from "./fakes.ts";

const listed: Listed = {
  services: [
    instance({ name: "web", id: "web-1", tags: ["v1", "Blue"], metadata: { zone: "a", weight: "3" } }),
    instance({ name: "web", id: "web-2", node: "n2", address: "10.0.0.2", port: 8_081, tags: ["v2", "v2.1"] }),
    instance({ name: "web", id: "web-6", node: "n2", address: "2001:db8::6", port: 8_082, state: "warning" }),
    instance({ name: "web", id: "web-sick", node: "n3", address: "10.0.0.3", state: "critical", tags: ["old", "v1"] }),
    instance({ name: "Shop", address: "192.0.2.7", node: "n1" }),
    instance({ name: "mail", address: "mx.example.com", port: 25 }),
    instance({ name: "inner", address: "web.service.grapevine", port: 1 }),
    instance({ name: "loop", address: "loop.service.grapevine", port: 1 }),
    instance({ name: "both", id: "b1", address: "db.example.com", port: 1 }),
    instance({ name: "both", id: "b2", address: "10.0.0.9", port: 2 }),
    instance({ name: "ill", state: "critical" }),
    instance({ name: "odd", address: "not a host" }),
  ],
  nodes: [
    node("n1", "10.0.0.1", { rpc: { host: "10.0.0.1", port: 8_400 }, tags: new Map([["role", "web"]]) }),
    node("N2", "10.0.0.2", { rpc: { host: "10.9.9.9", port: 8_400 } }),
    node("n3", "10.0.0.3", { isAlive: false }),
    node("rack1.host", "10.0.0.4"),
    node("same", "10.0.0.5"),
    node("SAME", "10.0.0.6"),
  ],
};

const soa = "grapevine 0 SOA ns.grapevine hostmaster.grapevine 0";

type Row = readonly [
  name: string,
  type: string,
  rcode: string,
  answers: readonly string[],
  additionals?: readonly string[],
];

/** Names and data without the domain, to be read. */
const rows: readonly Row[] = [
  ["web.service", "A", "NOERROR", ["A 10.0.0.1", "A 10.0.0.2"]],
  ["web.service", "AAAA", "NOERROR", ["AAAA 2001:db8::6"]],
  [
    "web.service",
    "SRV",
    "NOERROR",
    [
      "SRV 1 1 8080 n1.node.grapevine",
      "SRV 1 1 8081 n2.node.grapevine",
      "SRV 1 1 8082 20010db8000000000000000000000006.addr.grapevine",
    ],
    [
      "20010db8000000000000000000000006.addr.grapevine 0 AAAA 2001:db8::6",
      "n1.node.grapevine 0 A 10.0.0.1",
      "n2.node.grapevine 0 A 10.0.0.2",
    ],
  ],
  ["web.service", "TXT", "NOERROR", ["TXT zone=a,weight=3"]],
  ["web.service", "MX", "NOERROR", []],
  ["web.service", "ANY", "NOERROR", ["HINFO RFC8482"]],
  ["WEB.Service", "A", "NOERROR", ["A 10.0.0.1", "A 10.0.0.2"]],
  ["shop.service", "A", "NOERROR", ["A 192.0.2.7"]],
  [
    "shop.service",
    "SRV",
    "NOERROR",
    ["SRV 1 1 8080 c0000207.addr.grapevine"],
    ["c0000207.addr.grapevine 0 A 192.0.2.7"],
  ],
  ["v1.web.service", "A", "NOERROR", ["A 10.0.0.1"]],
  ["BLUE.web.service", "A", "NOERROR", ["A 10.0.0.1"]],
  ["v2.1.web.service", "A", "NOERROR", ["A 10.0.0.2"]],
  ["1.web.service", "A", "NOERROR", []],
  ["old.web.service", "A", "NOERROR", []],
  ["v3.web.service", "A", "NXDOMAIN", []],
  ["_web._tcp.service", "A", "NOERROR", ["A 10.0.0.1", "A 10.0.0.2"]],
  ["_web._v2.service", "SRV", "NOERROR", ["SRV 1 1 8081 n2.node.grapevine"], ["n2.node.grapevine 0 A 10.0.0.2"]],
  ["_web._v3.service", "SRV", "NXDOMAIN", []],
  ["_none._tcp.service", "SRV", "NXDOMAIN", []],
  ["_._tcp.service", "SRV", "NXDOMAIN", []],
  ["web._tcp.service", "SRV", "NXDOMAIN", []],
  ["a._web._tcp.service", "SRV", "NXDOMAIN", []],
  ["_tcp.service", "SRV", "NOERROR", []],
  ["ill.service", "A", "NOERROR", []],
  ["none.service", "A", "NXDOMAIN", []],
  ["odd.service", "A", "NOERROR", []],
  ["odd.service", "SRV", "NOERROR", []],
  ["service", "A", "NOERROR", []],
  ["mail.service", "A", "NOERROR", ["CNAME mx.example.com"]],
  ["mail.service", "CNAME", "NOERROR", ["CNAME mx.example.com"]],
  ["mail.service", "SRV", "NOERROR", ["SRV 1 1 25 mx.example.com"]],
  ["_mail._tcp.service", "SRV", "NOERROR", ["SRV 1 1 25 mx.example.com"]],
  ["_mail._tcp.service", "A", "NOERROR", []],
  ["both.service", "A", "NOERROR", ["A 10.0.0.9"]],
  ["both.service", "AAAA", "NOERROR", []],
  ["n1.node", "A", "NOERROR", ["A 10.0.0.1"]],
  ["n1.node", "AAAA", "NOERROR", []],
  ["n1.node", "SRV", "NOERROR", ["SRV 1 1 8400 n1.node.grapevine"], ["n1.node.grapevine 0 A 10.0.0.1"]],
  ["n1.node", "TXT", "NOERROR", ["TXT role=web"]],
  ["n2.node", "SRV", "NOERROR", ["SRV 1 1 8400 0a090909.addr.grapevine"], ["0a090909.addr.grapevine 0 A 10.9.9.9"]],
  ["n3.node", "A", "NOERROR", []],
  ["rack1.host.node", "A", "NOERROR", ["A 10.0.0.4"]],
  ["host.node", "A", "NOERROR", []],
  ["same.node", "A", "NOERROR", ["A 10.0.0.5", "A 10.0.0.6"]],
  ["n4.node", "A", "NXDOMAIN", []],
  ["node", "A", "NOERROR", []],
  ["7f000001.addr", "A", "NOERROR", ["A 127.0.0.1"]],
  ["7F000001.addr", "AAAA", "NOERROR", []],
  ["7f00001.addr", "A", "NXDOMAIN", []],
  ["x.7f000001.addr", "A", "NXDOMAIN", []],
  ["addr", "A", "NOERROR", []],
  ["ns", "A", "NOERROR", ["A 127.0.0.1"]],
  ["a.ns", "A", "NXDOMAIN", []],
  ["elsewhere", "A", "NXDOMAIN", []],
];

for (const [within, type, rcode, answers, additionals = []] of rows) {
  test(`${within} ${type} is ${rcode} with ${answers.length} answers`, () => {
    const name = `${within}.grapevine`;
    const reply = ask(responderOf(listed), name, type, { udpBytes: 1_232 });
    assert.is(reply.rcode, rcode);
    // dns-packet writes IPv6 and names of nodes as they came: those are told with their own case.
    const expected = answers.map((answer) => `${name} 0 ${answer}`).sort();
    assert.equal(linesOf(reply.answers).map(lowerTarget), expected);
    assert.equal(linesOf(reply.additionals).map(lowerTarget), [...additionals].sort());
    assert.equal(linesOf(reply.authorities), answers.length === 0 ? [soa] : []);
    assert.ok(reply.flag_qr && reply.flag_aa && reply.flag_rd && !reply.flag_ra && !reply.flag_tc);
  });
}

function lowerTarget(line: string): string {
  return line.replace("N2.node", "n2.node");
}

test("the domain itself has SOA and NS, whose name resolves", () => {
  const responder = responderOf(listed, { ttlSeconds: 7 });
  assert.equal(linesOf(ask(responder, "grapevine", "SOA").answers), [soa.replace(" 0 SOA", " 7 SOA")]);
  const reply = ask(responder, "grapevine", "NS");
  assert.equal(linesOf(reply.answers), ["grapevine 7 NS ns.grapevine"]);
  assert.equal(linesOf(reply.additionals), ["ns.grapevine 7 A 127.0.0.1"]);
  assert.equal(linesOf(ask(responder, "grapevine", "A").authorities), [soa]);
});

test("aliases within the zone are followed, and those that lead in circles for a while", () => {
  const responder = responderOf(listed);
  assert.equal(linesOf(ask(responder, "inner.service.grapevine", "A").answers), [
    "inner.service.grapevine 0 CNAME web.service.grapevine",
    "web.service.grapevine 0 A 10.0.0.1",
    "web.service.grapevine 0 A 10.0.0.2",
  ]);
  const glue = linesOf(ask(responder, "inner.service.grapevine", "SRV", { udpBytes: 1_232 }).additionals);
  assert.ok(glue.includes("web.service.grapevine 0 A 10.0.0.2"));
  const circle = ask(responder, "loop.service.grapevine", "A");
  assert.is(circle.rcode, "NOERROR");
  assert.is(circle.answers?.length, 5);
});

test("every target in the zone that an answer names is resolved by the same server, to what the glue says", () => {
  const responder = responderOf(listed);
  for (const name of ["web", "shop", "inner", "both"]) {
    const { answers = [], additionals = [] } = ask(responder, `${name}.service.grapevine`, "SRV", { over: "tcp" });
    const targets = answers.flatMap((each) => (each.type === "SRV" ? each.data.target : []));
    for (const target of targets.filter((each) => each.endsWith(".grapevine"))) {
      const found = ["A", "AAAA"].flatMap((type) => linesOf(ask(responder, target, type).answers));
      assert.ok(found.length > 0, target);
      const glue = additionals.filter(({ name: owner }) => owner === target);
      assert.equal(linesOf(glue), found.sort());
    }
  }
});

test("what is elsewhere is refused, and so are other classes and transfers", () => {
  const responder = responderOf(listed);
  for (const name of ["example.com", "grapevine.com", "notgrapevine", "web.service", "."]) {
    const reply = ask(responder, name, "A");
    assert.equal([reply.rcode, reply.flag_aa, reply.authorities?.length], ["REFUSED", false, 0], name);
  }
  assert.is(ask(responder, "web.service.grapevine", "TXT", { class: "CH" }).rcode, "REFUSED");
  assert.is(ask(responder, "web.service.grapevine", "A", { class: "ANY" }).answers?.length, 2);
  for (const type of ["AXFR", "IXFR"]) assert.is(ask(responder, "grapevine", type, { over: "tcp" }).rcode, "REFUSED");
});

test("who does not know the cluster yet says so, and goes on refusing what is elsewhere", () => {
  const responder = responderOf({ ...listed, isReady: false });
  for (const name of ["web.service.grapevine", "none.service.grapevine", "grapevine"]) {
    const reply = ask(responder, name, "A");
    assert.equal([reply.rcode, reply.flag_aa, reply.authorities?.length], ["SERVFAIL", false, 0], name);
  }
  assert.is(ask(responder, "example.com", "A").rcode, "REFUSED");
});

test("the question comes back in the letters of the asker, and answers refer to it", () => {
  const query = queryOf("wEb.SerVice.GRAPEvine", "A");
  const reply = ask(responderOf(listed), "wEb.SerVice.GRAPEvine", "A");
  assert.is(reply.questions?.[0]?.name, "wEb.SerVice.GRAPEvine");
  assert.is(toHex(reply.bytes.subarray(12, query.length)), toHex(query.subarray(12)));
  assert.is(reply.bytes.length, query.length + 2 * 16);
});

test("a dot within a label is no end of one", () => {
  const query = queryOf("web.service.grapevine", "A");
  const within = query.slice();
  within[12] = 11;
  within[12 + 4] = ".".charCodeAt(0);
  assert.is(decode(responderOf(listed).answer(within, "udp") as Uint8Array).rcode, "NXDOMAIN");
});

function many(count: number): Listed {
  const services = Array.from({ length: count }, (_, index): ServiceInstance => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    return instance({ name: "web", id: `web-${index}`, node: "none", address, port: 1 + (index % 60_000) });
  });
  return { services };
}

test("an answer over UDP holds what the asker takes, and says when there is more; TCP gives all", () => {
  const responder = responderOf(many(200));
  const name = "web.service.grapevine";
  for (const [udpBytes, bytesMax] of [
    [undefined, 512],
    [1, 512],
    [800, 800],
    [1_232, 1_232],
    [65_535, 1_232],
  ] as const) {
    for (const type of ["A", "SRV"]) {
      const reply = ask(responder, name, type, udpBytes === undefined ? {} : { udpBytes });
      assert.ok(reply.flag_tc);
      assert.ok(reply.bytes.length <= bytesMax && reply.bytes.length > bytesMax - 64, `${reply.bytes.length} bytes`);
      assert.equal(linesOf(reply.additionals), []);
    }
  }
  for (const type of ["A", "SRV"]) {
    const reply = ask(responder, name, type, { over: "tcp" });
    assert.not(reply.flag_tc);
    assert.is(new Set(linesOf(reply.answers)).size, 200);
    assert.is(reply.additionals?.length, type === "SRV" ? 200 : 0);
  }
  assert.is(responder.counters.truncated, 10);
});

test("an answer that fits without its addresses is whole", () => {
  const reply = ask(responderOf(many(12)), "web.service.grapevine", "SRV", { udpBytes: 640 });
  assert.not(reply.flag_tc);
  assert.is(reply.answers?.length, 12);
  assert.ok((reply.additionals?.length ?? 0) < 13);
});

test("more than a message over TCP can hold: another part of it each time", () => {
  const responder = responderOf(many(4_500));
  const [one, two] = [1, 2].map(() => ask(responder, "web.service.grapevine", "A", { over: "tcp" }));
  assert.ok((one?.answers?.length ?? 0) > 4_000 && (one?.bytes.length ?? 0) <= 65_535);
  assert.not.equal(linesOf(one?.answers), linesOf(two?.answers));
});

test("answers come in every order, about as often", () => {
  const responder = responderOf(many(3));
  const firsts = new Map<string, number>();
  for (let round = 0; round < 900; round++) {
    const [first] = ask(responder, "web.service.grapevine", "A").answers ?? [];
    const address = first?.type === "A" ? first.data : "";
    firsts.set(address, (firsts.get(address) ?? 0) + 1);
  }
  assert.is(firsts.size, 3);
  for (const count of firsts.values()) assert.ok(count > 200 && count < 400, `${count} times`);
});

test("several instances at one address are one record", () => {
  const services = [1, 2, 3].map((port) => instance({ name: "web", id: `${port}`, port }));
  const responder = responderOf({ services });
  assert.equal(linesOf(ask(responder, "web.service.grapevine", "A").answers), ["web.service.grapevine 0 A 10.0.0.1"]);
  assert.is(ask(responder, "web.service.grapevine", "SRV").answers?.length, 3);
});

test("texts that DNS cannot carry are left out", () => {
  const metadata = {
    long: "x".repeat(300),
    short: "é",
    ...Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`k${at}`, "v".repeat(200)])),
  };
  const reply = ask(responderOf({ services: [instance({ name: "web", metadata })] }), "web.service.grapevine", "TXT", {
    over: "tcp",
  });
  const [record] = reply.answers ?? [];
  const texts = record?.type === "TXT" ? (record.data as Uint8Array[]) : [];
  assert.is(String(texts[0]), "short=é");
  assert.ok(texts.length > 15 && texts.length < 22);
});

test("a domain of several labels, a time to live, and a server at an IPv6 address", () => {
  const responder = responderOf(listed, { domain: "Grape.Example.COM", ttlSeconds: 30, serverIp: "::1" });
  assert.equal(linesOf(ask(responder, "shop.service.grape.example.com", "A").answers), [
    "shop.service.grape.example.com 30 A 192.0.2.7",
  ]);
  assert.is(ask(responder, "shop.service.grapevine", "A").rcode, "REFUSED");
  assert.equal(linesOf(ask(responder, "ns.grape.example.com", "AAAA").answers), ["ns.grape.example.com 30 AAAA ::1"]);
});

test("options that make no sense are refused", () => {
  for (const options of [
    { domain: "" },
    { domain: "a..b" },
    { domain: "-a" },
    { domain: `${"a".repeat(64)}` },
    { domain: Array.from({ length: 60 }, () => "aa").join(".") },
    { domain: "gräpe" },
    { ttlSeconds: -1 },
    { ttlSeconds: 0.5 },
    { ttlSeconds: 2 ** 31 },
    { serverIp: "localhost" },
  ]) {
    const [option] = Object.keys(options);
    const make = () => new DnsResponder({ serverIp: "127.0.0.1", ...options }, directoryOf({}), new Random(1));
    assert.throws(
      make,
      (error: InvalidDnsOptionError) => error.code === "INVALID_DNS_OPTION" && error.option === option,
    );
  }
});

test("counters tell what was asked, what was said, and what got no answer", () => {
  const responder = responderOf(listed);
  for (const type of ["A", "A", "MX"]) ask(responder, "web.service.grapevine", type);
  ask(responder, "example.com", "AAAA");
  responder.answer(new Uint8Array(5), "udp");
  const counted = [...responder.counters.answered].map(({ type, rcode, count }) => `${type} ${rcode} ${count}`);
  assert.equal(counted, ["A NOERROR 2", "OTHER NOERROR 1", "AAAA REFUSED 1"]);
  assert.equal(responder.counters.silent, { short: 1, long: 0, response: 0 });
});

test.run();
