/** Metrics that are read when somebody asks for them, from counts that the node keeps anyway. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface MetricText {
  /** With its unit last, as Prometheus has it; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[] | undefined;
}

/** Values by their labels. Whoever reads them bounds how many there are. */
export type Series = Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;

/** Something that goes up and down. */
export function readGauge(registry: Registry, text: MetricText, read: () => number | Series): void {
  const { labelNames = [] } = text;
  new Gauge({
    ...{ name: text.name, help: text.help, labelNames, registers: [registry] },
    collect() {
      this.reset();
      for (const [labels, value] of seriesOf(read())) this.set(labels, value);
    },
  });
}

/** Something that only goes up while the node runs. */
export function readCounter(registry: Registry, text: MetricText, read: () => number | Series): void {
  const { labelNames = [] } = text;
  new Counter({
    ...{ name: text.name, help: text.help, labelNames, registers: [registry] },
    collect() {
      this.reset();
      for (const [labels, value] of seriesOf(read())) this.inc(labels, value);
    },
  });
}

/** Counts at the price of an addition: for what happens with every message. A `readCounter` tells what it came to. */
export class Tally {
  total = 0;

  inc(by = 1): void {
    this.total += by;
  }
}

function seriesOf(read: number | Series): Series {
  return typeof read === "number" ? [[{}, read]] : read;
}
