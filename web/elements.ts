/** The element with this id, which the page surely has. */
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`Cannot start the page: it has no ${kind.name} with id ${id}`);
}

/** A new element with a class and children. Texts stay texts: nothing of a record is read as markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

export function makeButton(className: string, label: string, onPress: () => void): HTMLButtonElement {
  const button = make("button", className, label);
  button.type = "button";
  button.addEventListener("click", onPress);
  return button;
}

export function makeLink(className: string, href: string, ...children: (Node | string)[]): HTMLAnchorElement {
  const link = make("a", className, ...children);
  link.href = href;
  return link;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** The same for drawings. */
export function draw<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>>,
  ...children: (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Touches the document only when the text is another: a live region speaks again otherwise. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const signatures = new WeakMap<Element, string>();

/**
 * Puts children in place only when `signature` changed, so that focus and selection survive polling. What had the focus
 * has it afterwards, when something with the same `data-key` is still there.
 */
export function renderWhenChanged(parent: Element, signature: string, children: () => Node[]): void {
  if (signatures.get(parent) === signature) return;
  signatures.set(parent, signature);
  const active = document.activeElement;
  const key = active instanceof Element && parent.contains(active) ? active.getAttribute("data-key") : null;
  parent.setAttribute("aria-busy", "false");
  parent.replaceChildren(...children());
  if (key === null) return;
  const again = parent.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again instanceof HTMLElement || again instanceof SVGElement) again.focus();
}

/** What a panel shows where there is nothing to show: what that means, and what to do. */
export function makeEmpty(title: string, ...about: (Node | string)[]): HTMLElement {
  return make("div", "empty", make("p", "empty-title", title), make("p", "", ...about));
}

/** A command or a line of code to be copied. */
export function makeCode(text: string): HTMLElement {
  return make("code", "", text);
}

/**
 * One of many elements is in the order of the tab key, and arrows move between them. `step` says how far an arrow key
 * leads.
 */
export function moveFocus(event: KeyboardEvent, items: readonly (HTMLElement | SVGElement)[]): boolean {
  const at = items.indexOf(event.target as HTMLElement);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return false;
  const to = stepOf(event.key, at, items.length - 1);
  const next = to === undefined ? undefined : items[to];
  if (next === undefined) return false;
  event.preventDefault();
  for (const item of items) item.setAttribute("tabindex", item === next ? "0" : "-1");
  next.focus();
  return true;
}

function stepOf(key: string, at: number, last: number): number | undefined {
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return Math.min(at + 1, last);
    case "ArrowUp":
    case "ArrowLeft":
      return Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}
