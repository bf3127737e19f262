/** Light or dark: as the system has it, unless somebody chose otherwise on this machine. */
const storageKey = "grapevine-theme";

export type Theme = "system" | "light" | "dark";

const themes: readonly Theme[] = ["system", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");

export function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined ? dark.matches : chosen === "dark";
}

/** Puts the stored choice in force, and makes the button go from one to the next. `onChange` hears of every change. */
export function startTheme(button: HTMLButtonElement, onChange: () => void): void {
  const put = (theme: Theme): void => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    button.dataset["theme"] = theme;
    const label = `Colours: ${theme === "system" ? "as the system" : theme}`;
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  put(stored());
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(stored()) + 1) % themes.length] as Theme;
    store(next);
    put(next);
    onChange();
  });
  dark.addEventListener("change", onChange);
}

function stored(): Theme {
  try {
    const found = localStorage.getItem(storageKey);
    return themes.find((theme) => theme === found) ?? "system";
  } catch {
    // Browsers may refuse storage to a page: then the choice lasts as long as the page.
    return (document.documentElement.dataset["theme"] as Theme | undefined) ?? "system";
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // See above.
  }
}
