// Applies the theme a person chose before anything is painted; without a choice the system decides.
(() => {
  const chosen = localStorage.getItem("seneschal.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
