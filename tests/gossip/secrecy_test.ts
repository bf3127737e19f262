/** Keys, keyring files and labels of nodes on real sockets. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";
import { type KeyringFileError, readKeyringFile, writeKeyringFile } from "../../src/io/gossip_keyring_file.ts";
import { ownAddress, ownHost } from "../own_host.ts";
import { vectorsOf } from "../vectors/serf_vectors.ts";

const key = (letter: string, length = 32): string => Buffer.from(letter.repeat(length)).toString("base64");

const start = (options: MembershipNodeOptions): Promise<MembershipNode> =>
  MembershipNode.start({ bind: ownAddress, profile: "local", ...options });

const addressOf = (node: MembershipNode): string => `${ownHost}:${node.address.port}`;

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "grapevine-keys-"));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The message that it fails with. */
async function failure(promise: Promise<unknown>, code: string): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.is((error as { code?: string }).code, code, String(error));
    return (error as Error).message;
  }
  return assert.unreachable("it did not fail") as never;
}

test("two nodes of one key and label join", async () => {
  const options = { encrypt: key("k"), label: "east" };
  await using left = await start({ ...options, name: "left" });
  await using right = await start({ ...options, name: "right" });
  await right.join([addressOf(left)]);
  assert.equal(
    right.members().map((member) => member.name),
    ["right", "left"],
  );
});

const strangers: [name: string, options: MembershipNodeOptions, reason: RegExp][] = [
  ["of another key", { encrypt: key("x"), label: "east" }, /No installed keys could decrypt the message/],
  ["without a key", { label: "east" }, /Remote state is encrypted and encryption is not configured/],
  ["of another label", { encrypt: key("k"), label: "west" }, /closed it early/],
  ["without a label", { encrypt: key("k") }, /closed it early/],
];

for (const [name, options, reason] of strangers) {
  test(`a node ${name} cannot join, and hears as much as it may`, async () => {
    await using left = await start({ name: "left", encrypt: key("k"), label: "east" });
    await using stranger = await start({ ...options, name: "stranger" });
    assert.match(await failure(stranger.join([addressOf(left)]), "JOIN_FAILED"), reason);
    assert.is(left.members().length + stranger.members().length, 2);
  });
}

test("keys that no node can run with are refused before anything is opened, without being said", async () => {
  const rows: [MembershipNodeOptions, RegExp][] = [
    [{ encrypt: key("k", 20) }, /^Cannot use the encryption key: it has 20 bytes, allowed are 16, 24 and 32$/],
    [
      { encrypt: "k k k k" },
      /^Cannot use the encryption key: its 7 characters are no base64, wanted is padded base64$/,
    ],
    [{ encrypt: "" }, /it has 0 bytes, allowed are 16, 24 and 32$/],
  ];
  for (const [options, message] of rows) assert.match(await failure(start(options), "INVALID_KEY"), message);
  const both = start({ encrypt: key("k"), keyringFile: "/nowhere" });
  assert.match(await failure(both, "INVALID_GOSSIP_OPTION"), /keyringFile: encrypt is given too/);
  const label = start({ label: "ä".repeat(128) });
  assert.match(await failure(label, "INVALID_GOSSIP_OPTION"), /label: it has 256 bytes, allowed are 255$/);
});

const badFiles: [name: string, text: string | undefined, code: string, message: RegExp][] = [
  ["that is not there", undefined, "KEYRING_FILE", /ENOENT|No such file/i],
  ["of no JSON", `["${key("s")}"`, "KEYRING_FILE", /it is no JSON, wanted is an array/],
  ["of no array", `{"a":"${key("s")}"}`, "KEYRING_FILE", /it is no array of strings/],
  ["of no strings", "[1]", "KEYRING_FILE", /it is no array of strings/],
  ["without keys", "[]", "KEYRING_FILE", /it holds no key, wanted is at least one/],
  ["that is very long", " ".repeat(65_537), "KEYRING_FILE", /it has 65537 bytes, allowed are 65536/],
  ["with a key of 20 bytes", JSON.stringify([key("s"), key("s", 20)]), "INVALID_KEY", /it has 20 bytes, allowed/],
];

for (const [name, text, code, message] of badFiles) {
  test(`a keyring file ${name} fails the start`, () =>
    inDirectory(async (directory) => {
      const path = join(directory, "keys");
      if (text !== undefined) await writeFile(path, text);
      const said = await failure(start({ keyringFile: path }), code);
      assert.match(said, message);
      assert.not.match(said, /c3Nzc3/);
    }));
}

test("a keyring file reads and writes as a real agent's", () =>
  inDirectory(async (directory) => {
    const text = vectorsOf("file").find((vector) => vector.name === "keyring_file_text")?.["text"] as string;
    const path = join(directory, "keys");
    await writeFile(path, text, { mode: 0o644 });
    const keys = await readKeyringFile(path);
    assert.is(keys.length, 2);
    assert.is(writeKeyringFile(path, keys), undefined);
    assert.is(await readFile(path, "utf8"), text);
    assert.is((await stat(path)).mode & 0o777, 0o600);
    assert.equal(await readdir(directory), ["keys"]);
  }));

test("a keyring file that cannot be written says why, and the old one stays", () =>
  inDirectory(async (directory) => {
    const path = join(directory, "gone", "keys");
    assert.match(writeKeyringFile(path, [key("s")]) as string, /^Cannot write keyring file .*gone.keys: /);
    const error = await readKeyringFile(path).catch((caught: KeyringFileError) => caught);
    assert.is((error as KeyringFileError).path, path);
  }));

test.run();
