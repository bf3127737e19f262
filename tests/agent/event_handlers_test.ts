// timeout: 60
// topics: discovery
/** Programs that are run for events of a node on real sockets. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventHandlers, InvalidEventHandlerError, parseEventHandler } from "../../src/agent/event_handlers.ts";
import { MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";
import { DisposalStack, formatAddress } from "../../src/base/mod.ts";
import { runProgram } from "../../src/io/run_program.ts";
import { ownAddress, ownHost } from "../own_host.ts";

const test = suite<{ directory: string }>("event handlers");

test.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), "grapevine-handlers-"));
});
test.after.each(async (context) => {
  await rm(context.directory, { recursive: true, force: true });
});

async function until(what: string, isSo: () => unknown): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: 10 s are over`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A node with handlers, whose scripts are in the directory of the test. */
class Setup extends DisposalStack {
  readonly warnings: string[] = [];
  readonly directory: string;

  constructor(directory: string) {
    super();
    this.directory = directory;
  }

  async node(name: string, options: MembershipNodeOptions = {}): Promise<MembershipNode> {
    return this.use(await MembershipNode.start({ name, bind: ownAddress, profile: "local", ...options }));
  }

  handle(node: MembershipNode, ...texts: string[]): EventHandlers {
    const onWarn = (message: string): void => void this.warnings.push(message);
    // Told at once: what is held back, and for how long, has tests of its own.
    const coalesce = { windowMs: 0, quietMs: 0 };
    return this.use(new EventHandlers({ handlers: texts.map(parseEventHandler), node, coalesce, onWarn }));
  }

  async script(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    return path;
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.directory, name), "utf8").catch(() => "");
  }
}

test("parseEventHandler() reads filters and words", () => {
  const rows: [string, string[]][] = [
    ["./script", ["./script"]],
    ["  ./script   a\tb ", ["./script", "a", "b"]],
    ["*=./script --set=x", ["./script", "--set=x"]],
    ["user:deploy=/bin/run 'a b' \"c d\" e\\ f", ["/bin/run", "a b", "c d", "e f"]],
    [String.raw`user=x "a\"b\\c\d" 'e\f' g'h i'"j k"`, ["x", String.raw`a"b\c\d`, String.raw`e\f`, "gh ij k"]],
    ["query:load=x '' \"\"", ["x", "", ""]],
    ["member-join=x $HOME `ls` ; rm -rf * | > &", ["x", "$HOME", "`ls`", ";", "rm", "-rf", "*", "|", ">", "&"]],
  ];
  for (const [text, words] of rows) assert.equal(parseEventHandler(text).words, words);
});

test("parseEventHandler() knows which events are wanted, and refuses what is no handler", () => {
  const kinds = ["member-join", "user:deploy", "user:other", "query:load", "member-reap"];
  const wanted = (text: string): string[] => {
    const { wants } = parseEventHandler(text);
    return kinds.filter((kind) => wants({ type: kind.split(":")[0] as string, name: kind.split(":")[1] }));
  };
  assert.equal(wanted("x"), kinds);
  assert.equal(wanted("*=x"), kinds);
  assert.equal(wanted("member-join,user:deploy=x"), ["member-join", "user:deploy"]);
  assert.equal(wanted("user,query:load=x"), ["user:deploy", "user:other", "query:load"]);
  const refused: [string, RegExp][] = [
    ["", /^Cannot use event handler "": it names no program$/],
    ["user=", /it names no program/],
    ["=x", /"" is no list of filters/],
    ["member-jion=x", /"member-jion" is no list of filters, which are member-join, /],
    ["x --set=1", /"x --set" is no list of filters/],
    ["user,=x", /"user," is no list of filters/],
    ["x 'open", /a quote in it has no end/],
    ['x "open', /a quote in it has no end/],
    ["x \\", /a quote in it has no end/],
  ];
  for (const [text, message] of refused) {
    assert.throws(
      () => parseEventHandler(text),
      (error: unknown) => error instanceof InvalidEventHandlerError && message.test(error.message),
    );
  }
});

test("a handler hears of members and events as from Serf: environment and standard input", async ({ directory }) => {
  await using setup = new Setup(directory);
  const path = await setup.script(
    "dump.sh",
    'echo "<$1> $(env | grep ^SERF_ | sort | tr "\\n" " ")" >> "$0.out"; cat >> "$0.out"',
  );
  const a = await setup.node("a", { tags: { role: "web", "data-center": "1\u0000 $(x)" } });
  setup.handle(a, `member-join,user:deploy=sh '${path}' "one word"`);
  const b = await setup.node("b", { tags: { role: "db", t: "x\ty\nz" } });
  await b.join([formatAddress(a.address)]);
  const output = (): Promise<string> => setup.read("dump.sh.out");
  const own = "SERF_SELF_NAME=a SERF_SELF_ROLE=web SERF_TAG_DATA_CENTER=1 $(x) SERF_TAG_ROLE=web";
  const joined = `<one word> SERF_EVENT=member-join ${own} \nb\t${ownHost}\tdb\trole=db,t=x\\ty\\nz\n`;
  await until("the join is told", async () => (await output()) === joined);
  a.event("other", "no");
  a.event("deploy", "v1; touch /tmp/x");
  const user = (time: number) => `SERF_USER_EVENT=deploy SERF_USER_LTIME=${time}`;
  const first = `${joined}<one word> SERF_EVENT=user ${own} ${user(2)} \nv1; touch /tmp/x\n`;
  await until("the event is told", async () => (await output()) === first);
  a.event("deploy");
  await until("an empty one is told", async () => {
    return (await output()) === `${first}<one word> SERF_EVENT=user ${own} ${user(3)} \n`;
  });
  assert.equal(setup.warnings, []);
});

test("what a query handler prints is the answer, unless it fails, says nothing or too much", async ({ directory }) => {
  await using setup = new Setup(directory);
  const path = await setup.script(
    "answer.sh",
    'payload=$(cat); case "$payload" in loud) echo "err $SERF_QUERY_NAME" >&2; echo out;; ' +
      "bad) echo no; exit 3;; long) head -c 9000 /dev/zero;; mute) ;; esac",
  );
  const a = await setup.node("a");
  const handlers = setup.handle(a, `query:load=sh ${path}`);
  const ask = async (payload: string): Promise<string | undefined> => {
    const { responses } = await a.query("load", payload, { timeoutMs: 700 }).result;
    const bytes = responses.get("a");
    return bytes && new TextDecoder().decode(bytes);
  };
  const answers = await Promise.all(["loud", "bad", "mute", "long"].map(ask));
  assert.ok(["err load\nout\n", "out\nerr load\n"].includes(answers[0] ?? ""));
  assert.equal(answers.slice(1), [undefined, undefined, undefined]);
  await until("all have run", () => handlers.counters.runs === 4 && handlers.counters.failures === 2);
  const expected = [/failed: it exited with 3 and said "no"$/, /failed: .*the answer to query "load".*8\d\d\d/];
  assert.is(setup.warnings.length, expected.length);
  for (const [index, pattern] of expected.entries()) assert.match(setup.warnings[index] ?? "", pattern);
});

test("a handler runs one at a time, is told of as slow, and ends with the node and all that it started", async ({
  directory,
}) => {
  await using setup = new Setup(directory);
  const path = await setup.script(
    "slow.sh",
    'echo "start $SERF_USER_LTIME $$" >> "$0.out"; sleep 600 & echo "child $!" >> "$0.out"; wait',
  );
  const a = await setup.node("a");
  const handlers = setup.handle(a, `user=sh ${path}`, "user=/no/such/program");
  a.event("one");
  a.event("two");
  await until("it is told of as slow", () => setup.warnings.some((line) => /is slow: it runs for more/.test(line)));
  await until("the other failed", () => setup.warnings.filter((line) => /failed: .*ENOENT/.test(line)).length === 2);
  const text = await setup.read("slow.sh.out");
  assert.match(text, /^start 1 \d+\nchild \d+\n$/);
  await handlers[Symbol.asyncDispose]();
  a.event("three");
  for (const pid of text.matchAll(/ (\d+)$/gm)) {
    await until("it has ended", async () => {
      const status = await readFile(`/proc/${pid[1]}/stat`, "utf8").catch(() => "");
      return status === "" || / Z /.test(status);
    });
  }
  assert.equal(await setup.read("slow.sh.out"), text);
});

test("events that come faster than a handler runs are bounded, and member events share a run", async ({
  directory,
}) => {
  await using setup = new Setup(directory);
  const a = await setup.node("a");
  const path = await setup.script("hold.sh", 'cat >> "$0.out"; while [ ! -e "$0.go" ]; do sleep 0.05; done');
  const handlers = setup.handle(a, `member-join=sh ${path}`, "user=sleep 600");
  for (const name of ["b", "c", "d"]) await (await setup.node(name)).join([formatAddress(a.address)]);
  await until("all are there", () => a.members().length === 4);
  for (let count = 0; count < 1_100; count++) a.event("e", String(count));
  assert.is(handlers.counters.dropped, 1_100 - 1_024 - 1);
  assert.is(setup.warnings.filter((line) => /cannot keep up: 1024 events wait, 1 were dropped/.test(line)).length, 1);
  await setup.script("hold.sh.go", "");
  await until("all joins are told", async () => (await setup.read("hold.sh.out")).split("\n").length === 4);
  assert.is(handlers.counters.runs, 3);
});

test("members that come together are told in one run, and who only flaps is not spoken of", async ({ directory }) => {
  await using setup = new Setup(directory);
  const a = await setup.node("a");
  const path = await setup.script("told.sh", '(echo "$SERF_EVENT"; cut -f1 | sort) >> "$0.out"');
  const onWarn = (message: string): void => void setup.warnings.push(message);
  const coalesce = { windowMs: 5_000, quietMs: 700 };
  const handlers = [parseEventHandler(`*=sh ${path}`)];
  setup.use(new EventHandlers({ handlers, node: a, coalesce, onWarn }));
  for (const name of ["b", "c", "d"]) await (await setup.node(name)).join([formatAddress(a.address)]);
  const passing = await setup.node("e");
  await passing.join([formatAddress(a.address)]);
  await until("it is here", () => a.member("e")?.status === "alive");
  await passing.leave();
  await until("it has left", () => a.member("e")?.status === "left");
  await until("all are told", async () => (await setup.read("told.sh.out")).split("\n").length >= 7);
  assert.is(await setup.read("told.sh.out"), "member-join\nb\nc\nd\nmember-leave\ne\n");
  assert.equal(setup.warnings, []);
});

test("replace() takes other handlers from now on, and lets those go on that stay", async ({ directory }) => {
  await using setup = new Setup(directory);
  const a = await setup.node("a");
  const write = (name: string): Promise<string> => setup.script(name, 'cat >> "$0.out"');
  const [kept, gone, fresh] = await Promise.all(["kept.sh", "gone.sh", "fresh.sh"].map(write));
  const handlers = setup.handle(a, `user=sh ${kept}`, `user=sh ${gone}`);
  a.event("e", "one");
  handlers.replace([`user=sh ${kept}`, `user=sh ${fresh}`].map(parseEventHandler));
  a.event("e", "two");
  await until("all have run", () => handlers.counters.runs === 4);
  await until("the kept one has", async () => (await setup.read("kept.sh.out")) === "one\ntwo\n");
  await until("the new one has", async () => (await setup.read("fresh.sh.out")) === "two\n");
  await until("the one that is gone has", async () => (await setup.read("gone.sh.out")) === "one\n");
  assert.is(handlers.counters.runs, 4);
  assert.equal(
    handlers.specs.map(({ text }) => text),
    [`user=sh ${kept}`, `user=sh ${fresh}`],
  );
});

test("runProgram() keeps the last output, needs no reader of the input, and does not wait for what stays behind", async () => {
  const signal = new AbortController().signal;
  const input = new Uint8Array(1_000_000);
  const base = { environment: {}, input, outputBytesMax: 5, signal };
  const shell = (command: string): [string, ...string[]] => ["sh", "-c", command];
  const rows: [[string, ...string[]], object][] = [
    [shell("printf 0123456789"), { type: "exited", code: 0, output: "56789" }],
    [shell("printf 01; exit 2"), { type: "exited", code: 2, output: "01" }],
    [shell("kill -9 $$"), { type: "killed", by: "SIGKILL" }],
    [shell("sleep 5 & printf done; echo $! > /dev/null"), { type: "exited", code: 0, output: "done" }],
  ];
  for (const [words, expected] of rows) {
    const result = await runProgram({ ...base, words });
    const output = result.type === "exited" ? { output: new TextDecoder().decode(result.output) } : {};
    assert.equal({ ...result, ...output }, expected);
  }
  assert.is((await runProgram({ ...base, words: ["a\0b"] })).type, "not-started");
  assert.is((await runProgram({ ...base, words: ["/no/such/program"] })).type, "not-started");
  const aborted = await runProgram({ ...base, words: ["true"], signal: AbortSignal.abort() });
  assert.equal(aborted, { type: "killed", by: "SIGKILL" });
});

test.run();
