/** What happened, the newest first. */
import type { ClusterWatch } from "./cluster_watch.ts";
import { byId, make, makeButton, makeEmpty, renderWhenChanged } from "./elements.ts";
import { type EventKind, eventKinds, eventsMax, type TimelineEvent } from "./event_log.ts";
import { clockText, counted, momentText } from "./formats.ts";
import { intoHead, makePanel } from "./panel.ts";

const kindNames: Readonly<Record<EventKind, string>> = {
  member: "Members",
  service: "Services",
  user: "User events",
  query: "Queries",
  console: "This page",
};

export class Timeline {
  readonly #watch: ClusterWatch;
  readonly #list = make("ol", "timeline");
  readonly #filters = make("div", "filters");
  readonly #note = make("p", "quiet note");
  readonly #hidden = new Set<EventKind>();

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
    this.#filters.setAttribute("role", "group");
    this.#filters.setAttribute("aria-label", "Kinds of events that are shown");
    this.#list.setAttribute("aria-label", "Events, newest first");
    const panel = makePanel("events", "Events", this.#list, this.#note);
    intoHead(panel, this.#filters);
    byId("view-events", HTMLElement).append(panel);
  }

  render(): void {
    const { events, told } = this.#watch.events;
    const counts = eventKinds.map((kind) => this.#watch.events.countOf(kind));
    renderWhenChanged(this.#filters, JSON.stringify([counts, [...this.#hidden]]), () =>
      eventKinds.map((kind, index) => this.#toFilter(kind, counts[index] ?? 0)),
    );
    const shown = events.filter(({ kind }) => !this.#hidden.has(kind));
    renderWhenChanged(this.#list, JSON.stringify([shown[0]?.id, shown.length, events.length]), () => {
      if (shown.length > 0) return shown.map(toEventRow);
      return [make("li", "", this.#toEmpty(events.length))];
    });
    const since = `Since ${clockText(this.#watch.startedAtMs)}, when this page was opened: nodes keep no list of what was before.`;
    const kept = told > eventsMax ? ` The latest ${eventsMax} of ${counted(told, "event")} are kept.` : "";
    renderWhenChanged(this.#note, since + kept, () => [new Text(since + kept)]);
  }

  #toFilter(kind: EventKind, count: number): HTMLElement {
    const button = makeButton("filter", kindNames[kind], () => {
      if (!this.#hidden.delete(kind)) this.#hidden.add(kind);
      this.render();
    });
    button.dataset["key"] = kind;
    button.dataset["kind"] = kind;
    button.setAttribute("aria-pressed", String(!this.#hidden.has(kind)));
    button.append(make("span", "count", String(count)));
    return button;
  }

  #toEmpty(events: number): HTMLElement {
    if (events > 0)
      return makeEmpty("Nothing of these kinds", `${counted(events, "event")} of other kinds are hidden.`);
    return makeEmpty(
      "All quiet",
      "Joins, leaves and failures of members, user events, queries and changes of services are told here as they happen.",
    );
  }
}

export function toEventRow({ atMs, kind, tone, subject, what, detail }: TimelineEvent): HTMLElement {
  const time = make("time", "", clockText(atMs));
  time.dateTime = new Date(atMs).toISOString();
  time.title = momentText(atMs);
  const told = make("span", "told", make("strong", "", subject), ` ${what}`);
  const row = make("li", "event", time, make("span", "dot"), told);
  if (detail !== undefined && detail !== "") row.append(make("span", "detail", detail));
  row.dataset["tone"] = tone;
  row.dataset["kind"] = kind;
  return row;
}
