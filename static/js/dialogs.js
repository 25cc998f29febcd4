// Opens and closes <dialog> elements: data-dialog="<id>" opens, data-close closes, so does the backdrop.
export function open(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    open(document.getElementById(opener.dataset.dialog));
    return;
  }
  const dialog = event.target.closest("dialog[open]");
  if (!dialog) return;
  if (event.target.closest("[data-close]") || onBackdrop(event, dialog)) dialog.close();
});

function onBackdrop(event, dialog) {
  if (event.target !== dialog) return false;
  const box = dialog.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

// A dialog that the server sent open (a form with errors) becomes modal.
function adopt() {
  for (const dialog of document.querySelectorAll("dialog[data-open]:not([open])")) open(dialog);
}
adopt();
document.addEventListener("htmx:after:swap", adopt);
