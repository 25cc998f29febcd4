// The button that changes between light and dark, and remembers it.
import { announce } from "./live.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-toggle]");
  if (!button) return;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  const next = dark ? "light" : "dark";
  if ((next === "dark") === system.matches) {
    delete root.dataset.theme;
    localStorage.removeItem("seneschal.theme");
  } else {
    root.dataset.theme = next;
    localStorage.setItem("seneschal.theme", next);
  }
  announce(button.dataset[next === "dark" ? "saidDark" : "saidLight"]);
});
