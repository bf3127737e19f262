// needs: openssl
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkHttp } from "../../src/io/check_http.ts";

test("checkHttp() says what is wrong with a certificate", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "check-tls-"));
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(directory, name)) as [string, string];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = spawnSync("openssl", [...request, ...subject, "-keyout", key, "-out", cert], { encoding: "utf8" });
  assert.is(made.status, 0, made.stderr);
  const files = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = https.createServer(files, (_, response) => response.end("fine"));
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const outcome = await checkHttp({ url: `https://localhost:${port}/` }, new AbortController().signal);
  assert.is(outcome.state, "critical");
  // The runtimes look at the certificate in their own order: whom it names of itself, and who signed it.
  assert.match(
    outcome.output,
    /^TLS: the (authority of the )?certificate (signs itself, and )?is not (known|trusted) here: /,
  );
  assert.ok(outcome.output.endsWith(`localhost:${port}`));
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

test.run();
