// Closes a menu on Esc, on a click elsewhere, and when another opens; arrows move inside it.
const opened = () => document.querySelectorAll("details.s-menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of opened()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.s-menu[open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [...menu.querySelectorAll(".s-menu__list :is(a, button, input)")];
  if (!items.length) return;
  event.preventDefault();
  const step = event.key === "ArrowDown" ? 1 : -1;
  const from = items.indexOf(document.activeElement);
  const next = from < 0 ? (step > 0 ? 0 : items.length - 1) : from + step;
  items[(next + items.length) % items.length].focus();
});
