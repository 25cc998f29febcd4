// The palette: what can be done on this page, what the server finds, then where one can go.
import { open } from "./dialogs.js";
import { label } from "./keyboard.js";
import { announce } from "./live.js";

const dialog = document.getElementById("palette");
const field = dialog?.querySelector("input");
const list = dialog?.querySelector("[data-palette-list]");
const here = dialog?.querySelector("[data-palette-here]");
const found = dialog?.querySelector("[data-palette-found]");
const pages = dialog?.querySelector("[data-palette-pages]");
const none = dialog?.querySelector("[data-palette-none]");
const WAIT_MS = 140;
let waiting, asking;

if (dialog) {
  document.addEventListener("keydown", (event) => {
    const slash = event.key === "/" && !event.target.closest?.("input, textarea, select") && !document.querySelector("dialog[open]");
    if (!slash && !((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")) return;
    event.preventDefault();
    show();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) show();
  });
  field.addEventListener("input", refresh);
  dialog.addEventListener("keydown", keys);
  list.addEventListener("mousemove", (event) => choose(event.target.closest("[role=option]")));
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) run(event, row);
  });
}

function show() {
  field.value = "";
  found.replaceChildren();
  open(dialog);
  refresh();
  field.focus();
}

function refresh() {
  const text = field.value.replace(/^>\s*/, "").trim().toLowerCase();
  fill(here, commands(), text);
  fill(pages, places(), text);
  clearTimeout(waiting);
  if (field.value.startsWith(">") || text.length < 2) found.replaceChildren();
  else waiting = setTimeout(() => ask(text), WAIT_MS);
  settle();
}

async function ask(text) {
  if (!dialog.dataset.url) return;
  asking?.abort();
  asking = new AbortController();
  try {
    const url = `${dialog.dataset.url}?q=${encodeURIComponent(text)}`;
    const answer = await fetch(url, { signal: asking.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.statusText);
    found.innerHTML = await answer.text();
  } catch (problem) {
    if (problem.name === "AbortError") return;
    found.replaceChildren();
  }
  settle();
}

function commands() {
  return [...document.querySelectorAll("[data-command], [data-key]")]
    .filter((element) => !dialog.contains(element) && element.getClientRects().length && !element.disabled)
    .map((element) => ({ text: label(element), key: element.dataset.key, icon: element.querySelector("use")?.getAttribute("href"), run: () => element.click() }));
}

function places() {
  return [...document.querySelectorAll("#sidebar [data-place]")]
    .map((link) => ({ text: link.dataset.place, href: link.href, icon: link.querySelector("use")?.getAttribute("href") }));
}

function fill(group, items, text) {
  const rows = items.filter((item) => item.text.toLowerCase().includes(text)).map(row);
  group.querySelector("[data-rows-of]").replaceChildren(...rows);
  group.hidden = !rows.length;
}

function row(item) {
  const line = document.createElement(item.href ? "a" : "div");
  line.className = "s-palette__row";
  line.setAttribute("role", "option");
  line.tabIndex = -1;
  if (item.href) line.href = item.href;
  if (item.icon) line.append(icon(item.icon));
  const words = document.createElement("span");
  words.textContent = item.text;
  line.append(words);
  if (item.key) {
    const key = document.createElement("kbd");
    key.className = "s-kbd";
    key.textContent = item.key.toUpperCase();
    line.append(key);
  }
  line.onRun = item.run;
  return line;
}

function icon(href) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("class", "s-icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", href);
  picture.append(use);
  return picture;
}

const options = () => [...list.querySelectorAll("[role=option]")].filter((option) => option.getClientRects().length);

function settle() {
  const all = options();
  all.forEach((option, index) => { option.id = `palette-${index}`; option.setAttribute("aria-selected", "false"); });
  none.hidden = all.length > 0;
  choose(all[0]);
  announce(all.length ? `${all.length}` : none.textContent.trim());
}

function choose(option) {
  if (!option) return field.removeAttribute("aria-activedescendant");
  for (const other of list.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", option.id);
}

function keys(event) {
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const next = all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length];
    choose(next);
    next?.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && all[at]) {
    event.preventDefault();
    run(event, all[at]);
  }
}

function run(event, option) {
  dialog.close();
  if (option.onRun) {
    event.preventDefault();
    option.onRun();
  } else if (event.type !== "click") {
    option.click();
  }
}
