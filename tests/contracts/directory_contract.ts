/** What every `Directory` must keep, the real one and the simulated one alike. */
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { toBytes, toText } from "../../src/base/mod.ts";
import type { Directory } from "../../src/log/mod.ts";

/** Adds the suite. `withDirectory` gives an empty directory and takes it away afterwards. */
export function testDirectory(
  test: Test,
  name: string,
  withDirectory: (use: (directory: Directory) => Promise<void>) => Promise<void>,
): void {
  const add = (what: string, use: (directory: Directory) => Promise<void>) =>
    test(`${name}: ${what}`, () => withDirectory(use));

  add("list() names files and directories, sorted", async (directory) => {
    assert.equal(await directory.list(), []);
    await (await directory.open("b")).close();
    await directory.directory("a");
    assert.equal(await directory.list(), ["a", "b"]);
  });

  add("directory() gives the same directory each time", async (directory) => {
    const first = await directory.directory("inner");
    await first.replaceFile("file", toBytes("text"));
    const again = await directory.directory("inner");
    assert.is(toText((await again.readFile("file")) as Uint8Array), "text");
  });

  add("readFile() is undefined when there is no file", async (directory) => {
    assert.is(await directory.readFile("absent"), undefined);
  });

  add("replaceFile() replaces a longer file as a whole and leaves nothing else", async (directory) => {
    await directory.replaceFile("file", toBytes("a long text"));
    await directory.replaceFile("file", toBytes("short"));
    assert.is(toText((await directory.readFile("file")) as Uint8Array), "short");
    assert.equal(await directory.list(), ["file"]);
  });

  add("rename() puts a file in the place of another, which its readers still see", async (directory) => {
    await directory.replaceFile("old", toBytes("old text"));
    await directory.replaceFile("draft", toBytes("new"));
    const old = await directory.open("old");
    await directory.rename("draft", "old");
    await directory.sync();
    assert.equal(await directory.list(), ["old"]);
    assert.is(toText(await old.read(0, 100)), "old text");
    assert.is(toText((await directory.readFile("old")) as Uint8Array), "new");
    await old.close();
  });

  add(
    "moveDirectory() moves a directory with what is in it, and removeDirectory() removes an empty one",
    async (root) => {
      const inner = await (await root.directory("left")).directory("inner");
      await inner.replaceFile("file", toBytes("text"));
      const right = await root.directory("right");
      await root.moveDirectory(["left", "inner"], ["right", "moved"]);
      assert.equal(await (await root.directory("left")).list(), []);
      assert.equal(await right.list(), ["moved"]);
      const moved = await right.directory("moved");
      assert.is(toText((await moved.readFile("file")) as Uint8Array), "text");
      await moved.remove("file");
      await right.removeDirectory("moved");
      await right.removeDirectory("moved");
      assert.equal(await right.list(), []);
    },
  );

  add("remove() removes, and does not mind an absent file", async (directory) => {
    await directory.replaceFile("file", toBytes("text"));
    await directory.remove("file");
    await directory.remove("file");
    await directory.sync();
    assert.equal(await directory.list(), []);
  });

  add("write() writes many parts one after another, and read() gives them back", async (directory) => {
    const file = await directory.open("file");
    const parts = Array.from({ length: 1_500 }, (_, index) => toBytes(`${index},`));
    file.write(0, parts);
    file.write(file.size, [toBytes("end")]);
    await file.sync();
    const whole = `${Array.from({ length: 1_500 }, (_, index) => index).join(",")},end`;
    assert.is(file.size, whole.length);
    assert.is(toText(await file.read(0, 1_000_000)), whole);
    assert.is(toText(await file.read(whole.length - 3, 3)), "end");
    assert.is((await file.read(whole.length, 10)).length, 0);
    assert.is((await file.read(whole.length + 5, 10)).length, 0);
    await file.close();
  });

  add("write() of large parts arrives whole", async (directory) => {
    const file = await directory.open("file");
    const parts = Array.from({ length: 40 }, (_, index) => new Uint8Array(50_000).fill(index));
    file.write(0, [toBytes("head")]);
    file.write(4, parts);
    const bytes = await file.read(4, 40 * 50_000);
    assert.is(bytes.length, 40 * 50_000);
    for (let at = 0; at < bytes.length; at += 9_999) assert.is(bytes[at], Math.floor(at / 50_000));
    await file.close();
  });

  add("write() overwrites in the middle and keeps the rest", async (directory) => {
    const file = await directory.open("file");
    file.write(0, [toBytes("0123456789")]);
    file.write(3, [toBytes("abc")]);
    assert.is(toText(await file.read(0, 100)), "012abc6789");
    await file.close();
  });

  add("read() gives bytes that later writes do not change", async (directory) => {
    const file = await directory.open("file");
    file.write(0, [toBytes("old")]);
    const bytes = await file.read(0, 3);
    file.write(0, [toBytes("new")]);
    assert.is(toText(bytes), "old");
    await file.close();
  });

  add("truncate() shortens, and what is written behind it begins anew", async (directory) => {
    const file = await directory.open("file");
    file.write(0, [toBytes("0123456789")]);
    await file.truncate(4);
    assert.is(file.size, 4);
    file.write(4, [toBytes("x")]);
    assert.is(toText(await file.read(0, 100)), "0123x");
    await file.sync();
    await file.close();
  });

  add("truncate() beyond the end fills with zeros", async (directory) => {
    const file = await directory.open("file");
    file.write(0, [toBytes("ab")]);
    await file.truncate(1);
    await file.truncate(3);
    assert.equal([...(await file.read(0, 10))], [97, 0, 0]);
    await file.close();
  });

  add("open() finds what was written before close()", async (directory) => {
    const file = await directory.open("file");
    file.write(0, [toBytes("text")]);
    await file.close();
    await file.close();
    const again = await directory.open("file");
    assert.is(again.size, 4);
    assert.is(toText(await again.read(0, 4)), "text");
    await again.close();
  });

  add("open() with mustExist finds a file and refuses a missing one", async (directory) => {
    let code = "";
    await directory.open("absent", { mustExist: true }).catch((error: { code: string }) => {
      code = error.code;
    });
    assert.is(code, "ENOENT");
    assert.equal(await directory.list(), []);
    await (await directory.open("file")).close();
    await (await directory.open("file", { mustExist: true })).close();
  });

  add("sync() of one who waits alone is like any other", async (directory) => {
    const file = await directory.open("file");
    for (let round = 0; round < 5; round++) {
      file.write(file.size, [toBytes("a")]);
      await file.sync({ alone: true });
    }
    assert.is(file.size, 5);
    await file.close();
  });

  add("sync() waits in any number at once", async (directory) => {
    const file = await directory.open("file");
    file.write(0, [toBytes("a")]);
    const first = file.sync();
    file.write(1, [toBytes("b")]);
    await Promise.all([first, file.sync(), directory.sync(), directory.sync()]);
    assert.is(toText(await file.read(0, 2)), "ab");
    await file.close();
  });
}
