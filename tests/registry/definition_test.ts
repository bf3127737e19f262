/** What a service may be: one row a rejected field, and what is filled in. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { InvalidServiceError, resolveQuery, resolveService } from "../../src/registry/mod.ts";

const web = { name: "web", port: 8080 };
const http = { type: "http", url: "http://127.0.0.1:8080/healthz" };

/** Field that is refused, what is given, and a word of what would be allowed. */
const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ["service", undefined, /an object/],
  ["service", [web], /an object/],
  ["a field", { ...web, prot: 1 }, /name, id, address, port/],
  ["name", { port: 1 }, /1 to 63 letters/],
  ["name", { ...web, name: "" }, /1 to 63 letters/],
  ["name", { ...web, name: "-web" }, /no hyphen first or last/],
  ["name", { ...web, name: "a".repeat(64) }, /1 to 63/],
  ["name", { ...web, name: "web.api" }, /letters, digits and hyphens/],
  ["name", { ...web, name: 7 }, /letters, digits and hyphens/],
  ["id", { ...web, id: "a/b" }, /1 to 128/],
  ["id", { ...web, id: "a".repeat(129) }, /1 to 128/],
  ["port", { name: "web" }, /1 to 65535/],
  ["port", { ...web, port: 0 }, /1 to 65535/],
  ["port", { ...web, port: 65_536 }, /1 to 65535/],
  ["port", { ...web, port: 80.5 }, /1 to 65535/],
  ["port", { ...web, port: "80" }, /1 to 65535/],
  ["address", { ...web, address: "0.0.0.0" }, /IP address or a host name/],
  ["address", { ...web, address: "::" }, /IP address or a host name/],
  ["address", { ...web, address: "10.0.0.256" }, /IP address or a host name/],
  ["address", { ...web, address: "10.0.0.1:80" }, /without a port/],
  ["address", { ...web, address: "http://web" }, /IP address or a host name/],
  ["address", { ...web, address: "a".repeat(64) }, /IP address or a host name/],
  ["tags", { ...web, tags: "v1" }, /a list of up to 64/],
  ["tags", { ...web, tags: Array.from({ length: 65 }, (_, at) => `t${at}`) }, /a list of up to 64/],
  ["tags[1]", { ...web, tags: ["v1", ""] }, /1 to 128 characters/],
  ["tags[0]", { ...web, tags: ["a\nb"] }, /control character/],
  ["metadata", { ...web, metadata: [] }, /an object/],
  ["metadata", { ...web, metadata: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [at, ""])) }, /up to 64/],
  ["metadata.zone", { ...web, metadata: { zone: 1 } }, /a text/],
  ["metadata.zone", { ...web, metadata: { zone: "a".repeat(1_025) } }, /1024/],
  ["deregisterAfterMs", { ...web, deregisterAfterMs: 0 }, /a whole number from 1/],
  ["checks", { ...web, checks: Array.from({ length: 17 }, () => http) }, /a list of up to 16/],
  ["checks[0]", { ...web, checks: ["http"] }, /an object/],
  ["checks[0].type", { ...web, checks: [{ type: "ping" }] }, /http, tcp, grpc, command, ttl/],
  ["a field of checks[0]", { ...web, checks: [{ ...http, ttlMs: 1 }] }, /type, name/],
  [
    "checks[1].name",
    {
      ...web,
      checks: [
        { ...http, name: "a" },
        { ...http, name: "a" },
      ],
    },
    /no other check/,
  ],
  ["checks[0].intervalMs", { ...web, checks: [{ ...http, intervalMs: 99 }] }, /from 100 to 86400000/],
  ["checks[0].timeoutMs", { ...web, checks: [{ ...http, intervalMs: 200, timeoutMs: 201 }] }, /from 1 to 200/],
  ["checks[0].passingAfter", { ...web, checks: [{ ...http, passingAfter: 101 }] }, /from 1 to 100/],
  ["checks[0].criticalAfter", { ...web, checks: [{ ...http, criticalAfter: -1 }] }, /from 1 to 100/],
  ["checks[0].url", { ...web, checks: [{ type: "http" }] }, /1 to 2048/],
  ["checks[0].url", { ...web, checks: [{ type: "http", url: "ftp://a/" }] }, /a URL as/],
  ["checks[0].url", { ...web, checks: [{ type: "http", url: "http://a:70000/" }] }, /a URL as/],
  ["checks[0].url", { ...web, checks: [{ type: "http", url: "http://me:secret@a/" }] }, /without user name/],
  ["checks[0].url", { ...web, checks: [{ type: "http", url: "http://a/b c" }] }, /a URL as/],
  ["checks[0].url", { ...web, checks: [{ type: "http", url: "http://xn--a/" }] }, /a URL as/],
  ["checks[0].url", { ...web, checks: [{ type: "http", url: "http://0x100000000/" }] }, /a URL as/],
  ["checks[0].method", { ...web, checks: [{ ...http, method: "get it" }] }, /GET, HEAD or POST/],
  ["checks[0].headers.a", { ...web, checks: [{ ...http, headers: { a: "b\r\nc: d" } }] }, /line of a header/],
  ["a name of checks[0].headers", { ...web, checks: [{ ...http, headers: { "a b": "" } }] }, /name of a header/],
  ["checks[0].address", { ...web, checks: [{ type: "tcp", address: "127.0.0.1" }] }, /host:port/],
  ["checks[0].address", { ...web, checks: [{ type: "grpc", address: "0.0.0.0:1" }] }, /host:port/],
  ["checks[0].address", { ...web, checks: [{ type: "grpc", address: "xn--a.example:1" }] }, /host:port/],
  ["checks[0].command", { ...web, checks: [{ type: "command", command: [] }] }, /names a program/],
  ["checks[0].command", { ...web, checks: [{ type: "command", command: "ls -l" }] }, /a list of up to 64/],
  ["checks[0].command[1]", { ...web, checks: [{ type: "command", command: ["ls", "a\0b"] }] }, /zero byte/],
  ["checks[0].ttlMs", { ...web, checks: [{ type: "ttl" }] }, /from 100/],
  ["its definition", { ...web, checks: [{ type: "command", command: ["ls", ...bigWords()] }] }, /32768/],
];

function bigWords(): string[] {
  return Array.from({ length: 10 }, () => "a".repeat(4_096));
}

for (const [field, given, allowed] of refused) {
  test(`resolveService() refuses ${field}: ${JSON.stringify(given)?.slice(0, 60)}`, () => {
    try {
      resolveService(given);
    } catch (error) {
      assert.instance(error, InvalidServiceError);
      assert.is((error as InvalidServiceError).field, field);
      assert.match((error as InvalidServiceError).allowed, allowed);
      assert.ok((error as Error).message.length < 500, "what a stranger gave is told in short");
      return;
    }
    assert.unreachable("it was taken");
  });
}

test("resolveService() fills in the id, names of checks and their times", () => {
  const checks = [http, { type: "ttl", ttlMs: 5_000 }, { ...http, intervalMs: 2_000, name: "http" }];
  const resolved = resolveService({ ...web, tags: ["v1", "v1"], checks });
  assert.is(resolved.id, "web");
  assert.is(resolved.address, undefined);
  assert.equal(resolved.tags, ["v1"]);
  assert.equal(
    resolved.checks.map(({ name, intervalMs, timeoutMs }) => [name, intervalMs, timeoutMs]),
    [
      ["http-2", 10_000, 5_000],
      ["ttl", 10_000, 5_000],
      ["http", 2_000, 2_000],
    ],
  );
  assert.equal(resolveService(resolved), resolved, "what it made of it, it takes as it is");
});

test("resolveService() takes addresses, names and URLs of every form", () => {
  for (const address of ["10.0.0.1", "::1", "fe80::1", "web.internal", "WEB-1", "a_b.example."]) {
    assert.is(resolveService({ ...web, address }).address, address);
  }
  for (const url of ["http://[::1]:80/", "https://web", "http://web.internal:8080/a?b=c", "http://10.0.0.1"]) {
    resolveService({ ...web, checks: [{ type: "http", url }] });
  }
});

test("a name in metadata that objects have a meaning for is a name like any other", () => {
  const metadata = JSON.parse('{"__proto__": "a", "constructor": "b"}');
  assert.equal(Object.entries(resolveService({ ...web, metadata }).metadata), [
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
});

test("resolveQuery() takes what requests leave empty for not given, and refuses what nobody is named", () => {
  assert.equal(resolveQuery({ name: "", states: [], node: "", near: "" }), {
    ...{ nameKey: undefined, tags: [], states: ["passing", "warning"], node: undefined, near: undefined },
  });
  assert.throws(() => resolveQuery({ name: "a b" }), /name is "a b", allowed is 1 to 63/);
  assert.throws(() => resolveQuery({ states: ["sick" as never] }), /states is "sick", allowed is passing, warning/);
});

test.run();
