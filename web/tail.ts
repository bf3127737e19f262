import { ClientError, type ConsumeFrom, type LogClient, type LogRecord } from "../src/client/browser.ts";
import { byId, make } from "./elements.ts";

/** Rows on the page; older ones go. */
const rowsMax = 1_000;
/** Records from before the page was opened that are shown. */
const recordsBefore = 100;
/** Letters of a value that are shown. */
const lettersMax = 4_000;
const retryMs = 2_000;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** The live tail: the one long call of the page, because a browser has six connections to a host over HTTP/1.1. */
export class Tail {
  readonly #client: LogClient;
  readonly #pane = byId("records", HTMLElement);
  readonly #rows = byId("rows", HTMLElement);
  readonly #empty = byId("tail-empty", HTMLElement);
  readonly #title = byId("tail-title", HTMLElement);
  readonly #state = byId("tail-state", HTMLElement);
  readonly #pause = byId("pause", HTMLButtonElement);
  readonly #jump = byId("jump", HTMLButtonElement);
  #controller = new AbortController();
  #arrived: LogRecord[] = [];
  #paused = false;
  /** Whether the newest record is in sight, so that the page scrolls along. */
  #following = true;
  #topic: string | undefined;

  constructor(client: LogClient) {
    this.#client = client;
    this.#pause.addEventListener("click", () => this.#setPaused(!this.#paused));
    byId("clear", HTMLButtonElement).addEventListener("click", () => this.#clear());
    this.#jump.addEventListener("click", () => this.#scrollToEnd());
    this.#pane.addEventListener("scroll", () => {
      this.#following = this.#pane.scrollHeight - this.#pane.scrollTop - this.#pane.clientHeight < 24;
      if (this.#following) this.#jump.hidden = true;
    });
  }

  get topic(): string | undefined {
    return this.#topic;
  }

  /** Shows another topic, its newest records first of all. */
  show(topic: string): void {
    if (topic === this.#topic) return;
    this.#topic = topic;
    this.#title.textContent = topic;
    this.#clear();
    this.#setPaused(false);
    this.#controller.abort();
    this.#controller = new AbortController();
    void this.#follow(topic, this.#controller.signal);
  }

  async #follow(topic: string, signal: AbortSignal): Promise<void> {
    let from: ConsumeFrom | undefined;
    while (!signal.aborted) {
      try {
        from ??= await this.#startOf(topic);
        // A page that shows the newest records goes on behind those that are gone.
        const consumer = this.#client.consume(topic, { from, signal, onGap() {} });
        this.#say("live", "live");
        for await (const record of consumer) {
          from = consumer.cursor ?? record.offset + 1;
          this.#arrive(record);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#say("lost", wordsFor(error));
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  async #startOf(topic: string): Promise<ConsumeFrom> {
    const known = (await this.#client.topics()).find(({ name }) => name === topic);
    if (known === undefined) return "earliest";
    return Math.max(known.firstOffset, known.nextOffset - recordsBefore);
  }

  #arrive(record: LogRecord): void {
    this.#arrived.push(record);
    if (this.#paused) {
      this.#say(
        "paused",
        `paused, ${this.#arrived.length >= rowsMax ? `${rowsMax} or more` : this.#arrived.length} waiting`,
      );
      if (this.#arrived.length > rowsMax) this.#arrived.shift();
    } else if (this.#arrived.length === 1) {
      requestAnimationFrame(() => this.#render());
    }
  }

  /** Puts what arrived since the last frame on the page, at most as much as it keeps. */
  #render(): void {
    if (this.#paused) return;
    const shown = this.#arrived.slice(-rowsMax);
    this.#arrived = [];
    const last = shown.at(-1);
    if (last === undefined) return;
    const rows = shown.map(toRow);
    this.#rows.style.setProperty("--offset-digits", String(Math.max(4, String(last.offset).length)));
    this.#empty.hidden = true;
    this.#rows.append(...rows);
    while (this.#rows.childElementCount > rowsMax) this.#rows.firstElementChild?.remove();
    if (this.#following) this.#scrollToEnd();
    else this.#jump.hidden = false;
  }

  #scrollToEnd(): void {
    this.#pane.scrollTop = this.#pane.scrollHeight;
    this.#jump.hidden = true;
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#pause.setAttribute("aria-pressed", String(paused));
    this.#pause.textContent = paused ? "Resume" : "Pause";
    this.#say(paused ? "paused" : "live", paused ? "paused" : "live");
    if (!paused) this.#render();
  }

  #clear(): void {
    this.#arrived = [];
    this.#rows.replaceChildren();
    this.#empty.textContent = "Nothing yet. Records appear here as they come.";
    this.#empty.hidden = false;
    this.#jump.hidden = true;
    this.#following = true;
  }

  #say(state: "live" | "lost" | "paused", text: string): void {
    this.#state.dataset["state"] = state;
    this.#state.title = text;
    if (this.#state.textContent !== text) this.#state.textContent = text;
  }
}

function wordsFor(error: unknown): string {
  if (!(error instanceof ClientError)) return String(error);
  return `${error.code === "UNAVAILABLE" ? "connection lost" : error.message}, trying again …`;
}

const decoder = new TextDecoder();

function toRow(record: LogRecord): HTMLElement {
  const at = new Date(record.timestampMs);
  const time = make("time", "", clock.format(at));
  time.dateTime = at.toISOString();
  time.title = moment.format(at);
  const value = make("span", "value");
  if (record.key !== undefined) value.append(make("span", "key", decoder.decode(record.key)));
  const text = record.text();
  value.append(text.length > lettersMax ? `${text.slice(0, lettersMax)} … (${record.value.length} bytes)` : text);
  const offset = make("span", "offset", String(record.offset));
  offset.title = `sequence ${record.sequence} of writer ${record.writer}`;
  return make("li", "row new", offset, time, value);
}
