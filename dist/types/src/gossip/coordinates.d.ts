/** A place. Times are in seconds. */
export interface Coordinate {
    readonly vector: readonly number[];
    /** How sure the node is of its place: 0 is certain, 1.5 is not at all. */
    readonly error: number;
    /** What its recent round trips took longer than the places say, halved: the other node adds its own. */
    readonly adjustment: number;
    /** The part of each round trip that no place explains: the way to the node's own door. */
    readonly height: number;
}
/** The payload of an ack: a version byte and a map. */
export declare function encodeCoordinate(coordinate: Coordinate): Uint8Array;
/** The inverse of `encodeCoordinate`; undefined when it is of another version or space, or is no place. */
export declare function decodeCoordinate(payload: Uint8Array): Coordinate | undefined;
/** The round trip between two nodes in seconds, as their places say it. */
export declare function secondsBetween(left: Coordinate, right: Coordinate): number;
/** This node's place, and the last known ones of those that it probed. */
export declare class Coordinates {
    #private;
    constructor(options: {
        readonly name: string;
        readonly peersMax: number;
    });
    /** Where this node stands. */
    get own(): Coordinate;
    /** How often this node's place made no sense any more, so that it started anew. */
    get resets(): number;
    /** Where a node stood when it was last heard; undefined when it never was. */
    of(name: string): Coordinate | undefined;
    /** The round trip between two nodes in milliseconds, as their places say it; undefined when one is not known. */
    rttMs(left: string, right: string): number | undefined;
    /** Moves this node a little, now that an ack of a peer at `coordinate` took so long. */
    observe(name: string, coordinate: Coordinate, rttMs: number): void;
}
