/** Changes the key of a cluster while members come and go, as an operator would: each step until all have taken it. */
import { formatKey } from "../../src/gossip/mod.ts";
import type { AgentClient, KeyReport } from "./agent_client.ts";

export interface Rotation {
  readonly key: Uint8Array;
  readonly old: string;
  /** Says which keys members that start from now on are to have, the primary first. */
  readonly provide: (keys: readonly string[]) => void;
  readonly everybody: () => readonly string[];
  /** Who performs which of the three steps. */
  readonly client: (step: number) => AgentClient;
  readonly log: (line: string) => void;
}

/** A member that was stopped, or died and is not missed yet, does not answer for up to half a minute. */
const attemptsMax = 60;
const pauseMs = 1_000;

/** Returns what went wrong. */
export async function rotateKey(rotation: Rotation): Promise<string | undefined> {
  const { old, provide, log } = rotation;
  const key = formatKey(rotation.key);
  provide([old, key]);
  const steps = [
    { command: "install-key", key, isDone: (report: KeyReport, all: number) => report.keys.get(key) === all },
    {
      command: "use-key",
      key,
      isDone: (report: KeyReport, all: number) => report.keys.get(key) === all,
    },
    { command: "remove-key", key: old, isDone: (report: KeyReport) => !report.keys.has(old) },
  ] as const;
  for (const [index, { command, key: subject, isDone }] of steps.entries()) {
    if (command === "use-key") provide([key, old]);
    if (command === "remove-key") provide([key]);
    let attempt = 1;
    for (; ; attempt++) {
      const all = rotation.everybody().length;
      const change = await rotation.client(index).changeKey(command, subject);
      const list = await rotation.client(index).listKeys();
      const agreed = change.error === "" && change.answered >= all && list.answered >= all;
      if (agreed && rotation.everybody().length === all && isDone(list, all)) break;
      if (attempt >= attemptsMax) {
        return `${command} is not done everywhere after ${attempt} attempts: ${change.error}; ${change.answered} and ${list.answered} of ${all} answered`;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    log(`${command}: done everywhere at attempt ${attempt}`);
  }
  return undefined;
}
