/** The element with this id, which the page surely has. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
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
  element.className = className;
  element.append(...children);
  return element;
}

/** Puts children in place only when `signature` changed, so that focus and selection survive polling. */
export function renderWhenChanged(parent: HTMLElement, signature: string, children: () => Node[]): void {
  if (parent.dataset["signature"] === signature) return;
  parent.dataset["signature"] = signature;
  parent.setAttribute("aria-busy", "false");
  parent.replaceChildren(...children());
}
