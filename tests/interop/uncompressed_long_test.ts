// timeout: 600
// needs: serf iproute2 namespaces
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
// long
/** All interop tests once more, with agents and nodes that do not compress. */
import "./without_compression.ts";
import "./joining_test.ts";
import "./leaving_test.ts";
import "./news_test.ts";
import "./queries_test.ts";
import "./encryption_test.ts";
import "./indirect_pings_test.ts";
import "./network_test.ts";
import "./namespace_test.ts";
import "./snapshot_test.ts";
import "./agent_rpc_test.ts";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isCompressed } from "./processes.ts";

test("nothing of this run was compressed", () => {
  assert.not(isCompressed());
});

test.run();
