/** The process that a node runs in, as far as all runtimes tell. */
import { Histogram, type Registry } from "prom-client";
import { systemClock } from "../io/clock.ts";
import { programFacts } from "../io/host.ts";
import { readCounter, readGauge } from "./metric_kinds.ts";

/** How often the event loop is asked how late it is. */
const lagEveryMs = 500;

const lagBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** The result stops measuring. */
export function registerProcess(registry: Registry): () => void {
  const gauge = (name: string, help: string, read: () => number): void => readGauge(registry, { name, help }, read);
  gauge("process_resident_memory_bytes", "Memory of the process", () => process.memoryUsage().rss);
  gauge("grapevine_process_heap_bytes", "Heap in use", () => process.memoryUsage().heapUsed);
  const startedAtSeconds = systemClock.wallMs() / 1_000 - process.uptime();
  gauge("process_start_time_seconds", "When the process started, since 1970", () => startedAtSeconds);
  readCounter(registry, { name: "process_cpu_seconds_total", help: "Processor time spent" }, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  });
  const { os, arch, version } = programFacts();
  const labelNames = ["runtime", "os", "arch"];
  readGauge(
    registry,
    { name: "grapevine_runtime_info", help: "What the node runs on; the value is 1", labelNames },
    () => [[{ runtime: version, os, arch }, 1]],
  );
  return measureLag(registry);
}

function measureLag(registry: Registry): () => void {
  const lag = new Histogram({
    name: "grapevine_event_loop_lag_seconds",
    help: "How late a timer came that was due every half second: what keeps the event loop busy",
    buckets: lagBuckets,
    registers: [registry],
  });
  let dueAtMs = systemClock.nowMs() + lagEveryMs;
  const timer = setInterval(() => {
    const nowMs = systemClock.nowMs();
    lag.observe(Math.max(0, nowMs - dueAtMs) / 1_000);
    dueAtMs = nowMs + lagEveryMs;
  }, lagEveryMs);
  // Measuring keeps no program running.
  timer.unref();
  return () => clearInterval(timer);
}
