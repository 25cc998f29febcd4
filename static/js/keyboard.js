// Single keys: J and K move through rows, X selects, and any element with data-key is pressed by its key.
import { open } from "./dialogs.js";

const SWITCH = "seneschal.keys";
const enabled = () => localStorage.getItem(SWITCH) !== "off";
const typing = (element) => element?.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const visible = (element) => element.getClientRects().length > 0;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]") || !enabled()) return;
  if (act(event.key)) event.preventDefault();
});

function act(pressed) {
  const key = pressed.toLowerCase();
  if (key === "?") return open(showKeys()), true;
  const element = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(visible);
  if (element && !element.disabled) return press(element), true;
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "x") return select();
  return false;
}

function press(element) {
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
}

function rows() {
  return [...document.querySelectorAll("[data-rows] [data-row]")].filter(visible);
}

function current(all) {
  const focused = all.findIndex((row) => row === document.activeElement || holder(row)?.contains(document.activeElement));
  return focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute("aria-current"));
}

const holder = (row) => row.closest("li, tr");

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const from = current(all);
  const next = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + step, 0), all.length - 1);
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
  return true;
}

function select() {
  const all = rows();
  const box = holder(all[current(all)] ?? document.body)?.querySelector("input[type=checkbox]");
  box?.click();
  return Boolean(box);
}

// The help lists the keys of this page beside those of every page.
function showKeys() {
  const dialog = document.getElementById("keys");
  const place = dialog?.querySelector("[data-page-keys]");
  if (!place) return dialog;
  const found = [...document.querySelectorAll("[data-key]")].filter((element) => visible(element));
  place.replaceChildren(...found.map(line));
  place.closest("[data-page-keys-part]").hidden = !found.length;
  return dialog;
}

function line(element) {
  const row = document.createElement("div");
  const name = document.createElement("dt");
  const keys = document.createElement("dd");
  const key = document.createElement("kbd");
  name.textContent = label(element);
  key.className = "s-kbd";
  key.textContent = element.dataset.key.toUpperCase();
  keys.append(key);
  row.append(name, keys);
  return row;
}

export function label(element) {
  if (element.dataset.command) return element.dataset.command;
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll("kbd, svg")) part.remove();
  return copy.textContent.trim().replace(/\s+/g, " ") || element.getAttribute("aria-label") || element.dataset.key;
}

const box = document.querySelector("[data-keys-switch]");
if (box) {
  box.checked = enabled();
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dialog='keys']")) showKeys();
}, true);
