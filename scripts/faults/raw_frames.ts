/** Records out of frames as docs/format.md draws them, read with nothing of this project's own code for them. */

/** Only what is judged. */
export interface RawValue {
  readonly writer: string;
  readonly sequence: number;
  readonly value: Uint8Array;
}

const magic = 0x47564631;
/** Of the frame and of the batch. */
const headersBytes = 120;
const batchAt = 24;
const at = { kind: 33, attributes: 34, writer: 40, sequence: 48 } as const;
const compressionMask = 7;

/** A varint, lowest seven bits first. `at` moves behind it. */
export class RawReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, from: number) {
    this.bytes = bytes;
    this.at = from;
  }

  varint(): number {
    let amount = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error("Cannot read what a node sent: it ends in the middle of a number");
      amount += (byte & 127) * factor;
      if (byte < 128) return amount;
    }
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new Error("Cannot read what a node sent: it ends too early");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** Adds the records of all frames, which stand one after another. Throws for what these runs do not write. */
export function readFrames(bytes: Uint8Array, into: RawValue[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length; ) {
    if (view.getUint32(start) !== magic) throw new Error(`Cannot read what a node sent: no frame begins at ${start}`);
    const end = start + batchAt + view.getUint32(start + batchAt, true);
    const kind = bytes[start + at.kind];
    const attributes = view.getUint16(start + at.attributes, true);
    if (kind !== 0 || (attributes & compressionMask) !== 0) {
      throw new Error(`Cannot read a frame of kind ${kind} with attributes ${attributes}`);
    }
    const writer = view.getBigUint64(start + at.writer, true).toString(16);
    let sequence = Number(view.getBigUint64(start + at.sequence, true));
    const reader = new RawReader(bytes.subarray(0, end), start + headersBytes);
    while (reader.at < end) into.push({ writer, sequence: sequence++, value: readValueOf(reader) });
    start = end;
  }
}

/** Length, flags and time, then the value: records of these runs have neither key nor headers. */
function readValueOf(reader: RawReader): Uint8Array {
  const length = reader.varint();
  const end = reader.at + length;
  const flags = reader.varint();
  if (flags !== 0) throw new Error(`Cannot read a record with flags ${flags}`);
  reader.varint();
  return reader.take(end - reader.at);
}
