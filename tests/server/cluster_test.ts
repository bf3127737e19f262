import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  Cluster,
  MemberChange,
  MemberStatus,
  type WatchMembersResponse,
} from "../../src/gen/grapevine/v1/cluster_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../src/gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../src/gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { createRoutes } from "../../src/server/mod.ts";
import { fakePorts, ManualClock, member } from "./fakes.ts";
import { expectFailure, take, until } from "./serving.ts";

function node() {
  const clock = new ManualClock();
  const ports = fakePorts(clock);
  const transport = createRouterTransport(createRoutes(ports));
  return {
    clock,
    ports,
    log: createClient(Log, transport),
    cluster: createClient(Cluster, transport),
    health: createClient(Health, transport),
    reflection: createClient(ServerReflection, transport),
    reflectionAlpha: createClient(ServerReflectionAlpha, transport),
  };
}

test("getServers() lists members that serve, alive ones first, all of them leaders", async () => {
  const { ports, log } = node();
  ports.cluster.list = [
    member("c", { status: "failed" }),
    member("b"),
    member("serf-agent", { tags: new Map([["role", "web"]]) }),
    member("a"),
  ];
  const { servers } = await log.getServers({});
  assert.equal(
    servers.map(({ id, status, isLeader, rpcAddr }) => [id, status, isLeader, rpcAddr]),
    [
      ["a", "alive", true, "127.0.0.1:8410"],
      ["b", "alive", true, "127.0.0.1:8410"],
      ["c", "failed", true, "127.0.0.1:8410"],
    ],
  );
  assert.equal(servers[0]?.tags, { rpc_addr: "127.0.0.1:8410" });
});

test("listTopics() and describeTopic() tell offsets and feeds", async () => {
  const { log } = node();
  await log.produce({ topic: "b", records: [{}, {}] });
  await log.produce({ topic: "a", record: {} });
  const { topics } = await log.listTopics({});
  assert.equal(
    topics.map((topic) => [topic.name, Number(topic.nextOffset), Number(topic.records)]),
    [
      ["a", 1, 1],
      ["b", 2, 2],
    ],
  );
  const { topic } = await log.describeTopic({ topic: "b" });
  assert.is(topic?.firstOffset, 0n);
  assert.ok((topic?.bytes ?? 0n) > 0n);
  assert.equal(
    topic?.feeds.map(({ writer, lowWater, have, durable }) => [writer, lowWater, have, durable]),
    [["00000000000000a1", 1n, 2n, 2n]],
  );
});

test("members() tells name, address, status and tags", async () => {
  const { ports, cluster } = node();
  ports.cluster.list = [member("a"), member("b", { address: { host: "::1", port: 1 }, status: "left" })];
  const { members } = await cluster.members({});
  assert.equal(
    members.map(({ name, address, status }) => [name, address, status]),
    [
      ["a", "127.0.0.1:7946", MemberStatus.ALIVE],
      ["b", "[::1]:1", MemberStatus.LEFT],
    ],
  );
});

test("join() passes the addresses on; leave() begins the leave", async () => {
  const { ports, cluster } = node();
  assert.is((await cluster.join({ addresses: ["a:1", "[::1]:2", "host"] })).joined, 3);
  assert.equal(ports.cluster.joined, [["a:1", "[::1]:2", "host"]]);
  await cluster.leave({});
  assert.is(ports.cluster.left, 1);
});

test("watchMembers() gives all members as joins, then changes, then heartbeats", async () => {
  const { clock, ports, cluster } = node();
  ports.cluster.list = [member("a"), member("b")];
  const seen: WatchMembersResponse[] = [];
  const taking = take(6, async function* (options) {
    for await (const response of cluster.watchMembers({}, options)) {
      seen.push(response);
      yield response;
    }
  });
  await until(() => clock.waiting === 1, "the snapshot was sent");
  ports.cluster.events.emit({ type: "member-failed", member: member("b", { status: "failed" }) });
  ports.cluster.events.emit({ type: "member-reap", member: member("b", { status: "failed" }) });
  await until(() => seen.length === 5 && clock.waiting === 1, "the changes were sent");
  clock.advance(15_000);
  const responses = await taking;
  assert.equal(
    responses.map((response) => (response.heartbeat ? "heartbeat" : [response.change, response.member?.name])),
    [
      [MemberChange.JOIN, "a"],
      [MemberChange.JOIN, "b"],
      "heartbeat",
      [MemberChange.FAILED, "b"],
      [MemberChange.REAP, "b"],
      "heartbeat",
    ],
  );
});

test("watchMembers() ends with RESOURCE_EXHAUSTED for a caller that is too slow", async () => {
  const { clock, ports, cluster } = node();
  const watching = take(2_000, (options) => cluster.watchMembers({}, options));
  const failed = expectFailure(watching, "ResourceExhausted", /more than 1024 changes behind/);
  await until(() => clock.waiting === 1, "it watches");
  for (let count = 0; count < 1_025; count++) ports.cluster.events.emit({ type: "member-update", member: member("a") });
  await failed;
});

test("check() knows the node and each of its services, ready or not", async () => {
  const { ports, health } = node();
  for (const service of ["", "log.v1.Log", "grapevine.v1.Replication", "grpc.health.v1.Health"]) {
    assert.is((await health.check({ service })).status, Status.SERVING, service);
  }
  ports.readiness.become(false);
  assert.is((await health.check({ service: "log.v1.Log" })).status, Status.NOT_SERVING);
  await expectFailure(health.check({ service: "nothing" }), "NotFound", /Cannot check service "nothing"/);
});

test("watch() of health tells every change once", async () => {
  const { clock, ports, health } = node();
  const seen: Status[] = [];
  const taking = take(3, async function* (options) {
    for await (const { status } of health.watch({ service: "" }, options)) {
      seen.push(status);
      yield status;
    }
  });
  await until(() => clock.waiting === 1, "it watches");
  ports.readiness.become(false);
  await until(() => seen.length === 2 && clock.waiting === 1, "it told");
  ports.readiness.become(false);
  clock.advance(60_000);
  await until(() => clock.waiting === 1, "it watches on");
  ports.readiness.become(true);
  assert.equal(await taking, [Status.SERVING, Status.NOT_SERVING, Status.SERVING]);
  assert.equal(
    await take(1, (options) => health.watch({ service: "nothing" }, options)).then(([one]) => one?.status),
    Status.SERVICE_UNKNOWN,
  );
});

const asked = [
  { case: "listServices" as const, value: "" },
  { case: "fileByFilename" as const, value: "log/v1/log.proto" },
  { case: "fileContainingSymbol" as const, value: "log.v1.Log" },
  { case: "fileContainingSymbol" as const, value: "log.v1.Log.Produce" },
  { case: "fileContainingSymbol" as const, value: "log.v1.Record.value" },
  { case: "fileContainingSymbol" as const, value: "grapevine.v1.MEMBER_STATUS_LEFT" },
  { case: "fileContainingSymbol" as const, value: "grpc.health.v1.HealthCheckResponse.ServingStatus" },
  { case: "fileContainingSymbol" as const, value: "no.such.Symbol" },
  { case: "fileByFilename" as const, value: "no_such.proto" },
  { case: "allExtensionNumbersOfType" as const, value: "log.v1.Record" },
  { case: "allExtensionNumbersOfType" as const, value: "no.such.Message" },
  { case: "fileContainingExtension" as const, value: { containingType: "log.v1.Record", extensionNumber: 5 } },
  { case: undefined },
];

const told = [
  "grapevine.v1.Cluster grapevine.v1.Page grapevine.v1.Registry grapevine.v1.Replication grpc.health.v1.Health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection log.v1.Log",
  "log/v1/log.proto",
  "log/v1/log.proto",
  "log/v1/log.proto",
  "log/v1/log.proto",
  "grapevine/v1/cluster.proto",
  "grpc/health/v1/health.proto",
  'NotFound Cannot find symbol "no.such.Symbol": this server does not declare it',
  'NotFound Cannot find file "no_such.proto": this server does not declare it',
  "log.v1.Record 0",
  'NotFound Cannot find message "no.such.Message": this server does not declare it',
  'NotFound Cannot find extension 5 of "log.v1.Record": this server does not declare it',
  "InvalidArgument Cannot reflect: the request asks for nothing",
];

for (const version of ["reflection", "reflectionAlpha"] as const) {
  test(`${version} finds services, files and symbols, and says what it cannot find`, async () => {
    const client = node()[version];
    const answers: string[] = [];
    const requests = (async function* () {
      for (const messageRequest of asked) yield { messageRequest };
    })();
    for await (const { messageResponse: answer } of client.serverReflectionInfo(requests)) {
      if (answer.case === "listServicesResponse") answers.push(answer.value.service.map(({ name }) => name).join(" "));
      if (answer.case === "fileDescriptorResponse") {
        const files = answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
        answers.push(files.map(({ name }) => name).join(" "));
      }
      if (answer.case === "allExtensionNumbersResponse") {
        answers.push(`${answer.value.baseTypeName} ${answer.value.extensionNumber.length}`);
      }
      if (answer.case === "errorResponse") {
        answers.push(`${Code[answer.value.errorCode]} ${answer.value.errorMessage}`);
      }
    }
    assert.equal(answers, told);
  });
}

test.run();
