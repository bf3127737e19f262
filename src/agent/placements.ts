/** Where each topic belongs, as this node sees its cluster now. */
import { type Clock, isInternalTopic, Listeners } from "../base/mod.ts";
import type { TopicSettings } from "../log/mod.ts";
import { Expression, type Member } from "../membership/mod.ts";
import { type Place, type PlacementMember, placeOf } from "../replication/mod.ts";

/** A member whose role is this passes callers on and holds nothing itself. */
const observerRole = "observer";

export interface PlacementsOptions {
  readonly nodeName: string;
  /** The tags of this node, before and after it is a member. */
  readonly ownTags: () => ReadonlyMap<string, string>;
  /** How long a failed node keeps its place, in milliseconds. */
  readonly settleMs: number;
  readonly clock: Clock;
  settings(topic: string): TopicSettings;
  isHeld(topic: string): boolean;
  readonly onListenerError: (error: unknown) => void;
}

/** Topics and expressions that are kept at most; then they are found out anew. */
const keptMax = 20_000;

export class Placements {
  readonly #options: PlacementsOptions;
  readonly #changed: Listeners<void>;
  #members: (() => readonly Member[]) | undefined;
  /** When each member that failed was first seen so. */
  #failedAtMs: ReadonlyMap<string, number> = new Map();
  /** Undefined: all nodes hold the topic, this one among them. */
  readonly #places = new Map<string, Place | undefined>();
  readonly #expressions = new Map<string, Expression | undefined>();
  #changesAtMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(options: PlacementsOptions) {
    this.#options = options;
    this.#changed = new Listeners(options.onListenerError);
  }

  /** Membership runs: until then what is held belongs here, and nothing else does. */
  open(members: () => readonly Member[]): void {
    this.#members = members;
    this.membersChanged();
  }

  /** Calls `listener` as soon as topics may belong elsewhere than before. The result removes it. */
  onChange(listener: () => void): () => void {
    return this.#changed.add(listener);
  }

  membersChanged(): void {
    const nowMs = this.#options.clock.nowMs();
    const failed = this.#allMembers().filter(({ status }) => status === "failed");
    this.#failedAtMs = new Map(failed.map(({ name }) => [name, this.#failedAtMs.get(name) ?? nowMs]));
    this.#forget();
  }

  /** Something else is settled about topics now. */
  settingsChanged(): void {
    this.#forget();
  }

  /** Whether this node holds no topics. */
  get isObserver(): boolean {
    return isObserver(this.#options.ownTags());
  }

  /** Where a topic belongs; undefined when all nodes are to hold it and this is one. */
  placeOf(topic: string): Place | undefined {
    if (this.#places.has(topic)) return this.#places.get(topic);
    if (this.#places.size >= keptMax) this.#places.clear();
    const place = this.#find(topic);
    this.#places.set(topic, place);
    if (place !== undefined && place.changesAtMs < this.#changesAtMs) this.#wakeAt(place.changesAtMs);
    return place;
  }

  /** How many nodes are to hold it; undefined: all that may. */
  copiesOf(topic: string): number | undefined {
    return isInternalTopic(topic) ? undefined : this.#options.settings(topic).placement?.copies;
  }

  /** Whether it belongs here. */
  isPlaced(topic: string): boolean {
    const place = this.placeOf(topic);
    if (place === undefined) return true;
    if (this.#members === undefined) return this.#options.isHeld(topic);
    return place.placed.includes(this.#options.nodeName);
  }

  /** Whether a node is to hold a topic. */
  isPlacedAt(topic: string, node: string): boolean {
    if (isInternalTopic(topic)) return true;
    const place = this.placeOf(topic);
    if (place !== undefined) return place.placed.includes(node);
    const member = this.#allMembers().find(({ name }) => name === node);
    return member === undefined || !isObserver(member.tags);
  }

  /** Where the node of this name is called; undefined when it is not there to be called. */
  addressOf(node: string): string | undefined {
    const member = this.#allMembers().find(({ name }) => name === node);
    return member?.status === "alive" ? member.tags.get("rpc_addr") : undefined;
  }

  /** All other nodes that take part and are alive. */
  others(): string[] {
    const { nodeName } = this.#options;
    const others = this.#allMembers().filter((member) => member.name !== nodeName && takesPart(member));
    return others.filter(({ status }) => status === "alive").map(({ name }) => name);
  }

  close(): void {
    this.#cancel?.();
  }

  #find(topic: string): Place | undefined {
    if (isInternalTopic(topic)) return undefined;
    const { settleMs, clock, settings } = this.#options;
    const { placement } = settings(topic);
    if (placement === undefined && !this.isObserver) return undefined;
    const { copies, tags = {} } = placement ?? {};
    const matching = this.#allMembers().filter((member) => takesPart(member) && this.#hasTags(member, tags));
    const members = matching.map(({ name }): PlacementMember => ({ name, failedAtMs: this.#failedAtMs.get(name) }));
    return placeOf(topic, members, { copies, nowMs: clock.nowMs(), settleMs });
  }

  #allMembers(): readonly Member[] {
    return this.#members?.() ?? [];
  }

  #hasTags(member: Member, tags: Readonly<Record<string, string>>): boolean {
    return Object.entries(tags).every(([tag, text]) => this.#expression(text)?.isFoundIn(member.tags.get(tag) ?? ""));
  }

  #expression(text: string): Expression | undefined {
    if (this.#expressions.size >= keptMax) this.#expressions.clear();
    if (!this.#expressions.has(text)) this.#expressions.set(text, wholeExpression(text));
    return this.#expressions.get(text);
  }

  #forget(): void {
    this.#places.clear();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#changesAtMs = Number.POSITIVE_INFINITY;
    this.#changed.emit();
  }

  #wakeAt(atMs: number): void {
    this.#cancel?.();
    this.#changesAtMs = atMs;
    this.#cancel = this.#options.clock.schedule(atMs, () => this.#forget());
  }
}

/** What is wrong with an expression over the value of a tag. */
export function expressionFault(text: string): string | undefined {
  return wholeExpression(text) === undefined ? "an expression in RE2's syntax" : undefined;
}

/** Matches whole values, as the flags of `members` do. */
function wholeExpression(text: string): Expression | undefined {
  // On its own first: brackets of the text must not close ours.
  return Expression.parse(text) && Expression.parse(`^(?:${text})$`);
}

/** Whether the node with these tags holds no topics. */
export function isObserver(tags: ReadonlyMap<string, string>): boolean {
  return tags.get("role") === observerRole;
}

/** Whether a member holds topics, or will when it is back. */
function takesPart(member: Member): boolean {
  const isHere = member.status === "alive" || member.status === "failed";
  return isHere && member.tags.has("gv") && member.tags.has("rpc_addr") && !isObserver(member.tags);
}
