/** The console page of a node: who is there, which topics it holds, and one topic live. */
import { ClientError, connect, type MemberDescription, type TopicDescription } from "../src/client/browser.ts";
import { byId, make, renderWhenChanged } from "./elements.ts";
import { Tail } from "./tail.ts";

const pollMs = 2_000;

/** The page shows what this node sees, and says when it is lost: it asks no other. */
const client = connect(location.origin, { failover: false });
const tail = new Tail(client);
const membersList = byId("members", HTMLElement);
const membersTally = byId("members-tally", HTMLElement);
const topicsList = byId("topics", HTMLElement);
const topicsTally = byId("topics-tally", HTMLElement);
const link = byId("link", HTMLElement);
const produceTopic = byId("produce-topic", HTMLInputElement);

byId("where", HTMLElement).textContent = location.host;

/** Alive first, then by name. */
function byStatusAndName(left: MemberDescription, right: MemberDescription): number {
  const order = Number(right.status === "alive") - Number(left.status === "alive");
  return order || (left.name < right.name ? -1 : 1);
}

function renderMembers(members: readonly MemberDescription[]): void {
  const alive = members.filter(({ status }) => status === "alive").length;
  membersTally.textContent = `${alive} of ${members.length} alive`;
  const sorted = [...members].sort(byStatusAndName);
  renderWhenChanged(membersList, JSON.stringify(sorted), () => sorted.map(toMemberRow));
}

function toMemberRow({ name, address, status, tags }: MemberDescription): HTMLElement {
  const rpcAddress = tags["rpc_addr"];
  const here = rpcAddress === location.host;
  const linked = rpcAddress !== undefined && status === "alive" && !here;
  const where = make("span", "address", linked ? toPageLink(rpcAddress) : (rpcAddress ?? address));
  const title = make("span", "name", name);
  if (here) title.append(make("span", "here", "this node"));
  const row = make("li", "member", title, make("span", "status", status), where);
  row.dataset["status"] = status;
  const shown = Object.entries(tags).map(([tag, value]) => `${tag}=${value}`);
  row.title = [`gossip ${address}`, ...shown].join("\n");
  return row;
}

/** Every node serves this page. */
function toPageLink(rpcAddress: string): HTMLElement {
  const anchor = make("a", "", rpcAddress);
  anchor.href = `${location.protocol}//${rpcAddress}/`;
  return anchor;
}

function renderTopics(topics: readonly TopicDescription[]): void {
  topicsTally.textContent = topics.length === 0 ? "" : String(topics.length);
  const sorted = [...topics].sort((left, right) => (left.name < right.name ? -1 : 1));
  if (tail.topic === undefined && sorted[0] !== undefined) choose(sorted[0].name);
  const signature = JSON.stringify([tail.topic, sorted.map(({ name, records, bytes }) => [name, records, bytes])]);
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["topic"] : undefined;
  renderWhenChanged(topicsList, signature, () =>
    sorted.length > 0
      ? sorted.map(toTopicRow)
      : [make("li", "empty", "No topics yet. Produce the first record with the form below the tail.")],
  );
  if (focused !== undefined) {
    topicsList.querySelector<HTMLElement>(`[data-topic="${CSS.escape(focused)}"]`)?.focus();
  }
}

function toTopicRow(topic: TopicDescription): HTMLElement {
  const button = make(
    "button",
    "topic",
    make("span", "name", topic.name),
    make("span", "count", topic.records.toLocaleString()),
    make("span", "span", `offsets ${topic.firstOffset}–${topic.nextOffset}, ${toSize(topic.bytes)}`),
  );
  button.type = "button";
  button.dataset["topic"] = topic.name;
  button.setAttribute("aria-pressed", String(topic.name === tail.topic));
  button.addEventListener("click", () => choose(topic.name));
  return make("li", "", button);
}

function toSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  for (; size >= 1_024 && unit < units.length - 1; unit++) size /= 1_024;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

function choose(topic: string): void {
  tail.show(topic);
  produceTopic.value = topic;
  history.replaceState(undefined, "", `#${encodeURIComponent(topic)}`);
  for (const button of topicsList.querySelectorAll<HTMLElement>("[data-topic]")) {
    button.setAttribute("aria-pressed", String(button.dataset["topic"] === topic));
  }
}

/** Asks for members and topics, and again some time after the answer, while the page is in sight. */
async function poll(): Promise<void> {
  if (!document.hidden) {
    try {
      const [members, topics] = await Promise.all([client.members(), client.topics()]);
      renderMembers(members);
      renderTopics(topics);
      setLink("live", "connected");
    } catch (error) {
      setLink(
        "lost",
        error instanceof ClientError && error.code !== "UNAVAILABLE" ? error.message : "node not reachable",
      );
    }
  }
  setTimeout(poll, pollMs);
}

function setLink(state: "live" | "lost", text: string): void {
  link.dataset["state"] = state;
  document.body.dataset["link"] = state;
  if (link.textContent !== text) link.textContent = text;
}

async function produce(form: HTMLFormElement): Promise<void> {
  const answer = byId("produce-answer", HTMLOutputElement);
  const fields = new FormData(form);
  const topic = String(fields.get("topic"));
  const key = String(fields.get("key"));
  try {
    const ack = await client.produce(topic, { value: String(fields.get("value")), key: key === "" ? undefined : key });
    answer.dataset["state"] = "done";
    answer.textContent = `Stored in ${topic} at offset ${ack.offset}.`;
    const value = byId("produce-value", HTMLInputElement);
    value.value = "";
    value.focus();
    if (tail.topic === undefined) choose(topic);
  } catch (error) {
    answer.dataset["state"] = "failed";
    answer.textContent = error instanceof Error ? error.message : String(error);
  }
}

byId("produce", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target instanceof HTMLFormElement) void produce(event.target);
});
document.addEventListener("visibilitychange", () => {
  // Timers sleep in hidden tabs: be fresh at once when the page is looked at again.
  if (!document.hidden) void client.members().then(renderMembers, () => {});
});

const named = decodeURIComponent(location.hash.slice(1));
if (named !== "") choose(named);
void poll();
