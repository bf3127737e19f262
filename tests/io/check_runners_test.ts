import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runCheck } from "../../src/io/check_runners.ts";
import type { ActiveCheck, CheckOutcome } from "../../src/registry/mod.ts";
import { type CheckedServer, type GrpcMode, serveGrpc, serveHttp, serveTcp } from "./checked_servers.ts";

const timing = { name: "check", intervalMs: 10_000, timeoutMs: 5_000, passingAfter: 1, criticalAfter: 1 };

/** How long after a connection came a run is ended that would not end by itself. */
const patienceMs = 80;

const neverAborted = new AbortController().signal;

function http(url: string, more: { method?: string; headers?: Record<string, string> } = {}): ActiveCheck {
  return { ...timing, type: "http", url, ...more };
}

function tcp(address: string): ActiveCheck {
  return { ...timing, type: "tcp", address };
}

function grpc(address: string, service = ""): ActiveCheck {
  return { ...timing, type: "grpc", address, service };
}

function command(...words: string[]): ActiveCheck {
  return { ...timing, type: "command", command: words };
}

/** Runs a check that ends only when it is told to. */
async function runAndEnd(check: ActiveCheck, server: CheckedServer): Promise<CheckOutcome> {
  const abort = new AbortController();
  void server.connected().then(() => setTimeout(() => abort.abort(), patienceMs));
  return await runCheck(check, abort.signal);
}

async function waitUntil(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 400) throw new Error("it did not come to be");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const answers: readonly [path: string, state: string, output: string][] = [
  ["/fine", "passing", "HTTP 200 OK: GET without a question"],
  ["/nothing", "passing", "HTTP 204 No Content"],
  ["/slow-down", "warning", "HTTP 429 Too Many Requests: slow down"],
  ["/broken", "critical", "HTTP 500 Internal Server Error: broken"],
  ["/cut", "critical", "HTTP 200 OK, but the connection was closed within its body"],
  ["/moved", "passing", "HTTP 200 OK: GET without a question"],
  ["/round", "critical", "HTTP 302 Found to BASE/round: no more than 3 redirects are followed"],
  ["/away", "critical", "HTTP 302 Found to http://other.invalid/: redirects to another host are not followed"],
];

test("checkHttp() says what the server answered, and lets go of it", async () => {
  const server = await serveHttp();
  const base = `http://127.0.0.1:${server.port}`;
  for (const [at, state, output] of answers) {
    const expected = { state, output: output.replace("BASE", base) };
    assert.equal(await runCheck(http(base + at), neverAborted), expected, at);
  }
  const asked = http(`${base}/fine`, { method: "PUT", headers: { "X-Question": "are you well" } });
  assert.is((await runCheck(asked, neverAborted)).output, "HTTP 200 OK: PUT are you well");
  const unasked = http(`${base}/moved`, { method: "POST" });
  assert.is((await runCheck(unasked, neverAborted)).output, "HTTP 302 Found", "POST is not sent twice");
  const head = await runCheck(http(`${base}/fine`, { method: "HEAD" }), neverAborted);
  assert.equal(head, { state: "passing", output: "HTTP 200 OK" });
  await waitUntil(() => server.open() === 0);
  await server.close();
});

test("checkHttp() reads no more of an endless body than it keeps", async () => {
  const server = await serveHttp();
  const { state, output } = await runCheck(http(`http://127.0.0.1:${server.port}/endless`), neverAborted);
  assert.is(state, "passing");
  assert.is(output, `HTTP 200 OK: ${"x".repeat(1_024)}`);
  await waitUntil(() => server.open() === 0);
  await server.close();
});

test("checkHttp() says how far it came when its time is up", async () => {
  const server = await serveHttp();
  const mute = await serveTcp((socket) => socket.resume());
  const cases: readonly [url: string, server: CheckedServer, output: string][] = [
    [`http://127.0.0.1:${server.port}/never`, server, "connected, but no headers of a response came"],
    [`http://127.0.0.1:${server.port}/stuck`, server, "HTTP 200 OK, but its body did not end"],
    [`http://127.0.0.1:${mute.port}/`, mute, "connected, but no headers of a response came"],
    [`https://127.0.0.1:${mute.port}/`, mute, "connected, but nobody answers in TLS"],
  ];
  for (const [url, asked, output] of cases) {
    assert.equal(await runAndEnd(http(url), asked), { state: "critical", output }, url);
    await waitUntil(() => asked.open() === 0);
  }
  await server.close();
  await mute.close();
});

test("checks name the cause when nobody is there, or somebody else", async () => {
  const gone = await serveTcp((socket) => socket.resume());
  await gone.close();
  const other = await serveTcp((socket) => socket.end("SSH-2.0-other\r\n"));
  const plain = await serveHttp();
  const cases: readonly [check: ActiveCheck, output: string][] = [
    [http(`http://127.0.0.1:${gone.port}/`), `connection refused: 127.0.0.1:${gone.port}`],
    [tcp(`127.0.0.1:${gone.port}`), `connection refused: 127.0.0.1:${gone.port}`],
    [grpc(`127.0.0.1:${gone.port}`), `connection refused: 127.0.0.1:${gone.port}`],
    [http("http://no-such-host.invalid/"), "no address is known for this host: no-such-host.invalid"],
    [tcp("no-such-host.invalid:80"), "no address is known for this host: no-such-host.invalid:80"],
    [http(`http://127.0.0.1:${other.port}/`), `the answer is not HTTP: 127.0.0.1:${other.port}`],
    [http(`https://127.0.0.1:${plain.port}/`), `TLS: the port does not speak it: 127.0.0.1:${plain.port}`],
    [grpc(`127.0.0.1:${other.port}`), `the port does not speak HTTP/2: 127.0.0.1:${other.port}`],
    [grpc(`127.0.0.1:${plain.port}`), `the port does not speak HTTP/2: 127.0.0.1:${plain.port}`],
  ];
  for (const [check, output] of cases) {
    assert.equal(await runCheck(check, neverAborted), { state: "critical", output }, JSON.stringify(check));
  }
  await other.close();
  await plain.close();
});

test("checkTcp() connects by address and by name, over IPv4 and IPv6", async () => {
  const four = await serveTcp((socket) => socket.resume());
  const six = await serveTcp((socket) => socket.resume(), "::1");
  for (const address of [`127.0.0.1:${four.port}`, `localhost:${four.port}`, `[::1]:${six.port}`]) {
    const outcome = await runCheck(tcp(address), neverAborted);
    assert.equal(outcome, { state: "passing", output: `connected to ${address}` });
  }
  const web = await serveHttp("::1");
  assert.is((await runCheck(http(`http://[::1]:${web.port}/fine`), neverAborted)).state, "passing");
  await waitUntil(() => four.open() + six.open() + web.open() === 0);
  for (const server of [four, six, web]) await server.close();
});

test("checkGrpc() says what the health service answered", async () => {
  let mode: GrpcMode = "SERVING";
  const server = await serveGrpc((request) => (request.includes("pay") ? mode : "unimplemented"));
  const cases: readonly [mode: GrpcMode, state: string, output: string][] = [
    ["SERVING", "passing", "SERVING: pay"],
    ["NOT_SERVING", "critical", "NOT_SERVING: pay"],
    ["unimplemented", "critical", "UNIMPLEMENTED: the server has no grpc.health.v1.Health"],
    ["not-found", "critical", 'NOT_FOUND: the server does not know "pay" (no such)'],
    ["no-grpc", "critical", "HTTP 404 where gRPC was asked for"],
    ["nonsense", "critical", "the answer is no HealthCheckResponse"],
    ["goodbye", "passing", "SERVING: pay"],
    ["SERVING", "passing", "SERVING: pay"],
  ];
  for (const [next, state, output] of cases) {
    mode = next;
    assert.equal(await runCheck(grpc(`127.0.0.1:${server.port}`, "pay"), neverAborted), { state, output }, next);
  }
  await waitUntil(() => server.open() === 0);
  await server.close();
  const mute = await serveTcp((socket) => socket.resume());
  const output = `connected to 127.0.0.1:${mute.port}, but no answer of gRPC came`;
  assert.equal(await runAndEnd(grpc(`127.0.0.1:${mute.port}`), mute), { state: "critical", output });
  await waitUntil(() => mute.open() === 0);
  await mute.close();
});

test("checkCommand() says how a program ended, and what it said", async () => {
  const cases: readonly [words: string[], state: string, output: string][] = [
    [["echo", "$HOME; all is well"], "passing", "$HOME; all is well"],
    [["true"], "passing", "exit code 0"],
    [["sh", "-c", "echo careful; exit 1"], "warning", "exit code 1: careful"],
    [["sh", "-c", "echo bad >&2; exit 7"], "critical", "exit code 7: bad"],
    [["sh", "-c", "kill -9 $$"], "critical", '"sh" was killed by SIGKILL'],
    [["/no/such/program"], "critical", '"/no/such/program" cannot be run: no such program'],
    [["no-such-program"], "critical", '"no-such-program" cannot be run: no such program'],
    [["/etc/passwd"], "critical", '"/etc/passwd" cannot be run: it is not allowed to run'],
  ];
  for (const [words, state, output] of cases) {
    assert.equal(await runCheck(command(...words), neverAborted), { state, output }, words.join(" "));
  }
  const { output } = await runCheck(command("sh", "-c", "yes | head -c 100000; echo end"), neverAborted);
  assert.is(output.length, 999);
  assert.ok(output.endsWith("y\nend"));
});

test("checkCommand() kills a program and what it started when its time is up, and leaves no zombie", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "check-command-"));
  const file = path.join(directory, "pids");
  const lines = (): string[] => {
    try {
      return readFileSync(file, "utf8").split("\n").slice(0, -1);
    } catch {
      return [];
    }
  };
  const abort = new AbortController();
  const words = ["sh", "-c", 'sleep 60 & echo $$ >> "$0"; echo $! >> "$0"; wait', file];
  const running = runCheck(command(...words), abort.signal);
  await waitUntil(() => lines().length === 2);
  abort.abort();
  assert.equal(await running, { state: "critical", output: '"sh" was killed' });
  const [program = "", started = ""] = lines();
  assert.is(stateOf(program), undefined, "the program is gone, and no zombie of it is left");
  // Whoever adopts orphans may be slow to bury them.
  await waitUntil(() => [undefined, "Z"].includes(stateOf(started)));
  rmSync(directory, { recursive: true });
});

/** What the kernel says of a process; undefined when there is none. */
function stateOf(pid: string): string | undefined {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0];
    process.kill(Number(pid), 0);
    return "?";
  } catch {
    return undefined;
  }
}

test("runs that were ended before they began end at once", async () => {
  const server = await serveTcp((socket) => socket.resume());
  const aborted = AbortSignal.abort();
  const address = `127.0.0.1:${server.port}`;
  for (const check of [http(`http://${address}/never`), tcp(address), grpc(address), command("sleep", "60")]) {
    assert.is((await runCheck(check, aborted)).state, "critical", check.type);
  }
  // Whatever connected nevertheless is accepted before this one.
  assert.is((await runCheck(tcp(address), neverAborted)).state, "passing");
  await waitUntil(() => server.open() === 0);
  await server.close();
});

test.run();
