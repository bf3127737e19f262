/**
 * Where nodes stand in a space in which distance is round-trip time: Vivaldi, with Serf's heights, adjustments and
 * gravity. Each node moves itself a little with every probe it makes, and tells where it is in every ack.
 */
import { concat, Random } from "../base/mod.ts";
import { readFields } from "./msgpack.ts";
import { encodeMsgpack, Float64 } from "./msgpack_encoder.ts";

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

const dimensions = 8;
const errorMax = 1.5;
const heightMin = 1e-5;

/** Weights of one observation for the error and for the place. */
const errorWeight = 0.25;
const moveWeight = 0.25;

/** Recent differences between round trips and places that the adjustment averages. */
const adjustmentSamples = 20;

/** Round trips of one node of which the median counts. */
const latencySamples = 3;

/** Seconds from the middle at which gravity pulls back by one second. */
const gravityRho = 150;

/** Round trips longer than this say nothing about distance. */
const rttSecondsMax = 10;

/** Below this nodes are at one place, times are none, and errors do not divide. */
const zero = 1e-6;

/** The only version of the payload that there is. */
const payloadVersion = 1;

const origin: Coordinate = {
  vector: new Array<number>(dimensions).fill(0),
  error: errorMax,
  adjustment: 0,
  height: heightMin,
};

/** The payload of an ack: a version byte and a map. */
export function encodeCoordinate(coordinate: Coordinate): Uint8Array {
  const fields = {
    Adjustment: new Float64(coordinate.adjustment),
    Error: new Float64(coordinate.error),
    Height: new Float64(coordinate.height),
    Vec: coordinate.vector.map((value) => new Float64(value)),
  };
  return concat([Uint8Array.of(payloadVersion), encodeMsgpack(fields)]);
}

/** The inverse of `encodeCoordinate`; undefined when it is of another version or space, or is no place. */
export function decodeCoordinate(payload: Uint8Array): Coordinate | undefined {
  const fields = payload[0] === payloadVersion ? readFields(payload, 1) : undefined;
  if (fields === undefined) return undefined;
  const vector = fields.list("Vec").filter((value) => typeof value === "number");
  const coordinate = {
    vector,
    error: fields.number("Error"),
    adjustment: fields.number("Adjustment"),
    height: fields.number("Height"),
  };
  const isWhole = fields.list("Vec").length === dimensions && isValid(coordinate);
  // Neither is ever negative, and one that were would turn the error of whoever hears it against it.
  const isHonest = coordinate.error >= 0 && coordinate.height >= 0;
  return fields.failed || !isWhole || !isHonest ? undefined : coordinate;
}

function isValid({ vector, error, adjustment, height }: Coordinate): boolean {
  return vector.length === dimensions && [...vector, error, adjustment, height].every(Number.isFinite);
}

/** The round trip between two nodes in seconds, as their places say it. */
export function secondsBetween(left: Coordinate, right: Coordinate): number {
  const seconds = rawSecondsBetween(left, right);
  const adjusted = seconds + left.adjustment + right.adjustment;
  return adjusted > 0 ? adjusted : seconds;
}

function rawSecondsBetween(left: Coordinate, right: Coordinate): number {
  return lengthOf(difference(left.vector, right.vector)) + left.height + right.height;
}

function difference(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, dimension) => value - (right[dimension] as number));
}

function lengthOf(vector: readonly number[]): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}

interface Peer {
  readonly coordinate: Coordinate;
  /** The latest round trips in seconds, oldest first. */
  readonly seconds: readonly number[];
}

/** This node's place, and the last known ones of those that it probed. */
export class Coordinates {
  readonly #name: string;
  readonly #peersMax: number;
  readonly #random: Random;
  /** In the order in which they were last heard of. */
  readonly #peers = new Map<string, Peer>();
  #own: Coordinate = origin;
  #resets = 0;
  #differences: number[] = [];

  constructor(options: { readonly name: string; readonly peersMax: number }) {
    this.#name = options.name;
    this.#peersMax = options.peersMax;
    // It only has to differ from node to node: one of its own leaves the machine's other draws as they are.
    this.#random = new Random(`coordinates of ${options.name}`);
  }

  /** Where this node stands. */
  get own(): Coordinate {
    return this.#own;
  }

  /** How often this node's place made no sense any more, so that it started anew. */
  get resets(): number {
    return this.#resets;
  }

  /** Where a node stood when it was last heard; undefined when it never was. */
  of(name: string): Coordinate | undefined {
    return name === this.#name ? this.#own : this.#peers.get(name)?.coordinate;
  }

  /** The round trip between two nodes in milliseconds, as their places say it; undefined when one is not known. */
  rttMs(left: string, right: string): number | undefined {
    const [from, to] = [this.of(left), this.of(right)];
    return from && to && secondsBetween(from, to) * 1000;
  }

  /** Moves this node a little, now that an ack of a peer at `coordinate` took so long. */
  observe(name: string, coordinate: Coordinate, rttMs: number): void {
    const seconds = rttMs / 1000;
    if (!(seconds >= 0 && seconds <= rttSecondsMax)) return;
    const recent = [...(this.#peers.get(name)?.seconds ?? []), seconds].slice(-latencySamples);
    this.#remember(name, { coordinate, seconds: recent });
    const sorted = recent.toSorted((left, right) => left - right);
    const median = sorted[Math.floor(sorted.length / 2)] as number;
    this.#approach(coordinate, Math.max(median, zero));
    this.#adjust(coordinate, median);
    this.#fall();
    // Places from the network may be absurdly far: rather start anew than stand nowhere.
    if (!isValid(this.#own)) {
      this.#own = origin;
      this.#differences = [];
      this.#resets++;
    }
  }

  #remember(name: string, peer: Peer): void {
    this.#peers.delete(name);
    this.#peers.set(name, peer);
    for (const oldest of this.#peers.keys()) {
      if (this.#peers.size <= this.#peersMax) return;
      this.#peers.delete(oldest);
    }
  }

  /** Vivaldi's spring: pulls or pushes by a part of the difference, the more the surer the other is. */
  #approach(other: Coordinate, seconds: number): void {
    const expected = secondsBetween(this.#own, other);
    const wrongness = Math.abs(expected - seconds) / seconds;
    const weight = this.#own.error / Math.max(this.#own.error + other.error, zero);
    const error = errorWeight * weight * wrongness + this.#own.error * (1 - errorWeight * weight);
    const force = moveWeight * weight * (seconds - expected);
    this.#own = { ...this.#pushed(this.#own, force, other), error: Math.min(errorMax, error) };
  }

  #adjust(other: Coordinate, seconds: number): void {
    this.#differences = [...this.#differences, seconds - rawSecondsBetween(this.#own, other)].slice(-adjustmentSamples);
    let sum = 0;
    for (const value of this.#differences) sum += value;
    this.#own = { ...this.#own, adjustment: sum / (2 * adjustmentSamples) };
  }

  /** Gravity keeps the whole cluster from drifting away from the middle. */
  #fall(): void {
    const pull = secondsBetween(origin, this.#own) / gravityRho;
    this.#own = this.#pushed(this.#own, -(pull * pull), origin);
  }

  /** A place moved by so many seconds away from another, or towards it when they are negative. */
  #pushed(from: Coordinate, force: number, other: Coordinate): Coordinate {
    const away = difference(from.vector, other.vector);
    const distance = lengthOf(away);
    if (distance <= zero) {
      const unit = this.#anyDirection();
      return { ...from, vector: from.vector.map((value, dimension) => value + force * (unit[dimension] as number)) };
    }
    const vector = from.vector.map((value, dimension) => value + (force / distance) * (away[dimension] as number));
    const height = ((from.height + other.height) * force) / distance + from.height;
    return { ...from, vector, height: Math.max(heightMin, height) };
  }

  /** Nodes at one place part in a random direction. */
  #anyDirection(): readonly number[] {
    const vector = origin.vector.map(() => this.#random.uint32() / 0x1_0000_0000 - 0.5);
    const length = lengthOf(vector);
    return length > zero ? vector.map((value) => value / length) : [1, ...origin.vector.slice(1)];
  }
}
