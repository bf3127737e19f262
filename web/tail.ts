/** The records of a topic as they come. What it shows and keeps is bounded, however fast they do. */
import type { LogRecord, TopicDescription } from "../src/client/browser.ts";
import type { ClusterWatch } from "./cluster_watch.ts";
import { make, makeButton, makeEmpty, moveFocus } from "./elements.ts";
import { countText } from "./formats.ts";
import { intoHead, makePanel } from "./panel.ts";
import type { Search } from "./search.ts";
import type { Sight } from "./sight.ts";
import { TailBuffer } from "./tail_buffer.ts";
import { stateText, TailControls } from "./tail_controls.ts";
import { type RowStyle, toRow, toSkipped } from "./tail_row.ts";
import { pageRecords, type Start, TailSource, type TailState } from "./tail_source.ts";

/** Rows on the page; older ones go. */
const rowsMax = 300;
/** The page is drawn at most so often, and so many rows at a time: nobody reads faster. */
const drawEveryMs = 120;
const rowsDrawnMax = 30;
const rateMs = 1_000;

export class Tail {
  readonly element: HTMLElement;
  readonly #watch: ClusterWatch;
  readonly #source: TailSource;
  readonly #buffer = new TailBuffer();
  readonly #controls: TailControls;
  readonly #pane = make("div", "records");
  readonly #rows = make("ol", "");
  readonly #empty = make("div", "records-empty");
  readonly #jump: HTMLButtonElement;
  #topic: string | undefined;
  #words: readonly string[] = [];
  #state: TailState = { type: "opening" };
  /** Whether the newest record is in sight, so that the page scrolls along. */
  #following = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #counts = { arrived: 0, undrawn: 0, sinceMs: 0 };
  #rate = { arrived: 0, undrawn: 0 };

  constructor(watch: ClusterWatch, sight: Sight) {
    this.#watch = watch;
    this.#source = new TailSource(watch.client, sight, {
      arrived: (records, gap) => this.#arrived(records, gap),
      changed: (state) => this.#show(state),
    });
    this.#controls = new TailControls({
      search: (search) => this.#search(search),
      start: (start) => this.#start(start),
      pause: () => this.#source.pause(),
      resume: () => this.#source.resume(),
      clear: () => this.#clear(),
    });
    this.#jump = makeButton("jump", "Newest records", () => this.#follow());
    this.#jump.hidden = true;
    this.#pane.append(this.#rows, this.#empty);
    this.element = makePanel("tail", "Records", this.#controls.bar, this.#pane, this.#jump, this.#controls.position);
    intoHead(this.element, this.#controls.state);
    this.#listen();
  }

  /** Shows another topic, its newest records first of all; none while nobody looks. */
  show(topic: string | undefined): void {
    if (topic === this.#topic) return;
    this.#topic = topic;
    if (topic === undefined) {
      this.#source.stop();
      return;
    }
    this.#controls.reset();
    this.#words = [];
    this.#buffer.search(undefined);
    this.#start("live");
  }

  renderPosition(topic: TopicDescription | undefined): void {
    this.#controls.showPosition(this.#source.position, topic);
    this.#measure();
  }

  focusSearch(): void {
    this.#controls.focusSearch();
  }

  pressPause(): void {
    this.#controls.pressPause();
  }

  #listen(): void {
    const pane = this.#pane;
    // What scrolls must be within reach of the keyboard.
    pane.tabIndex = 0;
    pane.setAttribute("role", "log");
    pane.setAttribute("aria-live", "off");
    pane.setAttribute("aria-label", "Records, newest last. Arrow keys lead from one to the next, Enter opens one.");
    pane.addEventListener("scroll", () => {
      this.#following = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 24;
      if (this.#following) this.#schedule();
    });
    pane.addEventListener("keydown", (event) => {
      const rows = [...this.#rows.querySelectorAll<HTMLElement>(".row")];
      if (event.target !== pane) return void moveFocus(event, rows);
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      rows.at(-1)?.focus();
    });
  }

  #start(start: Start): void {
    if (this.#topic === undefined) return;
    this.#clear();
    this.#source.open(this.#topic, start);
  }

  #search(search: Search | undefined): void {
    this.#words = search?.words ?? [];
    this.#rows.replaceChildren();
    this.#buffer.search(search);
    this.#following = true;
    if (this.#source.isLive) this.#draw(rowsMax);
    // A page of what is found begins where the page did.
    else this.#start(this.#source.start);
    this.#renderEmpty();
  }

  #arrived(records: readonly LogRecord[], gap: string | undefined): number {
    if (gap !== undefined) this.#rows.append(make("li", "skipped", gap));
    const { found, passed } = this.#buffer.arrived(records);
    this.#counts.arrived += records.length;
    this.#counts.undrawn += passed;
    this.#schedule();
    return found;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      requestAnimationFrame(() => this.#draw(this.#source.isLive ? rowsDrawnMax : pageRecords));
    }, drawEveryMs);
  }

  /** Puts what waits on the page: nothing while somebody reads what came before. */
  #draw(max: number): void {
    if (!this.#following && this.#source.isLive) {
      const { waiting } = this.#buffer;
      this.#jump.hidden = waiting === 0;
      this.#jump.textContent = `${countText(waiting)} newer ↓`;
      return;
    }
    this.#jump.hidden = true;
    const isFirst = this.#rows.childElementCount === 0;
    const { records, skipped } = this.#buffer.take(isFirst ? Math.max(max, 100) : max);
    if (records.length === 0) return;
    this.#counts.undrawn += skipped;
    const style: RowStyle = {
      words: this.#words,
      writerName: (writer) => this.#watch.writers.get(writer),
    };
    const rows = records.map((record) => toRow(record, style));
    if (skipped > 0 && !isFirst) this.#tellSkipped(skipped);
    this.#rows.append(...rows);
    while (this.#rows.childElementCount > rowsMax) this.#rows.firstElementChild?.remove();
    this.#rows.style.setProperty("--offset-digits", String(Math.max(4, String(records.at(-1)?.offset).length)));
    const last = this.#rows.lastElementChild?.querySelector<HTMLElement>(".row");
    if (last !== null && last !== undefined) last.tabIndex = 0;
    if (this.#source.isLive) this.#pane.scrollTop = this.#pane.scrollHeight;
    this.#renderEmpty();
  }

  #tellSkipped(count: number): void {
    const last = this.#rows.lastElementChild;
    // In a flood, one line grows instead of many that follow each other.
    this.#rows.append(toSkipped(count));
    if (last?.classList.contains("skipped")) last.remove();
  }

  #follow(): void {
    this.#following = true;
    this.#draw(rowsDrawnMax);
    this.#pane.focus();
  }

  #clear(): void {
    this.#buffer.clear();
    this.#rows.replaceChildren();
    this.#jump.hidden = true;
    this.#following = true;
    this.#renderEmpty();
  }

  #show(state: TailState): void {
    this.#state = state;
    this.#renderState();
    this.#renderEmpty();
  }

  #measure(): void {
    const nowMs = Date.now();
    const elapsedMs = nowMs - this.#counts.sinceMs;
    if (elapsedMs < rateMs) return;
    const perSecond = (count: number): number => Math.round((count * 1_000) / elapsedMs);
    // What arrived just before a second was over is drawn, or passed over, in the next.
    const arrived = perSecond(this.#counts.arrived);
    this.#rate = { arrived, undrawn: Math.min(arrived, perSecond(this.#counts.undrawn)) };
    this.#counts = { arrived: 0, undrawn: 0, sinceMs: nowMs };
    this.#renderState();
  }

  /** A reader that nobody answers waits in silence: what the page knows otherwise is told in its place. */
  #renderState(): void {
    const isAlone = this.#state.type === "live" && this.#watch.link.state === "lost";
    const state: TailState = isAlone ? { type: "lost", reason: "no node answers" } : this.#state;
    this.#controls.show(state, stateText(state, this.#rate));
  }

  #renderEmpty(): void {
    const isEmpty = this.#rows.childElementCount === 0;
    this.#empty.hidden = !isEmpty;
    if (isEmpty) this.#empty.replaceChildren(this.#emptyText());
  }

  #emptyText(): HTMLElement {
    const { kept } = this.#buffer;
    if (this.#words.length > 0 || kept > 0) {
      return makeEmpty(
        "Nothing found yet",
        `Looked through the newest ${countText(kept)} records, and through all that come.`,
      );
    }
    if (this.#state.type === "lost") return makeEmpty("Not readable now", this.#state.reason);
    if (this.#state.type === "page") return makeEmpty("Nothing there", "No record stands at or after that place.");
    if (this.#state.type === "opening") return makeEmpty("Opening …");
    return makeEmpty("No records yet", "They appear here as they come. The form beside this adds one.");
  }
}
