import type { WriterId } from "../base/mod.ts";

/** A tag by which nodes know one another: it follows from what the node is. */
export class ReservedTagError extends RangeError {
  override readonly name = "ReservedTagError";
  readonly code = "RESERVED_TAG";
  readonly tag: string;

  constructor(tag: string) {
    super(`Cannot change tag ${JSON.stringify(tag)}: the node sets it itself`);
    this.tag = tag;
  }
}

/** What a node says about itself: its own facts, and what its operator adds. */
export class NodeTags {
  #operator: ReadonlyMap<string, string>;
  #facts: ReadonlyMap<string, string> = new Map();
  readonly #onChange: (operator: ReadonlyMap<string, string>) => void;

  /** `onChange` hears what the operator says from then on. */
  constructor(
    operator: ReadonlyMap<string, string>,
    onChange: (operator: ReadonlyMap<string, string>) => void = () => {},
  ) {
    this.#operator = operator;
    this.#onChange = onChange;
  }

  /** The node's facts stand above what the operator says. */
  setFacts(facts: { readonly rpcAddress: string; readonly protocol: number; readonly writer: WriterId }): void {
    this.#facts = new Map([
      ["rpc_addr", facts.rpcAddress],
      ["gv", String(facts.protocol)],
      ["w", facts.writer],
    ]);
  }

  all(): ReadonlyMap<string, string> {
    return new Map([...this.#operator, ...this.#facts]);
  }

  /** Sets and removes what the operator says; `publish` may refuse it, and then nothing changed. */
  change(
    set: ReadonlyMap<string, string>,
    remove: readonly string[],
    publish: (tags: ReadonlyMap<string, string>) => void,
  ): void {
    for (const tag of [...set.keys(), ...remove]) if (this.#facts.has(tag)) throw new ReservedTagError(tag);
    const changed = new Map([...this.#operator, ...set]);
    for (const tag of remove) changed.delete(tag);
    this.#publish(changed, publish);
    this.#onChange(changed);
  }

  /** All that the operator says from now on; `publish` may refuse it, and then nothing changed. */
  replace(operator: ReadonlyMap<string, string>, publish: (tags: ReadonlyMap<string, string>) => void): void {
    for (const tag of operator.keys()) if (this.#facts.has(tag)) throw new ReservedTagError(tag);
    this.#publish(operator, publish);
  }

  #publish(operator: ReadonlyMap<string, string>, publish: (tags: ReadonlyMap<string, string>) => void): void {
    const before = this.#operator;
    this.#operator = operator;
    try {
      publish(this.all());
    } catch (error) {
      this.#operator = before;
      throw error;
    }
  }
}
