import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Address, formatAddress, parseAddress } from "../../src/base/mod.ts";

const rows: readonly [string, Address | undefined][] = [
  ["10.0.0.1:7946", { host: "10.0.0.1", port: 7946 }],
  ["10.0.0.1", { host: "10.0.0.1", port: 1 }],
  ["node-a.example_net:80", { host: "node-a.example_net", port: 80 }],
  ["localhost:0", { host: "localhost", port: 0 }],
  ["localhost:65535", { host: "localhost", port: 65535 }],
  ["[::1]:8400", { host: "::1", port: 8400 }],
  ["[::1]", { host: "::1", port: 1 }],
  ["[fe80::1%eth0]:8400", undefined],
  ["::1", { host: "::1", port: 1 }],
  ["2001:db8::7", { host: "2001:db8::7", port: 1 }],
  ["", undefined],
  [":80", undefined],
  ["host:", undefined],
  ["host:65536", undefined],
  ["host:-1", undefined],
  ["host:8x", undefined],
  ["[::1", undefined],
  ["[::1]:99999", undefined],
  ["[host]:80", undefined],
  ["a b:80", undefined],
  ["http://host:80", undefined],
  ["host:80/path", undefined],
];

for (const [text, expected] of rows) {
  test(`parseAddress(${JSON.stringify(text)})`, () => {
    assert.equal(parseAddress(text, 1), expected);
  });
}

test("formatAddress() writes what parseAddress() reads", () => {
  for (const address of [
    { host: "10.0.0.1", port: 7946 },
    { host: "::1", port: 8400 },
    { host: "example.net", port: 0 },
  ]) {
    assert.equal(parseAddress(formatAddress(address), 1), address);
  }
  assert.is(formatAddress({ host: "::1", port: 8400 }), "[::1]:8400");
});

test.run();
