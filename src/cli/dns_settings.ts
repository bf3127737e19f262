/** The rows of the DNS in the table of all that `grapevine agent` can be told. */
import type { Setting } from "./agent_settings.ts";

export const dnsSettings: readonly Setting[] = [
  {
    key: "dnsAddr",
    flag: "--dns-addr",
    value: "<ip:port>",
    kind: "text",
    help: "address to answer the DNS at for services and nodes, as 127.0.0.1:8600 (default: none)",
  },
  {
    key: "dnsDomain",
    flag: "--dns-domain",
    value: "<name>",
    kind: "text",
    help: "what all names of --dns-addr end in (default: grapevine)",
  },
  {
    key: "dnsTtlMs",
    flag: "--dns-ttl",
    value: "<time>",
    kind: "duration",
    help: "how long others may keep what --dns-addr answered (default: 0s)",
  },
];
