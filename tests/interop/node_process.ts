/**
 * A node in a process of its own, for tests that stop and kill it. Arguments: one JSON object of options. Prints one JSON
 * object a line: `ready` with its port, then every event. A line on stdin is a command: `leave`, `members`, `counters`, `health`,
 * `join ADDRESS`, `tags JSON`.
 */
import { createInterface } from "node:readline";
import { type Member, MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";

const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const plain = ({ name, status, tags }: Member): object => ({ name, status, tags: Object.fromEntries(tags) });

const node = await MembershipNode.start({
  ...(JSON.parse(process.argv[2] ?? "{}") as MembershipNodeOptions),
  onEvent: ({ type, member }) => print({ event: type, member: plain(member) }),
  onWarn: (message) => print({ warning: message }),
});
print({ ready: node.address.port });

createInterface({ input: process.stdin }).on("line", (line) => {
  const [command, argument] = line.split(" ", 2);
  if (command === "members") print({ members: node.members().map(plain) });
  else if (command === "tags") node.setTags(JSON.parse(argument ?? "{}") as { [key: string]: string });
  else if (command === "health") print({ health: node.peersHealth() });
  else if (command === "counters") print({ counters: counters() });
  else if (command === "join") node.join([argument ?? ""]).catch((error: Error) => print({ warning: error.message }));
  else if (command === "leave") void leave();
});

function counters(): object {
  const { gossip, malformed } = node.counters;
  const { packetsReceived, streamsAccepted } = gossip;
  const dropped = Object.fromEntries(gossip.dropped);
  return { packetsReceived, streamsAccepted, dropped, malformed, residentBytes: process.memoryUsage().rss };
}

async function leave(): Promise<void> {
  await node.leave();
  print({ left: true });
  await node[Symbol.asyncDispose]();
  process.exit(0);
}
