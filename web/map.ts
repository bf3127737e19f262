/** The cluster, drawn: who is there, in which state, and how long the way between two takes. */
import type { ClusterWatch } from "./cluster_watch.ts";
import { draw, make, makeLink, moveFocus, renderWhenChanged, setText } from "./elements.ts";
import { agoText, counted, durationText, roundTripText } from "./formats.ts";
import { type Box, meshMembersMax, type Spot, spotsMax, spotsOf, tendrilOf } from "./map_layout.ts";
import type { WatchedMember } from "./member_book.ts";

/** Around the members, for their names. */
const margin = { x: 76, y: 60 };
const heightLeast = 230;
const radius = 19;
const smallRadius = 9;

interface Placed {
  readonly member: WatchedMember;
  readonly spot: Spot;
}

export class ClusterMap {
  readonly element: HTMLElement;
  readonly #watch: ClusterWatch;
  readonly #frame = make("div", "map-drawing");
  readonly #drawing = draw("svg", {
    role: "group",
    "aria-label": "Members of the cluster. Arrow keys lead from one to the next.",
  });
  readonly #inspector = make("div", "inspector");
  #box: Box = { width: 560, height: heightLeast, margin };
  /** The member that was looked at last. */
  #chosen: string | undefined;

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
    this.#inspector.setAttribute("role", "status");
    this.element = make("div", "map", this.#frame, this.#inspector);
    this.#frame.append(this.#drawing);
    new ResizeObserver(() => this.#resize()).observe(this.#frame);
    this.#drawing.addEventListener("keydown", (event) => {
      moveFocus(event, [...this.#drawing.querySelectorAll<SVGElement>(".node")]);
    });
  }

  /** One unit of the drawing is one pixel, so that its letters are as large as all others. */
  #resize(): void {
    const width = Math.max(240, this.#frame.clientWidth);
    const height = Math.max(heightLeast, this.#frame.clientHeight);
    this.#box = { width, height, margin: { x: Math.min(margin.x, width / 5), y: margin.y } };
    this.#drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.render();
  }

  render(): void {
    const members = this.#watch.members;
    const spots = spotsOf(members.length, this.#box);
    const placed = spots.map((spot, index) => ({ member: members[index] as WatchedMember, spot }));
    const shown = placed.map(({ member }) => [member.name, member.status, this.#standing(member)]);
    const asked = this.#watch.askedName;
    const links = this.#links(placed);
    renderWhenChanged(this.#drawing, JSON.stringify([shown, asked, links, this.#box]), () => {
      const isMany = placed.length > 16;
      return [
        draw("g", { class: "links" }, ...links.map(toLink)),
        draw("g", { class: "labels" }, ...links.flatMap(toLabel)),
        draw("g", { class: "nodes" }, ...placed.map((each, index) => this.#toNode(each, index === 0, isMany))),
      ];
    });
    this.#inspect();
  }

  #toNode({ member, spot }: Placed, isFirst: boolean, isMany: boolean): SVGElement {
    const isAsked = member.name === this.#watch.askedName;
    const size = isMany ? smallRadius : radius;
    const below = spot.outY >= -0.2;
    const about = isMany ? "" : this.#about(member, isAsked);
    const rim = size + (isAsked ? 6 : 0);
    const nameAt = spot.y + (below ? rim + 19 : -rim - (about === "" ? 9 : 24));
    const node = draw("g", {
      class: "node",
      tabindex: isFirst ? 0 : -1,
      role: "img",
      "data-key": member.name,
      "data-status": member.status,
      "data-asked": String(isAsked),
      "aria-label": [member.name, this.#standing(member), isAsked ? "answers this page" : ""]
        .filter(Boolean)
        .join(", "),
    });
    const place = { cx: spot.x, cy: spot.y };
    if (isAsked) node.append(draw("circle", { class: "halo", ...place, r: size + 6 }));
    node.append(draw("circle", { class: "disc", ...place, r: size }));
    node.append(toGlyph(member.status, spot, size));
    const x = spot.x;
    node.append(draw("text", { class: "name", x, y: nameAt }, shortened(member.name)));
    if (about !== "") node.append(draw("text", { class: "about", x, y: nameAt + 15 }, about));
    const choose = (): void => {
      this.#chosen = member.name;
      this.#inspect();
    };
    node.addEventListener("focus", choose);
    node.addEventListener("pointerenter", choose);
    return node;
  }

  #about(member: WatchedMember, isAsked: boolean): string {
    if (isAsked) return "answers this page";
    if (member.status === "alive")
      return member.tags["role"] ?? (member.tags["rpc_addr"] === undefined ? "member" : "");
    return this.#standing(member);
  }

  /** Its state, and since when where that is known. */
  #standing({ name, status, sinceMs }: WatchedMember): string {
    if (status === "alive") return "alive";
    const heardAgoMs = this.#watch.peer(name)?.heardAgoMs;
    if (sinceMs !== undefined) return `${status} ${agoText(sinceMs, Date.now())}`;
    return heardAgoMs === undefined ? status : `${status}, heard ${durationText(heardAgoMs)} ago`;
  }

  #links(placed: readonly Placed[]): Link[] {
    const asked = this.#watch.askedName;
    const isMesh = placed.length <= meshMembersMax;
    const links: Link[] = [];
    for (const [index, left] of placed.entries()) {
      for (const right of placed.slice(index + 1)) {
        const isAsked = left.member.name === asked || right.member.name === asked;
        if (!isMesh && !isAsked) continue;
        const isWhole = left.member.status === "alive" && right.member.status === "alive";
        const milliseconds = isWhole ? this.#watch.roundTrip(left.member.name, right.member.name) : undefined;
        const label = milliseconds === undefined || placed.length > 16 ? "" : roundTripText(milliseconds);
        links.push({ ...tendrilOf(left.spot, right.spot, placed.length > 3), label, isAsked, isWhole });
      }
    }
    return links;
  }

  #inspect(): void {
    const members = this.#watch.members;
    const name = this.#chosen ?? this.#watch.askedName ?? members[0]?.name;
    const member = members.find((each) => each.name === name) ?? members[0];
    if (member === undefined) {
      renderWhenChanged(this.#inspector, "", () => [make("p", "quiet", "Asking who is there …")]);
      return;
    }
    const facts = this.#factsOf(member);
    const more = members.length - spotsMax;
    const signature = JSON.stringify([member.name, member.status, facts, more > 0 ? more : 0]);
    renderWhenChanged(this.#inspector, signature, () => {
      const title = make("h3", "", member.name);
      const state = make("span", "state", this.#standing(member));
      state.dataset["state"] = member.status;
      const list = make("dl", "facts");
      for (const [term, value] of facts) list.append(make("dt", "", term), make("dd", "", this.#valueOf(term, value)));
      const rest = more > 0 ? [make("p", "quiet", `${counted(more, "more member")} not drawn`)] : [];
      return [make("div", "inspector-head", title, state), list, ...rest];
    });
    setText(this.#inspector.querySelector(".state") ?? this.#inspector, this.#standing(member));
  }

  #factsOf({ name, address, status, tags }: WatchedMember): (readonly [string, string])[] {
    const asked = this.#watch.askedName;
    const peer = this.#watch.peer(name);
    const roundTrip = asked === undefined || status !== "alive" ? undefined : this.#watch.roundTrip(asked, name);
    const { rpc_addr: rpc, w: writer, gv: _version, ...others } = tags;
    return [
      ...(rpc === undefined ? [] : [["RPC", rpc] as const]),
      ["Gossip", address],
      ...(roundTrip === undefined ? [] : [[`To ${asked}`, roundTripText(roundTrip)] as const]),
      ...(peer === undefined || status === "left" ? [] : [["Way", peer.cause || peer.verdict] as const]),
      ...(writer === undefined ? [] : [["Writer", writer] as const]),
      ...Object.entries(others),
    ];
  }

  /** Every node serves this page. */
  #valueOf(term: string, value: string): Node | string {
    if (term !== "RPC" || value === location.host) return value;
    return makeLink("", `${location.protocol}//${value}/${location.hash}`, value);
  }
}

interface Link {
  readonly path: string;
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly isAsked: boolean;
  readonly isWhole: boolean;
}

function toLink({ path, isAsked, isWhole }: Link): SVGElement {
  return draw("path", { d: path, "data-asked": String(isAsked), "data-whole": String(isWhole) });
}

function toLabel({ x, y, label }: Link): SVGElement[] {
  return label === "" ? [] : [draw("text", { x, y: y + 3.5 }, label)];
}

/** States differ by more than their colour. */
function toGlyph(status: WatchedMember["status"], { x, y }: Spot, size: number): SVGElement {
  const arm = size * 0.36;
  switch (status) {
    case "alive":
      return draw("circle", { class: "glyph core", cx: x, cy: y, r: size * 0.34 });
    case "failed":
      return draw("path", {
        class: "glyph",
        d: `M${x - arm} ${y - arm}L${x + arm} ${y + arm}M${x + arm} ${y - arm}L${x - arm} ${y + arm}`,
      });
    default:
      return draw("path", { class: "glyph", d: `M${x - arm} ${y}L${x + arm} ${y}` });
  }
}

function shortened(name: string): string {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}
