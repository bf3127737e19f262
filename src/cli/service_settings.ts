import type { Setting } from "./agent_settings.ts";

/** What a node can be told about services. */
export const serviceSettings: readonly Setting[] = [
  {
    key: "services",
    flag: "--services",
    value: "<json>",
    kind: "services",
    help: "services to register, a JSON list; in the file of --config a list (default: none)",
  },
  {
    key: "allowCommandChecks",
    flag: "--allow-command-checks",
    kind: "yes",
    help: "take services from callers whose health checks run programs: whoever reaches --rpc-addr may run any",
  },
];
