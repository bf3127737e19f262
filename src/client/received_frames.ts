/** What servers send to consumers, taken apart: whole batches, one after another, compressed or not. */
import {
  type Checksum,
  type Codecs,
  type FrameHeader,
  headersBytes,
  type ProducerStamp,
  readProducerStamp,
  scanFrame,
  unpackPayload,
} from "../base/mod.ts";
import { ClientError } from "./errors.ts";

/** A batch of a response. */
export interface ReceivedFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
  readonly stamp: ProducerStamp | undefined;
}

/** The batches of a response. Throws `DATA_LOSS` when it is damaged. */
export function receivedFrames(frames: Uint8Array, checksum: Checksum, server: string): ReceivedFrame[] {
  const received: ReceivedFrame[] = [];
  for (let at = 0; at < frames.length; ) {
    const scan = scanFrame(frames, at, checksum);
    if (scan.type !== "frame") {
      const reason = scan.type === "bad" ? scan.reason : "a batch is cut off";
      throw new ClientError("DATA_LOSS", `Cannot read what ${server} sent: ${reason}`, { server });
    }
    const { header } = scan;
    const payload = frames.subarray(at + headersBytes, at + header.frameBytes);
    received.push({ header, payload, stamp: readProducerStamp(frames, at) });
    at += header.frameBytes;
  }
  return received;
}

/** The packed records of a batch, or what is wrong with it. */
export async function unpackFrame(
  { header, payload }: ReceivedFrame,
  codecs: Codecs,
  from: { readonly topic: string; readonly server: string },
): Promise<Uint8Array | ClientError> {
  const { compression } = header;
  if (compression !== "none" && !codecs.names.includes(compression)) {
    const reason = `it is compressed with ${compression}, this runtime has ${codecs.names.join(" and ")}`;
    return unreadable("UNSUPPORTED_COMPRESSION", header, { ...from, reason });
  }
  const unpacked = await unpackPayload(codecs, header, payload);
  return typeof unpacked === "string" ? unreadable("DATA_LOSS", header, { ...from, reason: unpacked }) : unpacked;
}

/** A batch that no other server has in a better state: it came as its producer made it. */
export function unreadable(
  code: "DATA_LOSS" | "UNSUPPORTED_COMPRESSION",
  { baseOffset: offset, count }: FrameHeader,
  { topic, server, reason }: { readonly topic: string; readonly server: string; readonly reason: string },
): ClientError {
  const message = `Cannot read batch at offset ${offset} of topic ${JSON.stringify(topic)}: ${reason}`;
  return new ClientError(code, message, { server, batch: { topic, offset, nextOffset: offset + count } });
}
