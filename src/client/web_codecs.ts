import { type Codec, type Codecs, concat } from "../base/mod.ts";

/**
 * Bytes that are decompressed at a time. The stream holds all that comes of one piece, whoever reads: gzip makes at most
 * a thousand times as much of it, the other codecs as much as they like, so browsers read none of them.
 */
const pieceBytes = 4_096;

/** What the web's streams can bound: gzip. */
export const webCodecs: Codecs = {
  names: ["gzip"],

  async compress(_codec: Codec, bytes: Uint8Array): Promise<Uint8Array> {
    return (await through(new CompressionStream("gzip"), bytes, Number.POSITIVE_INFINITY)) as Uint8Array;
  },

  async decompress(codec: Codec, bytes: Uint8Array, bytesMax: number): Promise<Uint8Array | string> {
    try {
      const unpacked = await through(new DecompressionStream("gzip"), bytes, bytesMax);
      return unpacked ?? `it unpacks to more than the ${bytesMax} bytes that are allowed`;
    } catch (error) {
      return `its payload is no whole ${codec} (${error instanceof Error ? error.message : String(error)})`;
    }
  },
};

/** What comes out of the stream; undefined when that is more than `bytesMax`. */
async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const writer = (stream.writable as WritableStream<Uint8Array>).getWriter();
  const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
  // What is wrong with the input comes out of the reader as well, where it is heard.
  const written = write(writer, bytes).catch(() => {});
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    if (length > bytesMax) {
      await reader.cancel();
      return undefined;
    }
  }
  await written;
  return concat(parts);
}

async function write(writer: WritableStreamDefaultWriter<Uint8Array>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) await writer.write(bytes.subarray(at, at + pieceBytes));
  await writer.close();
}
