/**
 * A node of the library alone, driven by Serf's agent RPC, for `mixed_cluster.ts`. Its argument is `MembershipNodeOptions` in
 * JSON. Prints `serf ADDRESS`, as the agent does.
 */
import { MembershipNode, startSerfRpc } from "../../src/agent/membership.ts";

const node = await MembershipNode.start({
  ...JSON.parse(process.argv[2] ?? "{}"),
  onWarn: (message) => console.error(`${new Date().toISOString()} warn: ${message}`),
  onEvent: ({ type, member }) =>
    console.error(`${new Date().toISOString()} ${type}: ${member.name} at incarnation ${member.incarnation}`),
});
const { host, port } = (
  await startSerfRpc(node, {
    address: "127.0.0.1:0",
    stop: async () => process.exit(0),
  })
).address;
console.log(`serf    ${host}:${port}`);
