import { type Codecs, type Compression, compressFrame } from "../base/mod.ts";
import { ClientError } from "./errors.ts";
import type { ProduceAnswer } from "./hot_messages.ts";
import type { BatchPipe } from "./pipe.ts";

/**
 * Compresses batches before another pipe sends them. Several are compressed at a time; they leave in the order in which
 * they came. When one fails, those that have not left yet fail with it, as they would have behind it.
 */
export class CompressingPipe implements BatchPipe {
  readonly batchesMax: number;
  readonly checksum: BatchPipe["checksum"];
  readonly #pipe: BatchPipe;
  readonly #compress: (frame: Uint8Array) => Promise<Uint8Array>;
  /** Resolves when all batches so far have left, or failed before. */
  #left: Promise<unknown> = Promise.resolve();
  #failures = 0;

  constructor(pipe: BatchPipe, compress: (frame: Uint8Array) => Promise<Uint8Array>) {
    this.#pipe = pipe;
    this.#compress = compress;
    this.batchesMax = pipe.batchesMax;
    this.checksum = pipe.checksum;
  }

  get retried(): number {
    return this.#pipe.retried ?? 0;
  }

  async send(frame: Uint8Array, sinceMs?: number): Promise<ProduceAnswer> {
    const leaving = this.#leave({ compressed: this.#compress(frame), sinceMs }, this.#left, this.#failures);
    this.#left = leaving.catch(() => {});
    try {
      return await (await leaving).answer;
    } catch (error) {
      this.#failures++;
      throw error;
    }
  }

  async #leave(
    { compressed, sinceMs }: { readonly compressed: Promise<Uint8Array>; readonly sinceMs: number | undefined },
    before: Promise<unknown>,
    failuresBefore: number,
  ): Promise<{ readonly answer: Promise<ProduceAnswer> }> {
    const [frame] = await Promise.all([compressed, before]);
    if (failuresBefore !== this.#failures) {
      throw new ClientError("UNAVAILABLE", "Cannot send record: one before it failed", { fate: "unsent" });
    }
    return { answer: this.#pipe.send(frame, sinceMs) };
  }

  abandon(): void {
    this.#pipe.abandon();
  }

  async close(): Promise<void> {
    await this.#left;
    await this.#pipe.close();
  }
}

/** What makes a frame a compressed one; undefined when it is to stay as it is. Throws when the runtime cannot. */
export function compressorOf(
  compression: Compression,
  { codecs, checksum }: { readonly codecs: Codecs; readonly checksum: BatchPipe["checksum"] },
): ((frame: Uint8Array) => Promise<Uint8Array>) | undefined {
  if (compression === "none") return undefined;
  if (!["gzip", "zstd", "brotli"].includes(compression)) {
    const message = `Cannot produce with compression ${JSON.stringify(compression)}: allowed are none, gzip, zstd and brotli`;
    throw new ClientError("INVALID_ARGUMENT", message, { fate: "unsent" });
  }
  if (!codecs.names.includes(compression)) {
    const message = `Cannot produce with compression ${compression}: this runtime has ${codecs.names.join(" and ")}`;
    throw new ClientError("UNSUPPORTED_COMPRESSION", message, { fate: "unsent" });
  }
  return (frame) => compressFrame(frame, { codec: compression, codecs, checksum });
}
