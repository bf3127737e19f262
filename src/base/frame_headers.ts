import { viewOf } from "./bytes.ts";
import { at, batchHeaderBytes, type FrameScan, headersBytes, scanFrame } from "./frame.ts";

/** As `scanFrame` for those who look at headers alone: the payload need not be among the bytes. */
export function scanHeaders(bytes: Uint8Array, start: number): FrameScan {
  const scan = scanFrame(bytes, start);
  if (scan.type !== "cut" || bytes.length - start < headersBytes) return scan;
  // The headers are sound, and no checksum covers the length: of a frame without a payload they are all.
  const head = bytes.slice(start, start + headersBytes);
  viewOf(head).setUint32(at.batchBytes, batchHeaderBytes, true);
  const alone = scanFrame(head, 0);
  if (alone.type !== "frame") return alone;
  return { type: "frame", header: { ...alone.header, frameBytes: scan.bytesNeeded } };
}
