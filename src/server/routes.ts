/** Which function answers which RPC. */
import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import type { MessageAnswerer, MessageCall } from "../base/mod.ts";
import { Cluster } from "../gen/grapevine/v1/cluster_pb.ts";
import { Page } from "../gen/grapevine/v1/page_pb.ts";
import { Registry } from "../gen/grapevine/v1/registry_pb.ts";
import { Replication } from "../gen/grapevine/v1/replication_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { Log } from "../gen/log/v1/log_pb.ts";
import { Answering, type Routes } from "./answering.ts";
import { getServers, join, toMember, watchMembers } from "./cluster.ts";
import {
  changeKeys,
  changeTags,
  diagnosePeers,
  estimateRoundTrip,
  forceLeave,
  info,
  listKeys,
  query,
  sendEvent,
  watchEvents,
} from "./cluster_gossip.ts";
import { watchLog } from "./cluster_log.ts";
import { compareFeed } from "./compare_feed.ts";
import { deleteCursor, getCursor, listCursors, resetCursor, saveCursor } from "./cursors.ts";
import { answerAtHolder, consumeAnywhere, consumeStreamAnywhere } from "./doors.ts";
import { follow } from "./follow.ts";
import { workInGroup } from "./group_calls.ts";
import { checkHealth, watchHealth } from "./health.ts";
import { HotProducer } from "./hot_produce.ts";
import { ProduceManyCall } from "./hot_produce_many.ts";
import type { ServerPorts } from "./ports.ts";
import { produce } from "./produce.ts";
import { produceMany } from "./produce_many.ts";
import { produceStream } from "./produce_stream.ts";
import { Reflection } from "./reflection.ts";
import { deregisterService, lookUpServices, registerService, reportHealth, watchServices } from "./registry.ts";
import { keep, pull, watch } from "./replication.ts";
import { deleteTopic, describeTopic, listTopics, setTopic } from "./topics.ts";

/** Every service that a node serves. */
const services: readonly DescService[] = [
  Log,
  Replication,
  Cluster,
  Registry,
  Page,
  Health,
  ServerReflection,
  ServerReflectionAlpha,
];

/** Adds all services of a node to a router, answered from the ports. */
export function createRoutes(ports: ServerPorts): Routes {
  const answering = new Answering(ports);
  return (router) => {
    addLog(router, ports, answering);
    addReplication(router, ports, answering);
    addCluster(router, ports, answering);
    addRegistry(router, ports, answering);
    addHealth(router, ports, answering);
    router.service(Page, { follow: answering.streaming((request, context) => follow(ports, request, context)) });
    addReflection(router, answering);
  };
}

function addLog(router: ConnectRouter, ports: ServerPorts, answering: Answering): void {
  const { cluster } = ports;
  const producer = new HotProducer(ports);
  const openMany = (call: MessageCall): MessageAnswerer => new ProduceManyCall(producer, call);
  router.service(Log, {
    produce: answering.unary((request) => produce(ports, request)),
    produceStream: answering.streaming((requests, context) => produceStream(ports, requests, context)),
    produceMany: answering.streaming((requests, context) => produceMany(openMany, requests, context)),
    consume: answering.unary((request, context) => consumeAnywhere(ports, request, context)),
    consumeStream: answering.streaming((request, context) => consumeStreamAnywhere(ports, request, context)),
    getServers: answering.unary(() => getServers(cluster)),
    listTopics: answering.unary((request) => listTopics(ports, request)),
    describeTopic: answering.unary((request) => describeTopic(ports, request)),
    setTopic: answering.unary((request) => setTopic(ports, request)),
    deleteTopic: answering.unary((request) => deleteTopic(ports, request)),
    ...cursorMethods(ports, answering),
    workInGroup: answering.unary((request, context) => workInGroup(ports, request, context)),
  });
}

/** Whoever holds a topic knows how far it was read. */
function cursorMethods(ports: ServerPorts, answering: Answering): Partial<ServiceImpl<typeof Log>> {
  return {
    saveCursor: answering.unary((request) =>
      answerAtHolder(ports, request, {
        doing: "save a cursor of",
        here: (asked) => saveCursor(ports, asked),
        there: (holder, asked) => holder.saveCursor(asked),
      }),
    ),
    getCursor: answering.unary((request, context) =>
      answerAtHolder(ports, request, {
        doing: "get a cursor of",
        here: (asked) => getCursor(ports, asked, context),
        there: (holder, asked) => holder.getCursor(asked, { signal: context.signal }),
      }),
    ),
    listCursors: answering.unary((request) =>
      answerAtHolder(ports, request, {
        doing: "list cursors of",
        here: (asked) => listCursors(ports, asked),
        there: (holder, asked) => holder.listCursors(asked),
      }),
    ),
    resetCursor: answering.unary((request) =>
      answerAtHolder(ports, request, {
        doing: "reset a cursor of",
        here: (asked) => resetCursor(ports, asked),
        there: (holder, asked) => holder.resetCursor(asked),
      }),
    ),
    deleteCursor: answering.unary((request) =>
      answerAtHolder(ports, request, {
        doing: "delete a cursor of",
        here: (asked) => deleteCursor(ports, asked),
        there: (holder, asked) => holder.deleteCursor(asked),
      }),
    ),
  };
}

function addReplication(router: ConnectRouter, ports: ServerPorts, answering: Answering): void {
  router.service(Replication, {
    watch: answering.streaming((request, context) => watch(ports, request, context)),
    pull: answering.streaming((request, context) => pull(ports, request, context)),
    compareFeed: answering.unary((request) => compareFeed(ports, request)),
    keep: answering.unary((request) => keep(ports, request)),
  });
}

function addCluster(router: ConnectRouter, ports: ServerPorts, answering: Answering): void {
  const { cluster } = ports;
  router.service(Cluster, {
    members: answering.unary(() => ({ members: cluster.members().map(toMember) })),
    watchMembers: answering.streaming((_request, context) => watchMembers(ports, context)),
    join: answering.unary((request) => join(cluster, request)),
    leave: answering.unary(async () => {
      await cluster.leave();
      return {};
    }),
    ...gossipMethods(ports, answering),
  });
}

function gossipMethods(ports: ServerPorts, answering: Answering): Partial<ServiceImpl<typeof Cluster>> {
  const { gossip } = ports;
  if (gossip === undefined) return {};
  return {
    forceLeave: answering.unary((request) => forceLeave(gossip, request)),
    changeTags: answering.unary((request) => changeTags(gossip, request)),
    sendEvent: answering.unary((request) => sendEvent(gossip, request)),
    query: answering.streaming((request, context) => query(gossip, request, context)),
    watchEvents: answering.streaming((_request, context) => watchEvents(ports, gossip, context)),
    watchLog: answering.streaming((request, context) => watchLog(ports, gossip, { request, context })),
    changeKeys: answering.unary((request) => changeKeys(gossip, request)),
    listKeys: answering.unary(() => listKeys(gossip)),
    estimateRoundTrip: answering.unary((request) => estimateRoundTrip(gossip, request)),
    diagnosePeers: answering.unary((request) => diagnosePeers(gossip, request)),
    info: answering.unary(() => info(gossip)),
  };
}

function addRegistry(router: ConnectRouter, ports: ServerPorts, answering: Answering): void {
  router.service(Registry, {
    registerService: answering.unary((request) => registerService(ports, request)),
    deregisterService: answering.unary((request) => deregisterService(ports, request)),
    reportHealth: answering.unary((request) => reportHealth(ports, request)),
    lookUpServices: answering.unary((request) => lookUpServices(ports, request)),
    watchServices: answering.streaming((request, context) => watchServices(ports, request, context)),
  });
}

function addHealth(router: ConnectRouter, ports: ServerPorts, answering: Answering): void {
  const names = new Set(services.map((service) => service.typeName));
  router.service(Health, {
    check: answering.unary((request) => checkHealth(ports.readiness, names, request)),
    watch: answering.streaming((request, context) => watchHealth(ports, names, request, context)),
  });
}

function addReflection(router: ConnectRouter, answering: Answering): void {
  const reflection = new Reflection(services);
  router.service(ServerReflection, {
    serverReflectionInfo: answering.streaming(async function* (requests) {
      for await (const request of requests) {
        yield { validHost: request.host, originalRequest: request, messageResponse: reflection.answer(request) };
      }
    }),
  });
  router.service(ServerReflectionAlpha, {
    serverReflectionInfo: answering.streaming(async function* (requests) {
      for await (const request of requests) {
        yield { validHost: request.host, originalRequest: request, messageResponse: reflection.answer(request) };
      }
    }),
  });
}
