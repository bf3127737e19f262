/** What the records of a rush are: small, told apart by their producer and number, and seen to be whole. */

const headerBytes = 8;
const valueBytes = 100;
/** Each filler byte follows from the number. */
const fillerFactor = 131;

export interface RushName {
  /** From 0. */
  readonly producer: number;
  /** From 0, in the order in which the producer sent. */
  readonly number: number;
}

export function writeValue({ producer, number }: RushName): Uint8Array {
  const value = new Uint8Array(valueBytes).fill(number * fillerFactor);
  const view = new DataView(value.buffer);
  view.setUint32(0, producer);
  view.setUint32(4, number);
  return value;
}

/** undefined where it is not what anybody sent. */
export function readValue(value: Uint8Array): RushName | undefined {
  if (value.length !== valueBytes) return undefined;
  const view = new DataView(value.buffer, value.byteOffset);
  const name = { producer: view.getUint32(0), number: view.getUint32(4) };
  const filler = (name.number * fillerFactor) & 0xff;
  for (let at = headerBytes; at < valueBytes; at++) if (value[at] !== filler) return undefined;
  return name;
}
