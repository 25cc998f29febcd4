// The page on which access is asked for: what is chosen changes here, what comes of it is asked of the server.
const form = () => document.getElementById("ask");
const changed = () => form()?.dispatchEvent(new Event("change", { bubbles: true }));

document.addEventListener("click", (event) => {
  const chooser = event.target.closest("[data-choose]");
  if (chooser) {
    const which = chooser.dataset.choose;
    for (const box of chooser.closest("fieldset").querySelectorAll("input[type=checkbox]")) {
      box.checked = which === "all" || (which === "first" && box.hasAttribute("data-harmless"));
    }
    changed();
  }
  const leaver = event.target.closest("[data-leave-out]");
  if (leaver) {
    leaver.closest("section").remove();
    document.getElementById("q")?.focus();
    changed();
  }
});

// A table was put into the basket: the search is over, and what will happen is another thing now.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail?.ctx?.target?.id !== "basket") return;
  const search = document.getElementById("q");
  if (search) search.value = "";
  document.getElementById("found")?.replaceChildren();
  changed();
});
