/** Which part of the page is shown, by the hash of its address: `#overview`, `#topic/orders`, `#services`, `#events`. */

export type Route =
  | { readonly view: "overview" | "services" | "events" }
  | { readonly view: "topic"; readonly topic: string };

export function routeOf(hash: string): Route {
  const [view, ...rest] = hash.replace(/^#\/?/, "").split("/");
  if (view === "services" || view === "events") return { view };
  const topic = rest.join("/");
  if (view === "topic" && topic !== "") return { view, topic: decoded(topic) };
  return { view: "overview" };
}

export function hashOf(route: Route): string {
  return route.view === "topic" ? `#topic/${encodeURIComponent(route.topic)}` : `#${route.view}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody typed it: it is taken as it stands.
    return text;
  }
}
