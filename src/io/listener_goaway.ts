/** Deno 2.9's HTTP/2 corrupts its memory when a GOAWAY frame comes in (denoland/deno#36788): they are left out. */
import type { Socket } from "node:net";
import { Duplex, Transform, type TransformCallback } from "node:stream";

/** What a client sends before its first frame; servers send nothing. */
const clientPrefaceBytes = 24;
const frameHeaderBytes = 9;
const goawayType = 7;

/** Passes the bytes of one side of HTTP/2 on without its GOAWAY frames. */
export class GoawayFilter extends Transform {
  /** Bytes of the present frame, or of the preface, that are still to come. */
  #restBytes: number;
  #dropping = false;
  readonly #header = Buffer.alloc(frameHeaderBytes);
  #headerBytes = 0;

  constructor(prefaceBytes: number = clientPrefaceBytes) {
    super();
    this.#restBytes = prefaceBytes;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    const kept: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) at = this.#step(chunk, at, kept);
    if (kept.length > 0) this.push(Buffer.concat(kept));
    done();
  }

  /** Takes part of a frame's header or of its payload. Returns the position after it. */
  #step(chunk: Buffer, at: number, kept: Buffer[]): number {
    if (this.#restBytes > 0) {
      const end = Math.min(chunk.length, at + this.#restBytes);
      if (!this.#dropping) kept.push(chunk.subarray(at, end));
      this.#restBytes -= end - at;
      return end;
    }
    const end = Math.min(chunk.length, at + frameHeaderBytes - this.#headerBytes);
    chunk.copy(this.#header, this.#headerBytes, at, end);
    this.#headerBytes += end - at;
    if (this.#headerBytes === frameHeaderBytes) {
      this.#headerBytes = 0;
      this.#restBytes = this.#header.readUIntBE(0, 3);
      this.#dropping = this.#header[3] === goawayType;
      if (!this.#dropping) kept.push(Buffer.from(this.#header));
    }
    return end;
  }
}

/**
 * A stream with the bytes of a socket, GOAWAY frames left out. `first` was read from the socket already. `prefaceBytes`
 * come before the first frame: those of a client, unless it is said otherwise.
 */
export function withoutGoaway(
  socket: Socket,
  first: Buffer,
  { prefaceBytes }: { readonly prefaceBytes?: number } = {},
): Duplex {
  const filter = new GoawayFilter(prefaceBytes);
  filter.write(first);
  socket.pipe(filter);
  const filtered = new Duplex({
    read: () => void filter.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, (error) => done(error)),
    final: (done) => void socket.end(() => done()),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  filter.on("data", (chunk: Buffer) => {
    if (!filtered.push(chunk)) filter.pause();
  });
  filter.on("end", () => filtered.push(null));
  socket.once("close", () => filtered.destroy());
  return filtered;
}
