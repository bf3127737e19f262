/** The way from one part of the page to another, and the topics. */
import type { TopicDescription } from "../src/client/browser.ts";
import type { ClusterWatch } from "./cluster_watch.ts";
import { byId, make, makeLink, renderWhenChanged, setText } from "./elements.ts";
import { counted, countText, shortText } from "./formats.ts";
import { hashOf, type Route } from "./router.ts";
import { toSparkline } from "./sparkline.ts";

/** Links that are in the list; the filter leads to the others. */
const topicsShownMax = 200;
/** So many are found without a filter. */
const filterFrom = 12;

export class Side {
  readonly #watch: ClusterWatch;
  readonly #list = byId("topics", HTMLElement);
  readonly #tally = byId("topics-tally", HTMLElement);
  readonly #filter = byId("topics-filter", HTMLInputElement);
  readonly #services = byId("services-badge", HTMLElement);
  readonly #events = byId("events-badge", HTMLElement);
  #route: Route = { view: "overview" };
  /** Events that were told before somebody last looked at them. */
  #seen = 0;

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
    this.#filter.addEventListener("input", () => this.#renderTopics());
  }

  show(route: Route): void {
    this.#route = route;
    for (const link of document.querySelectorAll<HTMLElement>("[data-view]")) {
      if (link.dataset["view"] === route.view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.render();
  }

  render(): void {
    this.#renderTopics();
    const { instances } = this.#watch.services;
    const critical = instances.filter(({ state }) => state === "critical").length;
    this.#services.dataset["tone"] = critical > 0 ? "bad" : "plain";
    setText(
      this.#services,
      critical > 0 ? `${critical} critical` : instances.length > 0 ? String(instances.length) : "",
    );
    if (this.#route.view === "events") this.#seen = this.#watch.events.told;
    const unseen = this.#watch.events.told - this.#seen;
    setText(this.#events, unseen === 0 ? "" : `${unseen > 99 ? "99+" : unseen} new`);
  }

  #renderTopics(): void {
    const { topics } = this.#watch;
    if (topics === undefined) return;
    setText(this.#tally, topics.length === 0 ? "" : countText(topics.length));
    this.#filter.hidden = topics.length < filterFrom;
    const wanted = this.#filter.hidden ? "" : this.#filter.value.trim().toLowerCase();
    const found = topics.filter(({ name }) => name.toLowerCase().includes(wanted));
    found.sort((left, right) => (left.name < right.name ? -1 : 1));
    const shown = found.slice(0, topicsShownMax);
    const chosen = this.#route.view === "topic" ? this.#route.topic : undefined;
    const rates = shown.map(({ name }) => this.#watch.history(name)?.points);
    const signature = JSON.stringify([
      chosen,
      wanted,
      found.length,
      shown.map(({ name, records }, index) => [name, records, rates[index]?.[0].at(-1)]),
    ]);
    renderWhenChanged(this.#list, signature, () => {
      const more = found.length - shown.length;
      if (topics.length === 0)
        return [make("li", "quiet", "None yet. A topic is there as soon as something is produced.")];
      return [
        ...shown.map((topic) => this.#toLink(topic, chosen)),
        ...(found.length === 0 ? [make("li", "quiet", "No topic has that in its name.")] : []),
        ...(more > 0 ? [make("li", "quiet", `${counted(more, "more topic")}: filter to find them.`)] : []),
      ];
    });
  }

  #toLink({ name }: TopicDescription, chosen: string | undefined): HTMLElement {
    const history = this.#watch.history(name);
    const rate = history?.rates?.records;
    const link = makeLink(
      "",
      hashOf({ view: "topic", topic: name }),
      make("span", "name", name),
      ...(history === undefined ? [] : [toSparkline(history.points[1])]),
      make("span", "rate", rate === undefined ? "" : rate === 0 ? "idle" : `${shortText(rate)}/s`),
    );
    link.dataset["key"] = name;
    link.title = name;
    if (name === chosen) link.setAttribute("aria-current", "page");
    return make("li", "", link);
  }
}
