// Light, dark, or as the system has it.

const system = matchMedia("(prefers-color-scheme: dark)");

export function useTheme(select) {
  const root = document.documentElement;
  const apply = () => {
    const choice = select.value;
    root.toggleAttribute("data-dark", choice === "dark" || (choice !== "light" && system.matches));
    if (choice === "light" || choice === "dark") root.dataset.theme = choice; else delete root.dataset.theme;
  };
  select.addEventListener("input", apply);
  system.addEventListener("change", apply);
  apply();
}
