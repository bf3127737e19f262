/** The same NATS server through NATS's client in Go, where a toolchain and the client's sources are installed. */
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ServerProcess } from "../server_process.ts";
import type { Load, Round } from "../sides.ts";
import type { Nats } from "./nats.ts";

const run = promisify(execFile);
const source = fileURLToPath(new URL("./nats_go/publish.go", import.meta.url));

/** Where Debian's package golang-github-nats-io-go-nats-dev puts the sources. */
const debianGoPath = "/usr/share/gocode";

export class NatsGo {
  readonly name = "NATS JetStream, Go client";
  readonly durability: string;
  readonly server: ServerProcess;
  readonly #nats: Nats;
  readonly #program: string;

  private constructor(nats: Nats, program: string) {
    this.durability = nats.durability;
    this.server = nats.server;
    this.#nats = nats;
    this.#program = program;
  }

  /** Builds the program that drives the client; rejects where it cannot be built. */
  static async build(nats: Nats, directory: string): Promise<NatsGo> {
    const program = path.join(directory, "nats-go-publish");
    const settings = { GO111MODULE: "off", GOPATH: process.env["GOPATH"] ?? debianGoPath };
    await run("go", ["build", "-o", program, source], { env: { ...process.env, ...settings } });
    return new NatsGo(nats, program);
  }

  /** Publishes to a stream of its own. */
  async publish({ value, records }: Load, window: number): Promise<Round> {
    const topic = await this.#nats.createTopic();
    const told = [this.#nats.url, topic.name, String(records), String(value.length), String(window)];
    const { stdout } = await run(this.#program, told);
    await topic.drop();
    const ms = Number(stdout);
    if (!(ms > 0)) throw new Error(`Cannot read what the Go client prints: ${stdout}`);
    return { records, ms };
  }
}
