/** What answers at a server's address and is no node: told by a code, in words that name the fix, and never a hang. */
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connect as connectWeb } from "../../src/client/browser.ts";
import { connect, type LogClient } from "../../src/client/mod.ts";
import type { ClientError } from "./records.ts";

/** A certificate that signed itself, of no use beyond this test. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1V82ytZG/DzGI5jz
Hw/K+MFlwgR1Gdfxle9/bsDPxu6hRANCAAS/T3HVdlK+vMOehLvZPdOa0peQ28P1
qDwBZNxh6/Zq4wfVPr5FH3Q4muJOUAgDvN6nNFCF1nSt8raJGkqZp4im
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBlzCCAT6gAwIBAgIUS6ctOxp1UV2aZxpYbg6nBMecESAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA4MDk0OVoYDzIxMjYxMDMw
MDgwOTQ5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS/T3HVdlK+vMOehLvZPdOa0peQ28P1qDwBZNxh6/Zq4wfVPr5FH3Q4
muJOUAgDvN6nNFCF1nSt8raJGkqZp4imo2wwajAdBgNVHQ4EFgQUfEJqvwChRm+p
lCeFFbniprnFQXIwHwYDVR0jBBgwFoAUfEJqvwChRm+plCeFFbniprnFQXIwGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0E
AwIDRwAwRAIgTZuogaym1uqGz+G2T6usdc7dZcFGK13J0HbIot+D3xMCIHNlVAG6
8veF6wED2WMZ2loqhRcOr4E+qoG63WEzk5kG
-----END CERTIFICATE-----`;

const isDeno = "Deno" in globalThis;

interface Case {
  readonly what: string;
  readonly server: () => net.Server;
  readonly scheme: "http" | "https";
  readonly way: "runtime" | "fetch";
  readonly code: string;
  readonly words: RegExp;
}

function page(status: number): http.RequestListener {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "text/html", connection: "close" });
    response.end("<html>Welcome</html>");
  };
}

function greet(socket: net.Socket): void {
  socket.on("error", () => {});
  socket.end("SSH-2.0-OpenSSH\r\n");
}

function hangUp(socket: net.Socket): void {
  socket.on("error", () => {});
  socket.destroy();
}

function pageOverHttp2(): http2.Http2Server {
  return http2.createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html>Welcome</html>");
  });
}

const isHtml = /what answers at http:.* is no Grapevine node \(unsupported content type text\/html/;
const isRefused =
  /the certificate of https:.* is refused \(.*(self[- ]signed|certificate).*\); trust its issuer \(NODE_EXTRA/;

const cases: readonly Case[] = [
  {
    ...{ what: "a web page, by fetch", server: () => http.createServer(page(200)), scheme: "http", way: "fetch" },
    ...{ code: "NOT_A_SERVER", words: isHtml },
  },
  {
    ...{ what: "a web page, by the runtime", server: () => http.createServer(page(200)), scheme: "http" },
    ...{ way: "runtime", code: "NOT_A_SERVER", words: /is no Grapevine node/ },
  },
  {
    ...{ what: "a server that hangs up", server: () => net.createServer(hangUp), scheme: "http", way: "runtime" },
    ...{ code: "UNAVAILABLE", words: /broke .*; it never answered this client: is it the address/ },
  },
  {
    ...{ what: "a path that is not there", server: () => http.createServer(page(404)), scheme: "http", way: "fetch" },
    ...{ code: "UNIMPLEMENTED", words: /does not know this call \(HTTP 404\): it is an older node, or none/ },
  },
  {
    ...{ what: "another protocol", server: () => net.createServer(greet), scheme: "http", way: "runtime" },
    ...{ code: "NOT_A_SERVER", words: /is no Grapevine node/ },
  },
  {
    ...{ what: "a certificate that signed itself", scheme: "https", way: "runtime" },
    server: () => (isDeno ? https.createServer({ key, cert }, page(200)) : http2.createSecureServer({ key, cert })),
    ...{ code: "CERTIFICATE_REFUSED", words: isRefused },
  },
  {
    ...{ what: "a certificate that signed itself, by fetch", scheme: "https", way: "fetch" },
    server: () => https.createServer({ key, cert }, page(200)),
    ...{ code: "CERTIFICATE_REFUSED", words: isRefused },
  },
];
// Deno has no client of HTTP/2 here.
const overHttp2: Case = {
  ...{ what: "a web page over HTTP/2", server: pageOverHttp2, scheme: "http", way: "runtime" },
  ...{ code: "NOT_A_SERVER", words: isHtml },
};

async function listen(server: net.Server): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket): void => {
    sockets.add(socket.on("error", () => {}));
  };
  server.on("connection", keep).on("secureConnection", keep);
  // A client that refuses the certificate, or the answer, leaves in the middle.
  for (const event of ["sessionError", "tlsClientError"]) server.on(event, () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  return promise.then(
    () => assert.unreachable(),
    (error: ClientError) => error,
  ) as Promise<ClientError>;
}

for (const { what, server, scheme, way, code, words } of isDeno ? cases : [...cases, overHttp2]) {
  test(`${what}: ${code}`, async () => {
    const { port, close } = await listen(server());
    const url = `${scheme}://127.0.0.1:${port}`;
    const client: LogClient = way === "fetch" ? connectWeb(url) : connect(url);
    const failure = await failureOf(client.members());
    assert.is(failure.code, code, failure.message);
    assert.match(failure.message, words);
    if (code === "CERTIFICATE_REFUSED") {
      const unsent = await failureOf(client.produce("t", { value: "x" }));
      assert.equal([unsent.code, unsent.fate], [code, "unsent"]);
    }
    client.close();
    await close();
  });
}

test("what is no node is passed over for what is, and told of", async () => {
  const { port, close } = await listen(net.createServer(greet));
  const refused: string[] = [];
  const urls = [`http://127.0.0.1:${port}`, "http://127.0.0.1:1"];
  const client = connect(urls, { onRefused: (error) => refused.push(error.code) });
  const { message } = await failureOf(client.members());
  assert.equal(refused, ["NOT_A_SERVER"]);
  assert.match(message, /nobody answers at http:\/\/127\.0\.0\.1:1 .*; what answers at http:.* is no Grapevine node/);
  client.close();
  await close();
});

test.run();
