import { answerBytesOf, type FollowAnswer, type FollowAsks, type Followed, followedOf } from "./followed.ts";

/** Bytes that are held for a reader who is slower than the stream, one answer apart. */
const heldBytesMax = 1_048_576;

interface WaitingReader {
  readonly resolve: (answer: FollowAnswer | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** One thing that a page follows, between the stream that brings it and the reader who takes it. */
export class PageSubscription {
  readonly id: number;
  readonly #followed: Followed;
  readonly #held: FollowAnswer[] = [];
  #heldBytes = 0;
  #end: { readonly error: unknown } | undefined;
  #reader: WaitingReader | undefined;
  #isFull = false;
  /** The stream that told more than could be held: what it says after that would leave a hole. */
  #cutStream: object | undefined;
  readonly #onRoom: () => void;

  /** `onRoom` is told when the reader has taken all after there was too much. */
  constructor(id: number, asks: FollowAsks, onRoom: () => void) {
    this.id = id;
    this.#followed = followedOf(asks);
    this.#onRoom = onRoom;
  }

  /** What to ask for in a stream that begins now. */
  asks(): FollowAsks {
    return this.#followed.asks();
  }

  /** True from when too much is held until all of it was taken. */
  get isFull(): boolean {
    return this.#isFull;
  }

  isCutIn(stream: object): boolean {
    return this.#cutStream === stream;
  }

  begin(): void {
    this.#followed.begin();
  }

  /** An answer that this stream brought. What there is no room for comes again in the next. */
  take(answer: FollowAnswer, stream: object): void {
    if (this.#isFull) this.#cutStream = stream;
    if (this.#cutStream === stream || this.#end !== undefined) return;
    for (const one of this.#followed.take(answer)) this.#give(one);
  }

  end(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    if (error === undefined) this.#reader?.resolve(undefined);
    else this.#reader?.reject(error);
    this.#reader = undefined;
  }

  /** The next answer; undefined at the end. What came before a failure is given first. */
  next(): Promise<FollowAnswer | undefined> {
    const answer = this.#held.shift();
    if (answer !== undefined) {
      this.#heldBytes -= answerBytesOf(answer);
      if (this.#isFull && this.#held.length === 0) {
        this.#isFull = false;
        this.#onRoom();
      }
      return Promise.resolve(answer);
    }
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#end !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #give(answer: FollowAnswer): void {
    if (this.#reader !== undefined) {
      this.#reader.resolve(answer);
      this.#reader = undefined;
      return;
    }
    const bytes = answerBytesOf(answer);
    // A reader with something to read needs not be told that the stream lives.
    if (bytes === 0 && this.#held.length > 0) return;
    this.#held.push(answer);
    this.#heldBytes += bytes;
    this.#isFull ||= this.#heldBytes >= heldBytesMax;
  }
}
