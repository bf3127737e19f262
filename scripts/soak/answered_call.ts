/** A leak to be found: an object of each call that came in, kept for ever. */
import { HotCalls } from "../../src/io/hot_calls.ts";

export class AnsweredCall {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  /** From now on, in this process. */
  static keepAll(): void {
    const kept: AnsweredCall[] = [];
    const { takeStream, takeRequest } = HotCalls.prototype;
    HotCalls.prototype.takeStream = function (...call) {
      kept.push(new AnsweredCall(kept.length));
      return takeStream.apply(this, call);
    };
    HotCalls.prototype.takeRequest = function (...call) {
      kept.push(new AnsweredCall(kept.length));
      return takeRequest.apply(this, call);
    };
  }
}
