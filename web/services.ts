/** Services that nodes registered, how well they are, and why. */
import type { HealthState, ServiceInstance } from "../src/client/browser.ts";
import type { ClusterWatch } from "./cluster_watch.ts";
import { byId, make, makeButton, makeEmpty, renderWhenChanged, setText } from "./elements.ts";
import { agoText, clockText, counted, roundTripText } from "./formats.ts";
import { intoHead, makePanel } from "./panel.ts";
import { allStates } from "./service_watch.ts";

/** Instances that are drawn; the filter leads to the others. */
const instancesShownMax = 300;
const order: Readonly<Record<HealthState, number>> = { critical: 0, warning: 1, passing: 2 };

export function worstFirst(instances: readonly ServiceInstance[]): ServiceInstance[] {
  const rank = ({ state, name, node, id }: ServiceInstance): string => `${order[state]}\n${name}\n${node}\n${id}`;
  return [...instances].sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
}

export class Services {
  readonly #watch: ClusterWatch;
  readonly #body = make("div", "services-body");
  readonly #filters = make("div", "filters");
  readonly #search = make("input", "");
  readonly #open = new Set<string>();
  #state: HealthState | undefined;

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
    this.#search.type = "search";
    this.#search.placeholder = "Name, tag, node or address";
    this.#search.setAttribute("aria-label", "Search services by name, tag, node or address");
    this.#search.addEventListener("input", () => this.render());
    this.#filters.setAttribute("role", "group");
    this.#filters.setAttribute("aria-label", "States that are shown");
    const panel = makePanel("services", "Services", this.#body);
    intoHead(panel, this.#search, this.#filters);
    byId("view-services", HTMLElement).append(panel);
  }

  focusSearch(): void {
    this.#search.focus();
  }

  render(): void {
    const { instances, state } = this.#watch.services;
    const isEmpty = instances.length === 0;
    this.#search.hidden = isEmpty;
    this.#filters.hidden = isEmpty;
    if (isEmpty) {
      renderWhenChanged(this.#body, state, () => [toEmptyState(state)]);
      return;
    }
    this.#renderFilters(instances);
    const wanted = this.#search.value.trim().toLowerCase();
    const found = worstFirst(instances).filter(
      (instance) => (this.#state === undefined || instance.state === this.#state) && textOf(instance).includes(wanted),
    );
    const shown = found.slice(0, instancesShownMax);
    const signature = JSON.stringify([
      shown.map((each) => ({ ...each, rttMs: undefined })),
      found.length,
      [...this.#open],
    ]);
    renderWhenChanged(this.#body, signature, () => this.#groups(shown, found.length));
    this.#renderMoments(shown);
  }

  #renderFilters(instances: readonly ServiceInstance[]): void {
    const counts = allStates.map((state) => instances.filter((instance) => instance.state === state).length);
    renderWhenChanged(this.#filters, JSON.stringify([counts, this.#state]), () =>
      allStates.map((state, index) => {
        const button = makeButton("filter", state, () => {
          this.#state = this.#state === state ? undefined : state;
          this.render();
        });
        button.dataset["key"] = state;
        button.dataset["state"] = state;
        button.setAttribute("aria-pressed", String(this.#state === state));
        button.append(make("span", "count", String(counts[index])));
        return button;
      }),
    );
  }

  #groups(shown: readonly ServiceInstance[], found: number): Node[] {
    if (found === 0)
      return [makeEmpty("None of the services is like that", "Search for something else, or show all states.")];
    const names = [...new Set(shown.map(({ name }) => name))];
    const groups = names.map((name) => {
      const instances = shown.filter((instance) => instance.name === name);
      const passing = instances.filter(({ state }) => state === "passing").length;
      const title = make("h3", "", name, make("span", "quiet", `${passing} of ${instances.length} passing`));
      const list = make("ul", "instances", ...instances.map((instance) => this.#toInstance(instance)));
      return make("section", "service", title, list);
    });
    const more = found - shown.length;
    return [
      ...groups,
      ...(more > 0 ? [make("p", "quiet", `${counted(more, "more instance")}: search to find them.`)] : []),
    ];
  }

  #toInstance(instance: ServiceInstance): HTMLElement {
    const key = keyOf(instance);
    const badge = make("span", "state", instance.state);
    badge.dataset["state"] = instance.state;
    const { address, port, node, id, tags } = instance;
    const worst = instance.checks.find(({ state }) => state === instance.state && state !== "passing");
    const summary = make(
      "summary",
      "",
      badge,
      make("span", "name", id),
      make("span", "address", address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`),
      make("span", "node", node),
      make("span", "tags", ...tags.map((tag) => make("span", "tag", tag))),
      make("span", "reason", worst === undefined ? "" : `${worst.name}: ${worst.output}`),
      make("span", "since"),
    );
    summary.dataset["key"] = key;
    const details = make("details", "", summary, toChecks(instance));
    details.open = this.#open.has(key);
    details.addEventListener("toggle", () => {
      if (details.open) this.#open.add(key);
      else this.#open.delete(key);
    });
    const row = make("li", "instance", details);
    row.dataset["state"] = instance.state;
    row.dataset["instance"] = key;
    return row;
  }

  /** What changes all the time without anything having happened. */
  #renderMoments(shown: readonly ServiceInstance[]): void {
    const nowMs = Date.now();
    const byKey = new Map(shown.map((instance) => [keyOf(instance), instance]));
    for (const row of this.#body.querySelectorAll<HTMLElement>(".instance")) {
      const instance = byKey.get(row.dataset["instance"] ?? "");
      const since = row.querySelector(".since");
      if (instance === undefined || since === null) continue;
      const isHere = instance.rttMs === undefined || instance.node === this.#watch.askedName;
      const rtt = isHere ? "" : ` · ${roundTripText(instance.rttMs ?? 0)} away`;
      setText(since, `${agoText(instance.sinceMs, nowMs)}${rtt}`);
    }
  }
}

function keyOf({ node, id }: ServiceInstance): string {
  return `${node}/${id}`;
}

function textOf({ name, id, node, address, port, tags }: ServiceInstance): string {
  return [name, id, node, `${address}:${port}`, ...tags].join("\n").toLowerCase();
}

function toChecks({ checks, metadata }: ServiceInstance): HTMLElement {
  const list = make("ul", "checks");
  for (const { name, state, output, sinceMs } of checks) {
    const badge = make("span", "state", state);
    badge.dataset["state"] = state;
    const about = make("span", "quiet", `since ${clockText(sinceMs)}`);
    list.append(make("li", "", badge, make("span", "name", name), about, make("pre", "", output || "no output")));
  }
  if (checks.length === 0) list.append(make("li", "quiet", "It has no checks: it passes as long as its node lives."));
  const facts = make("dl", "facts");
  for (const [term, value] of Object.entries(metadata)) facts.append(make("dt", "", term), make("dd", "", value));
  return make("div", "instance-more", list, facts);
}

const registerByShell = `grapevine services register --name payments --port 9000 \\
  --http http://127.0.0.1:9000/healthz`;

const registerByProgram = `await agent.services.register({
  name: "payments",
  port: 9000,
  checks: [
    { type: "http", url: "http://127.0.0.1:9000/healthz" },
  ],
});`;

function toEmptyState(state: "asking" | "known" | "absent"): HTMLElement {
  if (state === "asking") return makeEmpty("Asking for the services …");
  if (state === "absent")
    return makeEmpty("No registry", "The node that answers keeps no registry of services. Newer nodes do.");
  const command = make("pre", "command", registerByShell);
  const code = make("pre", "command", registerByProgram);
  return make(
    "div",
    "empty",
    make("p", "empty-title", "No services yet"),
    make(
      "p",
      "",
      "A program registers with the node beside it. That node checks it, and every node knows how well it is. When the node dies, its services go with it.",
    ),
    make("p", "", "From a shell:"),
    command,
    make("p", "", "From a program:"),
    code,
  );
}
