/** The cluster at a glance. */
import { RateChart } from "./chart.ts";
import type { ClusterWatch } from "./cluster_watch.ts";
import { byId, make, makeCode, makeEmpty, makeLink, renderWhenChanged } from "./elements.ts";
import { agoText, counted, countText, shortText, sizeText } from "./formats.ts";
import { ClusterMap } from "./map.ts";
import { intoHead, makePanel } from "./panel.ts";
import { hashOf } from "./router.ts";
import { worstFirst } from "./services.ts";
import { toEventRow } from "./timeline.ts";

const topicsShown = 8;
const servicesShown = 7;
const eventsShown = 5;

type Tone = "good" | "bad" | "odd" | "plain";

export class Overview {
  readonly #watch: ClusterWatch;
  readonly #figures = make("dl", "figures");
  readonly #map: ClusterMap;
  readonly #charts: readonly RateChart[] = [
    new RateChart({ title: "Records", unit: "records", group: "total" }),
    new RateChart({ title: "Bytes", unit: "bytes", group: "total" }),
  ];
  readonly #topics = make("div", "panel-body");
  readonly #services = make("div", "panel-body");
  readonly #events = make("ol", "timeline");

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
    this.#map = new ClusterMap(watch);
    const throughput = makePanel(
      "throughput",
      "Throughput",
      make("div", "charts", ...this.#charts.map(({ element }) => element)),
    );
    intoHead(throughput, make("span", "quiet", "of what reaches the answering node"));
    const services = makePanel("services-brief", "Services", this.#services);
    intoHead(services, makeLink("more", "#services", "All services"));
    const events = makePanel("events-brief", "Latest events", this.#events);
    intoHead(events, makeLink("more", "#events", "All events"));
    byId("view-overview", HTMLElement).append(
      this.#figures,
      makePanel("cluster", "Cluster", this.#map.element),
      throughput,
      makePanel("topics-brief", "Topics", this.#topics),
      services,
      events,
    );
  }

  recolour(): void {
    for (const chart of this.#charts) chart.recolour();
  }

  render(): void {
    this.#renderFigures();
    this.#map.render();
    for (const chart of this.#charts) chart.show(this.#watch.total.points);
    this.#renderTopics();
    this.#renderServices();
    this.#renderEvents();
  }

  #renderFigures(): void {
    const figures = [this.#membersFigure(), ...this.#rateFigures(), this.#lagFigure(), this.#servicesFigure()];
    renderWhenChanged(this.#figures, JSON.stringify(figures), () =>
      figures.map(({ term, value, about, tone }) => {
        const figure = make(
          "div",
          "figure",
          make("dt", "", term),
          make("dd", "value", value),
          make("dd", "about", about),
        );
        figure.dataset["tone"] = tone;
        return figure;
      }),
    );
  }

  #membersFigure(): Figure {
    const { members } = this.#watch;
    const there = members.filter(({ status }) => status !== "left");
    const failed = there.filter(({ status }) => status === "failed");
    const value = members.length === 0 ? "–" : `${there.length - failed.length} of ${there.length}`;
    const [first] = failed;
    const since = first?.sinceMs === undefined ? "" : ` ${agoText(first.sinceMs, Date.now())}`;
    const about =
      first === undefined
        ? members.length === 0
          ? "asking"
          : "all alive"
        : failed.length === 1
          ? `${first.name} failed${since}`
          : `${failed.length} failed`;
    return { term: "Nodes alive", value, about, tone: first === undefined ? "plain" : "bad" };
  }

  #rateFigures(): Figure[] {
    const { topics, total, askedName } = this.#watch;
    const rates = total.rates;
    const records = topics?.reduce((sum, topic) => sum + topic.records, 0);
    const bytes = topics?.reduce((sum, topic) => sum + topic.bytes, 0);
    const held = askedName === undefined ? "held" : `on ${askedName}`;
    return [
      {
        term: "Records",
        value: rates === undefined ? "–" : `${shortText(rates.records)}/s`,
        about: records === undefined ? "asking" : `${shortText(records)} offsets ${held}`,
        tone: "plain",
      },
      {
        term: "Bytes",
        value: rates === undefined ? "–" : `${sizeText(rates.bytes)}/s`,
        about: bytes === undefined ? "asking" : `${sizeText(bytes)} ${held}`,
        tone: "plain",
      },
    ];
  }

  #lagFigure(): Figure {
    const { topics = [], nodes } = this.#watch;
    const lags = topics.map(({ name }) => ({ name, lag: this.#watch.lagOf(name) }));
    const most = lags.reduce((left, right) => (right.lag > left.lag ? right : left), { name: "", lag: 0 });
    const silent = nodes.filter((node) => node.topics === undefined).length;
    const about = most.lag > 0 ? `most in ${most.name}` : nodes.length === 0 ? "asking" : "every node has all";
    return {
      term: "Furthest behind",
      value: nodes.length === 0 ? "–" : most.lag === 0 ? "0" : shortText(most.lag),
      about: silent > 0 ? `${counted(silent, "node")} not answering` : about,
      tone: silent > 0 ? "odd" : "plain",
    };
  }

  #servicesFigure(): Figure {
    const { instances, state } = this.#watch.services;
    const count = (wanted: string): number => instances.filter((instance) => instance.state === wanted).length;
    const critical = count("critical");
    const warning = count("warning");
    if (state === "absent") return { term: "Services", value: "–", about: "no registry here", tone: "plain" };
    if (instances.length === 0) {
      return { term: "Services", value: "0", about: state === "asking" ? "asking" : "none registered", tone: "plain" };
    }
    const sick = [critical > 0 ? `${critical} critical` : "", warning > 0 ? `${warning} warning` : ""].filter(Boolean);
    return {
      term: "Services passing",
      value: `${count("passing")} of ${instances.length}`,
      about: sick.length === 0 ? "all are well" : sick.join(", "),
      tone: critical > 0 ? "bad" : warning > 0 ? "odd" : "plain",
    };
  }

  #renderTopics(): void {
    const { topics } = this.#watch;
    if (topics === undefined) {
      renderWhenChanged(this.#topics, "asking", () => [makeEmpty("Asking …")]);
      return;
    }
    const busiest = [...topics]
      .sort((left, right) => this.#rateOf(right.name) - this.#rateOf(left.name))
      .slice(0, topicsShown);
    busiest.sort((left, right) => (left.name < right.name ? -1 : 1));
    const rows = busiest.map(({ name, records, bytes, feeds }) => {
      const lag = this.#watch.lagOf(name);
      return [
        name,
        `${shortText(this.#rateOf(name))}/s`,
        shortText(records),
        sizeText(bytes),
        String(feeds.length),
        shortText(lag),
      ];
    });
    renderWhenChanged(this.#topics, JSON.stringify([rows, topics.length]), () => {
      if (rows.length === 0) {
        const command = makeCode("echo hello | grapevine produce greetings");
        return [makeEmpty("No topics yet", "A topic is there as soon as something is produced: ", command)];
      }
      const more = topics.length - rows.length;
      const rest = more > 0 ? [make("p", "quiet", `${counted(more, "more topic")}, less busy.`)] : [];
      return [toTable(["Topic", "Rate", "Span", "Size", "Feeds", "Behind"], rows), ...rest];
    });
  }

  #rateOf(topic: string): number {
    return this.#watch.history(topic)?.rates?.records ?? 0;
  }

  #renderServices(): void {
    const { instances, state } = this.#watch.services;
    const shown = worstFirst(instances).slice(0, servicesShown);
    const more = instances.length - shown.length;
    const signature = JSON.stringify([
      state,
      shown.map(({ id, node, state: health, checks }) => [id, node, health, checks]),
      more,
    ]);
    renderWhenChanged(this.#services, signature, () => {
      if (shown.length === 0) {
        if (state === "asking") return [makeEmpty("Asking …")];
        return [
          makeEmpty(
            "No services yet",
            "Programs beside a node register with it, and it checks them. ",
            makeLink("", "#services", "How to register one"),
          ),
        ];
      }
      const list = make("ul", "services-list");
      for (const { name, id, node, state: health, checks } of shown) {
        const badge = make("span", "state", health);
        badge.dataset["state"] = health;
        const reason = checks.find((check) => check.state === health && health !== "passing")?.output ?? "";
        const title = make("span", "name", name, ...(id === name ? [] : [make("span", "quiet", ` ${id}`)]));
        list.append(
          make(
            "li",
            "",
            badge,
            title,
            make("span", "node", node),
            ...(reason === "" ? [] : [make("span", "reason", reason)]),
          ),
        );
      }
      return [list, ...(more > 0 ? [make("p", "quiet", `${countText(more)} more`)] : [])];
    });
  }

  #renderEvents(): void {
    const events = this.#watch.events.events.slice(0, eventsShown);
    renderWhenChanged(this.#events, JSON.stringify(events.map(({ id }) => id)), () => {
      if (events.length > 0) return events.map(toEventRow);
      return [
        make(
          "li",
          "",
          makeEmpty("All quiet", "What happens from now on is told here: joins, leaves, failures, events, queries."),
        ),
      ];
    });
  }
}

interface Figure {
  readonly term: string;
  readonly value: string;
  readonly about: string;
  readonly tone: Tone;
}

/** The first column names topics and leads to them, the others are figures. */
function toTable(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const head = make("tr", "");
  for (const text of heads) {
    const cell = make("th", "", text);
    cell.scope = "col";
    head.append(cell);
  }
  const body = make("tbody", "");
  for (const [name = "", ...figures] of rows) {
    const link = makeLink("", hashOf({ view: "topic", topic: name }), name);
    link.dataset["key"] = name;
    link.title = name;
    const title = make("th", "", link);
    title.scope = "row";
    body.append(
      make("tr", "", title, ...figures.map((text) => make("td", text === "0" || text === "0/s" ? "zero" : "", text))),
    );
  }
  return make("table", "figures-table", make("thead", "", head), body);
}
