import { make } from "./elements.ts";

let panels = 0;

/** A part of a view with a title, and what stands beside it. */
export function makePanel(className: string, title: string, ...children: (Node | string)[]): HTMLElement {
  panels += 1;
  const heading = make("h2", "", title);
  heading.id = `panel-${panels}`;
  const panel = make("section", `panel ${className}`, make("div", "panel-head", heading), ...children);
  panel.setAttribute("aria-labelledby", heading.id);
  return panel;
}

/** Puts something behind a panel's title. */
export function intoHead(panel: HTMLElement, ...nodes: (Node | string)[]): void {
  panel.querySelector(".panel-head")?.append(...nodes);
}
