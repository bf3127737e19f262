import type { FollowResponse, Subscription } from "../gen/grapevine/v1/page_pb.d.ts";
export type FollowAsks = Exclude<Subscription["asks"], {
    case: undefined;
}>;
export type FollowAnswer = Exclude<FollowResponse["answer"], {
    case: "end" | undefined;
}>;
export interface Followed {
    /** What to ask for in a stream that begins now. */
    asks(): FollowAsks;
    /** A stream begins: of what was there, all may come again. */
    begin(): void;
    /** What of an answer is new to the reader. */
    take(answer: FollowAnswer): readonly FollowAnswer[];
}
export declare function followedOf(asks: FollowAsks): Followed;
/** Bytes of an answer, for bounds. 0: it only says that the stream lives. */
export declare function answerBytesOf(answer: FollowAnswer): number;
