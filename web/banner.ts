/** Who answers, and what to know when it is not the node that the page came from. */
import type { ClusterWatch } from "./cluster_watch.ts";
import { byId, make, makeLink, renderWhenChanged, setText } from "./elements.ts";
import { agoText } from "./formats.ts";

export class Banner {
  readonly #watch: ClusterWatch;
  readonly #asked = byId("asked", HTMLElement);
  readonly #banner = byId("banner", HTMLElement);

  constructor(watch: ClusterWatch) {
    this.#watch = watch;
  }

  render(): void {
    const { link, askedName, members } = this.#watch;
    const alive = members.filter(({ status }) => status === "alive").length;
    document.body.dataset["link"] = link.state;
    this.#asked.dataset["state"] = link.state;
    const name = askedName === undefined ? [] : [make("strong", "", askedName)];
    renderWhenChanged(this.#asked, JSON.stringify([link.state, link.server, askedName]), () => {
      if (link.state === "connecting") return [new Text(`asking ${link.server}`)];
      if (link.state === "lost") return [new Text("no answer, trying again")];
      return [...name, make("span", "address", link.server)];
    });
    document.title = titleOf(
      link.state,
      members.length - alive,
      members.filter(({ status }) => status === "left").length,
    );
    this.#renderBanner();
  }

  #renderBanner(): void {
    const { link, askedName, members } = this.#watch;
    const served = members.find(({ tags }) => tags["rpc_addr"] === location.host);
    const from = served?.name ?? location.host;
    const isElsewhere = link.state === "live" && link.server !== location.host;
    const isBack = served?.status === "alive";
    this.#banner.hidden = !(link.state === "lost" || (isElsewhere && !isBack));
    this.#banner.dataset["tone"] = link.state === "lost" ? "bad" : "odd";
    if (this.#banner.hidden) return;
    const signature = JSON.stringify([link.state, link.server, askedName, from, link.error]);
    renderWhenChanged(this.#banner, signature, () => {
      if (link.state === "lost") {
        return [
          make(
            "strong",
            "",
            link.error === "no node answers" ? "No node answers." : "The cluster does not answer as it should.",
          ),
          make("span", "", link.error === "no node answers" ? reasonText : (link.error ?? "")),
          make("span", "since"),
        ];
      }
      const where = `${location.protocol}//${link.server}/${location.hash}`;
      return [
        make("strong", "", `${from}, which this page came from, does not answer.`),
        make("span", "", `${askedName ?? link.server} answers now, and the page goes on with it.`),
        makeLink("", where, `Open the console of ${askedName ?? link.server}`),
      ];
    });
    const since = this.#banner.querySelector(".since");
    if (since !== null)
      setText(since, `Since ${agoText(link.sinceMs, Date.now())}.`.replace("Since just now", "Just now"));
  }
}

const reasonText =
  "What you see is what was known last. The page tries every node that it learnt of, and goes on by itself.";

function titleOf(state: string, absent: number, left: number): string {
  if (state === "lost") return "(no answer) Grapevine";
  const sick = absent - left;
  return sick > 0 ? `(${sick} failed) Grapevine` : "Grapevine";
}
