/** What a node did, as lines for those who watch it by `serf monitor` or `grapevine monitor`. */
import { formatAddress, Listeners } from "../base/mod.ts";
import type { MembershipNode } from "./membership_node.ts";

/** Serf's levels, the chattiest first. */
export const serfLogLevels = ["TRACE", "DEBUG", "INFO", "WARN", "ERR"] as const;
export type SerfLogLevel = (typeof serfLogLevels)[number];

/** Lines that are kept for who comes later, as many as Serf keeps. */
const linesMax = 512;

interface Line {
  readonly level: SerfLogLevel;
  readonly text: string;
}

/** The last lines and those that come, for whoever asks. */
export class LogLines {
  readonly #lines: Line[] = [];
  readonly #listeners: Listeners<Line>;
  readonly #wallMs: () => number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
    // Listeners write to sockets, which tell of trouble otherwise.
    this.#listeners = new Listeners(() => {});
  }

  add(level: SerfLogLevel, message: string): void {
    const at = new Date(this.#wallMs()).toISOString().slice(0, 19).replace("T", " ").replaceAll("-", "/");
    const line = { level, text: `${at} [${level}] ${message}` };
    this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines.shift();
    this.#listeners.emit(line);
  }

  /** Calls `listener` with the lines that are kept, then with each that comes. The result ends that. */
  follow(least: SerfLogLevel, listener: (text: string) => void): () => void {
    const tell = ({ level, text }: Line): void => {
      if (serfLogLevels.indexOf(level) >= serfLogLevels.indexOf(least)) listener(text);
    };
    for (const line of this.#lines) tell(line);
    return this.#listeners.add(tell);
  }
}

const eventWords = {
  "member-join": "EventMemberJoin",
  "member-leave": "EventMemberLeave",
  "member-failed": "EventMemberFailed",
  "member-update": "EventMemberUpdate",
  "member-reap": "EventMemberReap",
} as const;

/**
 * Writes what happens to a node into a log. The result ends that. Its warnings are left out where the node's own logger
 * brings them.
 */
export function logNode(
  node: MembershipNode,
  log: LogLines,
  options: { readonly warnings?: boolean | undefined } = {},
): () => void {
  const stops = [
    node.onEvent(({ type, member }) =>
      log.add("INFO", `serf: ${eventWords[type]}: ${member.name} ${member.address.host}`),
    ),
    node.on("warn", (message) => {
      if (options.warnings !== false) log.add("WARN", `serf: ${message}`);
    }),
    node.on("user-event", ({ name }) => log.add("DEBUG", `agent: Received event: user-event: ${name}`)),
    node.on("query", ({ name, sourceNode }) => log.add("DEBUG", `agent: Received query: ${name} from ${sourceNode}`)),
    node.on("name-conflict", ({ name, held, claimed, outcome }) =>
      log.add("ERR", `serf: ${name} is claimed by ${formatAddress(held)} and ${formatAddress(claimed)}: ${outcome}`),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
