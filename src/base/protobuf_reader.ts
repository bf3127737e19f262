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
  /** Where its bytes begin and end where it has a length; empty otherwise. */
  start = 0;
  end = 0;
  /** True when the message is malformed: `next` then says that there is no more. */
  failed = false;
  readonly #message: Uint8Array;
  readonly #messageEnd: number;
  #at: number;

  /** The message is the bytes from `at` to `end`. */
  constructor(message: Uint8Array, at = 0, end: number = message.length) {
    this.#message = message;
    this.#at = at;
    this.#messageEnd = end;
  }

  /** The bytes of the present field: a view, made anew each time. */
  get bytes(): Uint8Array {
    return this.#message.subarray(this.start, this.end);
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.failed || this.#at >= this.#messageEnd) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.number = 0;
    this.start = this.#at;
    this.end = this.#at;
    switch (tag % 8) {
      case varintType:
        this.number = this.#varint();
        break;
      case bytesType:
        this.#take(this.#varint());
        break;
      case fixed64Type:
        this.#skip(8);
        break;
      case fixed32Type:
        this.#skip(4);
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
    for (let count = 0; count < varintBytesOfProtobufMax && this.#at < this.#messageEnd; count++) {
      const byte = this.#message[this.#at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    this.failed = true;
    return 0;
  }

  #take(length: number): void {
    const start = this.#at;
    if (!this.#skip(length)) return;
    this.start = start;
    this.end = this.#at;
  }

  #skip(length: number): boolean {
    const end = this.#at + length;
    if (this.failed || end > this.#messageEnd) {
      this.failed = true;
      return false;
    }
    this.#at = end;
    return true;
  }
}
