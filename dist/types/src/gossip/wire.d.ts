import { type Value } from "./msgpack.d.ts";
/** The first byte of every message. Peers know these numbers: append, never change. */
export declare const messageType: {
    readonly ping: 0;
    readonly indirectPing: 1;
    readonly ack: 2;
    readonly suspect: 3;
    readonly alive: 4;
    readonly dead: 5;
    readonly pushPull: 6;
    readonly compound: 7;
    readonly user: 8;
    readonly compress: 9;
    readonly encrypt: 10;
    readonly nack: 11;
    readonly crc: 12;
    readonly error: 13;
    readonly label: 244;
};
/** Characters of a node's name. Serf's own check allows 128; what others send is bounded a little wider. */
export declare const nodeNameBytesMax = 255;
/** Bytes of a node's meta: its encoded tags. */
export declare const metaBytesMax = 512;
/** Who asked, so that the answer finds the way: absent fields mean the source of the datagram. */
export interface PingSource {
    readonly sourceAddress: Uint8Array;
    readonly sourcePort: number;
    readonly sourceName: string;
}
export interface Ping extends PingSource {
    readonly type: "ping";
    readonly sequence: number;
    readonly node: string;
}
export interface IndirectPing extends PingSource {
    readonly type: "indirect-ping";
    readonly sequence: number;
    readonly target: Uint8Array;
    readonly port: number;
    readonly node: string;
    readonly nack: boolean;
}
export interface Ack {
    readonly type: "ack";
    readonly sequence: number;
    readonly payload: Uint8Array;
}
export interface Nack {
    readonly type: "nack";
    readonly sequence: number;
}
export interface Suspect {
    readonly type: "suspect";
    readonly incarnation: number;
    readonly node: string;
    readonly from: string;
}
/** `node` and `from` are equal when the node left of its own will. */
export interface Dead {
    readonly type: "dead";
    readonly incarnation: number;
    readonly node: string;
    readonly from: string;
}
export interface Alive {
    readonly type: "alive";
    readonly incarnation: number;
    readonly node: string;
    readonly address: Uint8Array;
    readonly port: number;
    readonly meta: Uint8Array;
    /** Lowest, highest and spoken protocol of memberlist, then the same of Serf. */
    readonly versions: Uint8Array;
}
export interface UserMessage {
    readonly type: "user";
    readonly bytes: Uint8Array;
}
/** One message that is no wrapper around others. */
export type Message = Ping | IndirectPing | Ack | Nack | Suspect | Dead | Alive | UserMessage;
/** The last incarnation that a message can carry. */
export declare const incarnationMax: number;
/**
 * Accusations of later incarnations are nobody's honest count. Whoever is so accused contradicts it, but no other believes
 * it: the last number that is believed would else be one that cannot be contradicted.
 */
export declare const accusedIncarnationMax: number;
/** Decodes one bare message. Undefined when it is malformed or of a type that datagrams do not carry. */
export declare function decodeMessage(bytes: Uint8Array): Message | undefined;
/** Encodes one bare message, its type byte first. */
export declare function encodeMessage(message: Message): Uint8Array;
/** How a push/pull writes where a node stands. */
export type NodeState = "alive" | "suspect" | "dead" | "left";
/** One node of a push/pull: what an alive message says, and where it stands. */
export interface RemoteNode {
    readonly alive: Alive;
    readonly state: NodeState;
}
export interface PushPull {
    readonly type: "push-pull";
    readonly join: boolean;
    readonly nodes: readonly RemoteNode[];
    /** Nodes that cannot be taken over, such as one whose name is no UTF-8: they were left out. */
    readonly nodesLeftOut?: number;
    /** What the layer above exchanges. */
    readonly userState: Uint8Array;
}
/** Encodes a whole push/pull, its type byte first. */
export declare function encodePushPull(pushPull: PushPull): Uint8Array;
/** The counts that a push/pull begins with; undefined when they are malformed or beyond the limits. */
export declare function readPushPullHeader(value: Value): {
    readonly join: boolean;
    readonly nodes: number;
    readonly userStateBytes: number;
} | undefined;
/** Nodes of one push/pull and bytes of its user state, as memberlist 0.6.0 limits them. */
export declare const pushPullNodesMax = 1048576;
export declare const userStateBytesMax = 20971520;
/** One node of a push/pull; undefined when it cannot be taken over. */
export declare function readRemoteNode(value: Value): RemoteNode | undefined;
/** Encodes an error reply: the only message that says why a stream was refused. */
export declare function encodeError(text: string): Uint8Array;
