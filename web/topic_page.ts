/** One topic: how fast it grows, who is behind, its records as they come, and a form to add one. */
import type { TopicDescription } from "../src/client/browser.ts";
import { RateChart } from "./chart.ts";
import type { ClusterWatch } from "./cluster_watch.ts";
import { byId, make, renderWhenChanged, setText } from "./elements.ts";
import { counted, countText, sizeText } from "./formats.ts";
import { LagView } from "./lag_view.ts";
import { intoHead, makePanel } from "./panel.ts";
import { ProduceForm } from "./produce_form.ts";
import type { Sight } from "./sight.ts";
import { Tail } from "./tail.ts";
import { settingsOf } from "./topic_settings.ts";

export class TopicPage {
  readonly tail: Tail;
  readonly form: ProduceForm;
  readonly #watch: ClusterWatch;
  readonly #title = make("h2", "");
  readonly #facts = make("dl", "topic-facts");
  readonly #charts: readonly RateChart[] = [
    new RateChart({ title: "Records", unit: "records", group: "topic" }),
    new RateChart({ title: "Bytes", unit: "bytes", group: "topic" }),
  ];
  readonly #lag: LagView;
  #topic: string | undefined;

  constructor(watch: ClusterWatch, sight: Sight) {
    this.#watch = watch;
    this.#lag = new LagView(watch);
    this.tail = new Tail(watch, sight);
    this.form = new ProduceForm(watch);
    const throughput = makePanel(
      "throughput",
      "Throughput",
      make("div", "charts", ...this.#charts.map(({ element }) => element)),
    );
    const lag = makePanel("lag-panel", "Lag", this.#lag.element);
    intoHead(lag, make("span", "quiet", "records that a node lacks of a feed"));
    byId("view-topic", HTMLElement).append(
      make("header", "topic-head", this.#title, this.#facts),
      throughput,
      lag,
      this.tail.element,
      this.form.element,
    );
  }

  /** Undefined while another part of the page is shown. */
  show(topic: string | undefined): void {
    this.#topic = topic;
    this.#lag.show(topic);
    this.tail.show(topic);
    if (topic === undefined) return;
    this.form.propose(topic);
    setText(this.#title, topic);
    this.render();
  }

  recolour(): void {
    for (const chart of this.#charts) chart.recolour();
  }

  render(): void {
    const name = this.#topic;
    if (name === undefined) return;
    const topic = this.#watch.topic(name);
    const facts = topic === undefined ? absentFacts(this.#watch.topics) : factsOf(topic);
    renderWhenChanged(this.#facts, JSON.stringify(facts), () =>
      facts.map(([term, text]) => make("div", "", make("dt", "", term), make("dd", "", text))),
    );
    const points = this.#watch.history(name)?.points ?? [[], [], []];
    for (const chart of this.#charts) chart.show(points);
    this.tail.renderPosition(topic);
    this.form.render();
  }
}

type Facts = readonly (readonly [string, string])[];

function absentFacts(topics: readonly TopicDescription[] | undefined): Facts {
  return [["State", topics === undefined ? "asking" : "no node has it: the first record that is produced creates it"]];
}

function factsOf(topic: TopicDescription): Facts {
  const { firstOffset, nextOffset, records, bytes, feeds } = topic;
  return [
    ["Span", countText(records)],
    ["Offsets", `${countText(firstOffset)} – ${countText(nextOffset)}`],
    ["Size", sizeText(bytes)],
    ["Feeds", counted(feeds.length, "writer")],
    ...settingsOf(topic),
  ];
}
