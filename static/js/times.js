// Shows instants in the viewer's own zone, and says how long ago the recent ones were.
const language = document.documentElement.lang || undefined;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const moment = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const second = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const MONTH = 30 * 86400;

function ago(at) {
  const seconds = Math.round((at - Date.now()) / 1000);
  if (Math.abs(seconds) >= MONTH) return day.format(at);
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS.at(-1);
  return relative.format(Math.trunc(seconds / size), unit);
}

const SHOWN = { relative: ago, moment: (at) => moment.format(at), clock: (at) => clock.format(at), second: (at) => second.format(at), day: (at) => day.format(at) };

function show(root = document) {
  for (const element of root.querySelectorAll("time[data-time]")) {
    const at = new Date(element.dateTime);
    const words = SHOWN[element.dataset.time]?.(at);
    if (words && words !== element.textContent) element.textContent = words;
  }
}

show();
document.addEventListener("htmx:after:swap", () => show());
setInterval(() => { if (!document.hidden) show(); }, 30000);
