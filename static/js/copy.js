// Copies data-copy="<text>" to the clipboard; data-copy="" copies the address of this page.
import { toast } from "./live.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = document.body.dataset;
  try {
    await navigator.clipboard.writeText(button.dataset.copy || location.href);
    toast(words.copied);
  } catch {
    toast(words.notCopied, "bad");
  }
});
