/** The lag matrix of one topic: nodes down, feeds across, and in each field what the node lacks of the feed. */
import type { ClusterWatch } from "./cluster_watch.ts";
import { make, makeEmpty, renderWhenChanged } from "./elements.ts";
import { counted, countText, shortText } from "./formats.ts";
import { isElsewhere } from "./holdings.ts";
import { endsOf, type Holder, type LagFeed, type LagMatrix, type LagRow, lagMatrix } from "./lag.ts";
import { pause } from "./sight.ts";

const askEveryMs = 1_000;

export class LagView {
  readonly element: HTMLElement = make("div", "lag");
  readonly #watch: ClusterWatch;
  #topic: string | undefined;
  #isAsking = false;
  /** Where the feeds ended when the nodes were asked last. */
  #ends: { readonly topic: string; readonly ends: ReadonlyMap<string, number> } = { topic: "", ends: new Map() };

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
  }

  /** Asks for another topic, or for none while nobody looks. */
  show(topic: string | undefined): void {
    if (topic !== this.#topic && topic !== undefined)
      renderWhenChanged(this.element, "asking", () => [makeEmpty("Asking every node …")]);
    this.#topic = topic;
    if (topic !== undefined && !this.#isAsking) void this.#keepAsking();
  }

  async #keepAsking(): Promise<void> {
    this.#isAsking = true;
    for (let topic = this.#topic; topic !== undefined; topic = this.#topic) {
      if (!document.hidden) {
        const matrix = await this.#ask(topic);
        if (topic === this.#topic) this.#render(matrix);
      }
      await pause(askEveryMs);
    }
    this.#isAsking = false;
  }

  async #ask(topic: string): Promise<LagMatrix> {
    const holders: Holder[] = await Promise.all(
      this.#watch.askable.map(async (node) => {
        const held = node.isObserver ? undefined : await this.#watch.holdings.describe(node, topic);
        const known = held ?? this.#watch.topic(topic);
        const elsewhere =
          node.isObserver || (known !== undefined && isElsewhere(node, known) && (held?.records ?? 0) === 0);
        return { node: node.name, held, isElsewhere: elsewhere };
      }),
    );
    const ends = this.#ends.topic === topic ? this.#ends.ends : endsOf(holders);
    this.#ends = { topic, ends: endsOf(holders) };
    return lagMatrix(holders, this.#watch.writers, ends);
  }

  #render(matrix: LagMatrix): void {
    const { feeds, feedsMore, rows } = matrix;
    renderWhenChanged(this.element, JSON.stringify(matrix), () => {
      if (rows.length === 0)
        return [makeEmpty("No node to ask", "No member says where it can be asked for its topics.")];
      if (feeds.length === 0)
        return [makeEmpty("No feeds yet", "Each node that takes records writes a feed of its own. None did so far.")];
      const body = make("tbody", "", ...rows.map((row) => toRow(row, feeds)));
      const table = make(
        "table",
        "lag-table",
        make("caption", "sr", "Records that each node lacks of each feed"),
        toHead(feeds),
        body,
      );
      const scroll = make("div", "scroll-x", table);
      scroll.tabIndex = 0;
      scroll.setAttribute("role", "region");
      scroll.setAttribute("aria-label", "Lag matrix");
      const more =
        feedsMore > 0 ? [make("p", "quiet", `${counted(feedsMore, "more feed")}, counted in the totals.`)] : [];
      return [scroll, ...more];
    });
  }
}

function toHead(feeds: readonly LagFeed[]): HTMLElement {
  const row = make("tr", "");
  const corner = make("td", "corner", "lacks");
  row.append(corner);
  for (const { node, writer, end } of feeds) {
    const cell = make(
      "th",
      "",
      make("span", "name", node ?? `${writer.slice(0, 6)}…`),
      make("span", "end", shortText(end)),
    );
    cell.scope = "col";
    cell.title = `feed ${writer}${node === undefined ? ", whose writer is not known any more" : ` of ${node}`}, up to sequence ${countText(end)}`;
    row.append(cell);
  }
  const total = make("th", "total", "all");
  total.scope = "col";
  row.append(total);
  return make("thead", "", row);
}

function toRow({ node, state, lacks, total }: LagRow, feeds: readonly LagFeed[]): HTMLElement {
  const title = make("th", "", node);
  title.scope = "row";
  const row = make("tr", "", title);
  row.dataset["state"] = state;
  if (state !== "holds") {
    const cell = make("td", "remark", state === "silent" ? "does not answer" : "not placed here");
    cell.colSpan = feeds.length + 1;
    row.append(cell);
    return row;
  }
  for (const [index, lack] of lacks.entries()) row.append(toCell(lack ?? 0, feeds[index]?.end ?? 0));
  const all = toCell(total ?? 0, Number.POSITIVE_INFINITY);
  all.classList.add("total");
  row.append(all);
  return row;
}

/** Greater lag, deeper colour: a tenth of a feed is much. */
function toCell(lack: number, end: number): HTMLElement {
  const cell = make("td", "", lack === 0 ? "0" : shortText(lack));
  const part = end === 0 ? 0 : lack / end;
  cell.dataset["depth"] = lack === 0 ? "0" : lack < 100 || part < 0.001 ? "1" : part < 0.1 ? "2" : "3";
  if (lack > 0) cell.title = `lacks ${counted(lack, "record")}`;
  return cell;
}
