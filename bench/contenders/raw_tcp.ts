/**
 * The least that a log must do, and nothing else: batches over a TCP connection, each with its length in front, are
 * checksummed, appended to a file and acknowledged by their number. What remains of its speed is what a log's protocol and
 * promises cost. Run as a program it is the server, and prints its port.
 */
import { openSync, writeSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { runtimeCommand } from "../runtime.ts";
import { ServerProcess } from "../server_process.ts";

const lengthBytes = 4;

/** Batches that wait for their acknowledgement. */
const batchesInFlight = 4;

export class RawTcp implements AsyncDisposable {
  readonly name = "raw TCP framing";
  readonly durability = "written before ack";
  readonly server: ServerProcess;
  readonly #port: number;

  private constructor(server: ServerProcess, port: number) {
    this.server = server;
    this.#port = port;
  }

  static async start(directory: string): Promise<RawTcp> {
    const program = [fileURLToPath(import.meta.url), path.join(directory, "raw.log")];
    const [command, ...flags] = [...runtimeCommand(), ...program] as [string, ...string[]];
    const { server, facts } = await ServerProcess.announcing(command, flags);
    return new RawTcp(server, Number(facts.get("port")));
  }

  /** Packs `batches` times `recordsPerBatch` records and sends them. */
  async produce(value: Uint8Array, recordsPerBatch: number, batches: number): Promise<void> {
    const socket = net.connect(this.#port, "127.0.0.1");
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      let sent = 0;
      let acknowledgedBytes = 0;
      const sendMore = (): void => {
        while (sent < batches && sent - acknowledgedBytes / lengthBytes < batchesInFlight) {
          sent++;
          socket.write(pack(value, recordsPerBatch));
        }
      };
      socket.once("error", reject);
      socket.on("data", (chunk) => {
        acknowledgedBytes += chunk.length;
        if (acknowledgedBytes === batches * lengthBytes) resolve();
        else sendMore();
      });
      socket.once("connect", sendMore);
    });
    socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

function pack(value: Uint8Array, records: number): Uint8Array {
  const recordBytes = lengthBytes + value.length;
  const bytes = new Uint8Array(lengthBytes + records * recordBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, records * recordBytes);
  for (let index = 0, at = lengthBytes; index < records; index++, at += recordBytes) {
    view.setUint32(at, value.length);
    bytes.set(value, at + lengthBytes);
  }
  return bytes;
}

function serve(file: string): void {
  const descriptor = openSync(file, "a");
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    let held: Buffer[] = [];
    let heldBytes = 0;
    let acknowledged = 0;
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      held.push(chunk);
      heldBytes += chunk.length;
      const first = held[0] as Buffer;
      const head = first.length >= lengthBytes ? first : Buffer.concat(held);
      if (heldBytes < lengthBytes || heldBytes < lengthBytes + head.readUInt32BE(0)) return;
      let rest = held.length === 1 ? first : Buffer.concat(held);
      while (rest.length >= lengthBytes && rest.length >= lengthBytes + rest.readUInt32BE(0)) {
        const batch = rest.subarray(lengthBytes, lengthBytes + rest.readUInt32BE(0));
        crc32(batch);
        writeSync(descriptor, batch);
        const answer = Buffer.alloc(lengthBytes);
        answer.writeUInt32BE(acknowledged++);
        socket.write(answer);
        rest = rest.subarray(lengthBytes + batch.length);
      }
      held = rest.length === 0 ? [] : [rest];
      heldBytes = rest.length;
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as net.AddressInfo).port}\nready`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(process.argv[2] ?? "raw.log");
