/** Keys that work on the whole page, and the list of them. */
import { byId, make, makeButton } from "./elements.ts";

export interface Shortcut {
  /** One key, or two that follow each other. */
  readonly keys: readonly [string] | readonly [string, string];
  readonly label: string;
  run(): void;
}

/** The second key of two must follow so soon. */
const chordMs = 1_200;

export function startKeyboard(shortcuts: readonly Shortcut[]): void {
  const dialog = byId("help", HTMLDialogElement);
  const toggle = (): void => (dialog.open ? dialog.close() : dialog.showModal());
  const all: readonly Shortcut[] = [...shortcuts, { keys: ["?"], label: "Show these keys", run: toggle }];
  fillHelp(dialog, all);
  byId("help-open", HTMLButtonElement).addEventListener("click", toggle);
  let first: { readonly key: string; readonly atMs: number } | undefined;
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    if (dialog.open && event.key !== "?") return;
    const before = first !== undefined && event.timeStamp - first.atMs < chordMs ? first.key : undefined;
    const found =
      all.find(({ keys }) => keys.length === 2 && keys[0] === before && keys[1] === event.key) ??
      all.find(({ keys }) => keys.length === 1 && keys[0] === event.key);
    first = { key: event.key, atMs: event.timeStamp };
    if (found === undefined) return;
    event.preventDefault();
    first = undefined;
    found.run();
  });
}

/** Letters belong to the field that is typed into. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

function fillHelp(dialog: HTMLDialogElement, shortcuts: readonly Shortcut[]): void {
  const title = make("h2", "", "Keyboard");
  title.id = "help-title";
  const list = make("dl", "keys");
  for (const { keys, label } of shortcuts) {
    list.append(make("dt", "", ...keys.map((key) => make("kbd", "", key))), make("dd", "", label));
  }
  list.append(
    make("dt", "", make("kbd", "", "↑"), make("kbd", "", "↓")),
    make("dd", "", "From one record or member to the next"),
  );
  list.append(
    make("dt", "", make("kbd", "", "Ctrl"), make("kbd", "", "Enter")),
    make("dd", "", "Produce, from within the value"),
  );
  const close = makeButton("small", "Close", () => dialog.close());
  dialog.append(make("div", "panel-head", title, close), list);
}
