// Says what happened, politely: to screen readers always, on screen when it matters.
const TOAST_MS = 6000;

export function announce(text) {
  const region = document.getElementById("live");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

export function toast(text, tone = "none") {
  const place = document.getElementById("toasts");
  if (!place) return;
  const box = document.createElement("div");
  box.className = "s-toast";
  box.dataset.tone = tone;
  box.textContent = text;
  place.append(box);
  setTimeout(() => box.remove(), TOAST_MS);
  announce(text);
}

// A response may carry `HX-Trigger: {"announce": {"text": "…", "tone": "ok"}}`.
document.addEventListener("announce", (event) => {
  const said = event.detail ?? {};
  toast(said.text ?? said.value ?? "", said.tone);
});
