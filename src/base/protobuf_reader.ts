/** Walks over the fields of a protobuf message without building it. Total over any bytes. */
const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;
const fixed32Type = 5;
const varintBytesOfProtobufMax = 10;

export class ProtobufReader {
  /** Number of the present field. */
  field = 0;
  /** Its value where it is a varint; exact below 2^53. */
  number = 0;
  /** Its bytes where it has a length: a view. Empty otherwise. */
  bytes: Uint8Array;
  /** True when the message is malformed: `next` then says that there is no more. */
  failed = false;
  readonly #message: Uint8Array;
  readonly #empty: Uint8Array;
  #at = 0;

  constructor(message: Uint8Array) {
    this.#message = message;
    this.#empty = message.subarray(0, 0);
    this.bytes = this.#empty;
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.failed || this.#at >= this.#message.length) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.number = 0;
    this.bytes = this.#empty;
    switch (tag % 8) {
      case varintType:
        this.number = this.#varint();
        break;
      case bytesType:
        this.bytes = this.#take(this.#varint());
        break;
      case fixed64Type:
        this.#take(8);
        break;
      case fixed32Type:
        this.#take(4);
        break;
      default:
        this.failed = true;
    }
    if (this.field === 0) this.failed = true;
    return !this.failed;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < varintBytesOfProtobufMax && this.#at < this.#message.length; count++) {
      const byte = this.#message[this.#at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    this.failed = true;
    return 0;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (this.failed || end > this.#message.length) {
      this.failed = true;
      return this.#empty;
    }
    const bytes = this.#message.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
