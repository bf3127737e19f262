/** The console page of a node: the cluster, its topics and their records, services, and what happens. */
import { connect } from "../src/client/browser.ts";
import { Banner } from "./banner.ts";
import { ClusterWatch } from "./cluster_watch.ts";
import { byId } from "./elements.ts";
import { startKeyboard } from "./keyboard.ts";
import { Overview } from "./overview.ts";
import { hashOf, type Route, routeOf } from "./router.ts";
import { Services } from "./services.ts";
import { Side } from "./side.ts";
import { watchSight } from "./sight.ts";
import { startTheme } from "./theme.ts";
import { Timeline } from "./timeline.ts";
import { TopicPage } from "./topic_page.ts";

/** Moments are told as "4 s ago": they are drawn anew so often, too, when nothing else changed. */
const ticksMs = 1_000;
const questionMs = 4_000;

const sight = watchSight();
// A node that hangs is left sooner than a program would leave it: somebody looks at the page.
const watch = new ClusterWatch(connect(location.origin, { timeoutMs: questionMs }), sight);
const banner = new Banner(watch);
const side = new Side(watch);
const overview = new Overview(watch);
const topicPage = new TopicPage(watch, sight);
const services = new Services(watch);
const timeline = new Timeline(watch);
const main = byId("main", HTMLElement);
let route: Route = routeOf(location.hash);
let isScheduled = false;

const views: Readonly<Record<Route["view"], { render(): void }>> = {
  overview,
  topic: topicPage,
  services,
  events: timeline,
};

function render(): void {
  isScheduled = false;
  banner.render();
  side.render();
  views[route.view].render();
}

/** Much may change at once: it is drawn together. */
function schedule(): void {
  if (isScheduled || document.hidden) return;
  isScheduled = true;
  requestAnimationFrame(render);
}

function show(next: Route): void {
  route = next;
  for (const view of document.querySelectorAll<HTMLElement>(".view")) view.hidden = view.id !== `view-${route.view}`;
  document.body.dataset["view"] = route.view;
  side.show(route);
  topicPage.show(route.view === "topic" ? route.topic : undefined);
  main.scrollTop = 0;
  render();
}

function goTo(next: Route): void {
  location.hash = hashOf(next);
}

/** The topic before or after the one that is shown. */
function stepTopic(step: 1 | -1): void {
  const names = (watch.topics ?? []).map(({ name }) => name).sort();
  const at = route.view === "topic" ? names.indexOf(route.topic) : step > 0 ? -1 : names.length;
  const topic = names[at + step];
  if (topic !== undefined) goTo({ view: "topic", topic });
}

function search(): void {
  if (route.view === "topic") topicPage.tail.focusSearch();
  else if (route.view === "services") services.focusSearch();
  else byId("topics-filter", HTMLInputElement).focus();
}

startTheme(byId("theme", HTMLButtonElement), () => {
  overview.recolour();
  topicPage.recolour();
});
startKeyboard([
  { keys: ["g", "o"], label: "Overview", run: () => goTo({ view: "overview" }) },
  { keys: ["g", "s"], label: "Services", run: () => goTo({ view: "services" }) },
  { keys: ["g", "e"], label: "Events", run: () => goTo({ view: "events" }) },
  { keys: ["j"], label: "Next topic", run: () => stepTopic(1) },
  { keys: ["k"], label: "Topic before", run: () => stepTopic(-1) },
  { keys: ["/"], label: "Search what is shown", run: search },
  { keys: ["p"], label: "Pause the records, and go on", run: () => topicPage.tail.pressPause() },
  { keys: ["n"], label: "Write a record", run: () => topicPage.form.focus() },
  { keys: ["t"], label: "Light, dark, or as the system", run: () => byId("theme", HTMLButtonElement).click() },
]);
byId("skip", HTMLAnchorElement).addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", () => show(routeOf(location.hash)));
document.addEventListener("visibilitychange", schedule);
watch.onChange(schedule);
setInterval(schedule, ticksMs);
watch.start();
show(route);
