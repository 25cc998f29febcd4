// What happens around a request of htmx: failures are said, and focus goes to what changed.
import { announce, toast } from "./live.js";

document.addEventListener("htmx:response:error", (event) => {
  const answer = event.detail?.ctx?.response?.raw;
  if (!answer || answer.status === 422 || answer.headers.has("HX-Trigger")) return;
  const id = answer.headers.get("X-Request-ID");
  const words = document.body.dataset.failed;
  toast(id ? `${words} (${id})` : words, "bad");
});

document.addEventListener("htmx:error", (event) => {
  if (!event.detail?.ctx) return;
  toast(document.body.dataset.unreachable, "bad");
});

document.addEventListener("htmx:after:swap", () => {
  const changed = document.querySelector("[data-focus]");
  if (!changed) return;
  changed.removeAttribute("data-focus");
  if (!changed.matches("a, button, input, select, textarea, [tabindex]")) changed.tabIndex = -1;
  changed.focus({ preventScroll: false });
  if (changed.dataset.said) announce(changed.dataset.said);
});

// A filter form sends itself when a choice in it changes.
document.addEventListener("change", (event) => {
  event.target.closest("form[data-autosubmit]")?.requestSubmit();
});
