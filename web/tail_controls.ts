/** What stands above and below the records of a tail: search, where to begin, pause, and where it stands. */
import type { TopicDescription } from "../src/client/browser.ts";
import { make, makeButton, setText } from "./elements.ts";
import { counted, countText } from "./formats.ts";
import { parseSearch, type Search } from "./search.ts";
import { pageRecords, type Start, type TailState } from "./tail_source.ts";

export interface TailActions {
  search(search: Search | undefined): void;
  start(start: Start): void;
  pause(): void;
  resume(): void;
  clear(): void;
}

const searchAfterMs = 150;
const searchHint = 'Words, "several words", key:ada, header:trace, .user.name=ada, .total>10';

export class TailControls {
  readonly bar: HTMLElement;
  readonly position: HTMLElement;
  readonly state: HTMLElement = make("span", "tail-state");
  readonly #actions: TailActions;
  readonly #search = make("input", "");
  readonly #fault = make("p", "fault");
  readonly #from = make("select", "");
  readonly #place = make("input", "");
  readonly #pause: HTMLButtonElement;
  readonly #where = make("span", "where");
  readonly #done = make("span", "track-done");
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #type: TailState["type"] = "opening";

  constructor(actions: TailActions) {
    this.#actions = actions;
    this.state.setAttribute("role", "status");
    this.#pause = makeButton("small", "Pause", () => this.pressPause());
    const clear = makeButton("small", "Clear", () => actions.clear());
    this.#setUpSearch();
    const start = this.#setUpStart();
    const fault = this.#fault;
    fault.setAttribute("role", "alert");
    this.bar = make("div", "tail-bar", this.#search, start, this.#pause, clear, fault);
    const track = make("span", "track", this.#done);
    track.setAttribute("aria-hidden", "true");
    this.position = make("div", "position", track, this.#where);
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  /** Empties the search and puts the start back, as for another topic. */
  reset(): void {
    this.#search.value = "";
    this.#fault.textContent = "";
    this.#from.value = "live";
    this.#place.hidden = true;
  }

  pressPause(): void {
    if (this.#type !== "paused" && this.#type !== "page") this.#actions.pause();
    else this.#actions.resume();
  }

  show(state: TailState, text: string): void {
    this.#type = state.type;
    this.state.dataset["state"] = state.type;
    setText(this.state, text);
    const label =
      state.type === "page"
        ? state.atEnd
          ? "Look again"
          : `Next ${pageRecords}`
        : state.type === "paused"
          ? "Resume"
          : "Pause";
    setText(this.#pause, label);
    this.#pause.setAttribute("aria-pressed", String(state.type === "paused"));
    this.#pause.title = `${label} (p)`;
  }

  /** Where the tail stands in what the answering node holds. */
  showPosition(position: number | undefined, topic: TopicDescription | undefined): void {
    if (topic === undefined || position === undefined) {
      this.#done.style.width = "0";
      setText(this.#where, topic === undefined ? "" : "nothing read yet");
      return;
    }
    const { firstOffset, nextOffset } = topic;
    const part = nextOffset <= firstOffset ? 1 : (position + 1 - firstOffset) / (nextOffset - firstOffset);
    this.#done.style.width = `${Math.min(100, Math.max(0, part * 100)).toFixed(1)}%`;
    const behind = Math.max(0, nextOffset - 1 - position);
    const rest = behind === 0 ? "at the end" : `${counted(behind, "record")} to the end`;
    setText(this.#where, `offset ${countText(position)}, ${rest}`);
  }

  #setUpSearch(): void {
    const search = this.#search;
    search.type = "search";
    search.className = "tail-search";
    search.placeholder = "Search   key:ada   .total>10";
    search.title = searchHint;
    search.setAttribute("aria-label", `Search records. ${searchHint}`);
    search.addEventListener("input", () => {
      clearTimeout(this.#searchTimer);
      this.#searchTimer = setTimeout(() => {
        const parsed = parseSearch(search.value);
        setText(this.#fault, parsed?.fault ?? "");
        search.setAttribute("aria-invalid", String(parsed?.fault !== undefined));
        this.#actions.search(parsed);
      }, searchAfterMs);
    });
  }

  #setUpStart(): HTMLElement {
    for (const [value, label] of [
      ["live", "Live"],
      ["earliest", "From the earliest"],
      ["offset", "From offset …"],
      ["time", "From time …"],
    ] as const) {
      const option = make("option", "", label);
      option.value = value;
      this.#from.append(option);
    }
    this.#from.setAttribute("aria-label", "Where to begin reading");
    this.#place.hidden = true;
    const form = make("form", "tail-start", this.#from, this.#place);
    this.#from.addEventListener("change", () => {
      const asks = this.#from.value === "offset" || this.#from.value === "time";
      this.#place.hidden = !asks;
      this.#place.type = this.#from.value === "time" ? "datetime-local" : "number";
      this.#place.step = "1";
      this.#place.min = this.#from.value === "time" ? "" : "0";
      this.#place.setAttribute("aria-label", this.#from.value === "time" ? "Time to begin at" : "Offset to begin at");
      this.#place.value = "";
      if (asks) this.#place.focus();
      else this.#actions.start(this.#from.value === "earliest" ? "earliest" : "live");
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#jump();
    });
    this.#place.addEventListener("change", () => {
      if (this.#from.value === "time") this.#jump();
    });
    return form;
  }

  #jump(): void {
    const value = this.#place.value;
    if (this.#from.value === "time") {
      const atMs = new Date(value).getTime();
      if (!Number.isNaN(atMs)) this.#actions.start({ atMs });
    } else if (this.#from.value === "offset" && /^\d{1,15}$/.test(value))
      this.#actions.start({ offset: Number(value) });
  }
}

export function stateText(state: TailState, rate: { readonly arrived: number; readonly undrawn: number }): string {
  switch (state.type) {
    case "opening":
      return "opening …";
    case "paused":
      return "paused";
    case "reading":
      return `looking, ${counted(state.scanned, "record")} so far`;
    case "page":
      return `${counted(state.scanned, "record")} looked through${state.atEnd ? ", up to the end" : ""}`;
    case "lost":
      return `${state.reason}, trying again`;
    case "live": {
      if (rate.arrived === 0) return "live";
      const undrawn = rate.undrawn === 0 ? "" : `, ${countText(rate.undrawn)}/s of them not drawn`;
      return `live, ${countText(rate.arrived)}/s${undrawn}`;
    }
    default:
      return state satisfies never;
  }
}
