/** A node as anybody may ask it: JSON over HTTP, with nothing of this project's client. */

export interface RawRecord {
  readonly offset: number;
  readonly writer: string;
  readonly sequence: number;
  readonly value: string;
}

/** Writer to the highest sequence that is held. */
export type Have = ReadonlyMap<string, number>;

const askMsMax = 3_000;
/** A stream that says nothing for so long is given up. */
const silenceMsMax = 30_000;
const envelopeBytes = 5;
const endOfStreamFlag = 2;

interface TopicJson {
  readonly nextOffset?: string;
  readonly feeds?: readonly { readonly writer: string; readonly have?: string }[];
}

interface RecordJson {
  readonly offset?: string;
  readonly writer: string;
  readonly sequence: string;
  readonly value?: string;
}

export class RawNode {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** What the node holds of a topic. */
  async describe(topic: string): Promise<{ readonly nextOffset: number; readonly have: Have }> {
    const response = await fetch(`${this.url}/log.v1.Log/DescribeTopic`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ topic }),
      signal: AbortSignal.timeout(askMsMax),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Cannot describe topic ${topic}: ${this.url} says ${text}`);
    const { nextOffset = "0", feeds = [] } = (JSON.parse(text) as { topic?: TopicJson }).topic ?? {};
    const have = feeds.map((feed) => [feed.writer, Number(feed.have ?? 0)] as const);
    return { nextOffset: Number(nextOffset), have: new Map(have) };
  }

  /** Every record that stands before this offset, in the node's order. */
  async *records(topic: string, nextOffset: number): AsyncGenerator<RawRecord> {
    for await (const text of this.#messages(topic)) {
      const message = JSON.parse(text) as { record?: RecordJson; nextOffset?: string };
      const { record } = message;
      if (record !== undefined) {
        const { offset = "0", writer, sequence, value = "" } = record;
        yield { offset: Number(offset), writer, sequence: Number(sequence), value: atob(value) };
        if (Number(offset) + 1 >= nextOffset) return;
      } else if (Number(message.nextOffset ?? 0) >= nextOffset) return;
    }
  }

  /** The messages of a ConsumeStream from the first record on, until the caller has enough. */
  async *#messages(topic: string): AsyncGenerator<string> {
    const controller = new AbortController();
    const body = new TextEncoder().encode(JSON.stringify({ topic, earliest: true }));
    const request = new Uint8Array(envelopeBytes + body.length);
    new DataView(request.buffer).setUint32(1, body.length);
    request.set(body, envelopeBytes);
    const response = await fetch(`${this.url}/log.v1.Log/ConsumeStream`, {
      method: "POST",
      headers: { "content-type": "application/connect+json", "connect-protocol-version": "1" },
      body: request,
      signal: controller.signal,
    });
    if (!response.ok || response.body === null) throw new Error(`Cannot consume: ${this.url} says ${response.status}`);
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    let bytes = new Uint8Array(0);
    try {
      for (;;) {
        const impatience = setTimeout(() => controller.abort(new Error(`${this.url} went silent`)), silenceMsMax);
        const { done, value } = await reader.read().finally(() => clearTimeout(impatience));
        if (done) throw new Error(`Cannot consume: ${this.url} ended the stream`);
        bytes = bytes.length === 0 ? value : concatenate(bytes, value);
        let at = 0;
        while (bytes.length - at >= envelopeBytes) {
          const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(1);
          if (bytes.length - at - envelopeBytes < length) break;
          const text = decoder.decode(bytes.subarray(at + envelopeBytes, at + envelopeBytes + length));
          if (((bytes[at] as number) & endOfStreamFlag) !== 0)
            throw new Error(`Cannot consume: ${this.url} says ${text}`);
          yield text;
          at += envelopeBytes + length;
        }
        bytes = bytes.subarray(at);
      }
    } finally {
      controller.abort();
    }
  }
}

function concatenate(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
