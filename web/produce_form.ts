/** A form that adds a record, and says where it went. */
import { ClientError, type ProduceAck, type RecordHeader } from "../src/client/browser.ts";
import type { ClusterWatch } from "./cluster_watch.ts";
import { make, makeButton, renderWhenChanged } from "./elements.ts";
import { countText } from "./formats.ts";
import { makePanel } from "./panel.ts";
import { hashOf } from "./router.ts";
import { jsonOf } from "./search.ts";

/** Topics that are proposed. */
const proposedMax = 200;
const headersMax = 20;

export class ProduceForm {
  readonly element: HTMLElement;
  readonly #watch: ClusterWatch;
  readonly #topic = make("input", "");
  readonly #topics = make("datalist", "");
  readonly #key = make("input", "");
  readonly #value = make("textarea", "");
  readonly #hint = make("span", "hint");
  readonly #headers = make("div", "header-rows");
  readonly #submit = make("button", "primary", "Produce");
  readonly #answer = make("output", "answer");
  readonly #form: HTMLFormElement;

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
    this.#setUpFields();
    const add = makeButton("small", "Add header", () => this.#addHeader());
    this.#submit.type = "submit";
    this.#submit.title = "Ctrl + Enter within the value";
    this.#form = make(
      "form",
      "produce",
      labelled("Topic", this.#topic),
      this.#topics,
      labelled("Key", this.#key, make("span", "hint", "optional")),
      labelled("Value", this.#value, this.#hint),
      this.#headers,
      make("div", "produce-foot", this.#submit, add),
      this.#answer,
    );
    this.#form.autocomplete = "off";
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#produce();
    });
    this.element = makePanel("produce-panel", "Produce", this.#form);
  }

  /** The topic that is looked at. */
  propose(topic: string): void {
    this.#topic.value = topic;
    this.#answer.replaceChildren();
  }

  focus(): void {
    this.#value.focus();
  }

  render(): void {
    const names = (this.#watch.topics ?? []).map(({ name }) => name).slice(0, proposedMax);
    renderWhenChanged(this.#topics, JSON.stringify(names), () =>
      names.map((name) => {
        const option = make("option", "");
        option.value = name;
        return option;
      }),
    );
  }

  #setUpFields(): void {
    this.#topics.id = "produce-topics";
    this.#topic.id = "produce-topic";
    this.#topic.required = true;
    this.#topic.pattern = "[A-Za-z0-9._\\-]{1,249}";
    this.#topic.title = "1 to 249 letters, digits, dots, hyphens and underscores";
    this.#topic.setAttribute("list", this.#topics.id);
    this.#key.id = "produce-key";
    this.#value.id = "produce-value";
    this.#value.rows = 5;
    this.#value.spellcheck = false;
    this.#value.placeholder = '{"hello": "world"}';
    this.#value.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.#value.addEventListener("input", () => {
      const text = this.#value.value;
      const looksLikeJson = /^\s*[[{]/.test(text);
      this.#hint.textContent = !looksLikeJson ? "text" : jsonOf(text) === undefined ? "not JSON yet" : "JSON";
    });
  }

  #addHeader(): void {
    if (this.#headers.childElementCount >= headersMax) return;
    const name = make("input", "");
    name.placeholder = "name";
    name.required = true;
    name.setAttribute("aria-label", "Header name");
    const value = make("input", "");
    value.placeholder = "value";
    value.setAttribute("aria-label", "Header value");
    const row = make("div", "header-row", name, value);
    const remove = makeButton("small", "×", () => row.remove());
    remove.setAttribute("aria-label", "Remove this header");
    row.append(remove);
    this.#headers.append(row);
    name.focus();
  }

  #givenHeaders(): RecordHeader[] {
    return [...this.#headers.children].map((row) => {
      const [name, value] = row.querySelectorAll("input");
      return { name: name?.value ?? "", value: value?.value ?? "" };
    });
  }

  async #produce(): Promise<void> {
    const topic = this.#topic.value;
    const key = this.#key.value === "" ? undefined : this.#key.value;
    this.#submit.disabled = true;
    this.#say("waiting", "Sending …");
    try {
      const record = { key, value: this.#value.value, headers: this.#givenHeaders() };
      const ack = await this.#watch.client.produce(topic, record, { deliveryTimeoutMs: 15_000 });
      this.#say("done", `Stored in ${topic} at offset ${countText(ack.offset)}.`, ...this.#factsOf(topic, ack));
      this.#value.select();
      void this.#watch.refresh();
    } catch (error) {
      const isUnknown = error instanceof ClientError && error.fate === "unknown";
      const remark = isUnknown ? " Nobody knows whether it was stored: look before you send it again." : "";
      this.#say("failed", `${error instanceof Error ? error.message : String(error)}.${remark}`);
    } finally {
      this.#submit.disabled = false;
    }
  }

  #factsOf(topic: string, { writer, sequence, token }: ProduceAck): Node[] {
    const facts = make("dl", "facts");
    const add = (term: string, value: Node | string): void => facts.append(make("dt", "", term), make("dd", "", value));
    add("Feed", this.#watch.writers.get(writer) ?? writer);
    add("Sequence", countText(sequence));
    add("Token", make("code", "token", token));
    if (hashOf({ view: "topic", topic }) === location.hash) return [facts];
    const link = make("a", "", `Show ${topic}`);
    link.href = hashOf({ view: "topic", topic });
    return [facts, link];
  }

  #say(state: "waiting" | "done" | "failed", text: string, ...more: Node[]): void {
    this.#answer.dataset["state"] = state;
    this.#answer.replaceChildren(make("p", "", text), ...more);
  }
}

function labelled(label: string, field: HTMLElement, ...hints: HTMLElement[]): HTMLElement {
  return make("label", "field", make("span", "label", label, ...hints), field);
}
