// The theme that somebody chose, before anything is drawn.
(() => {
  try {
    const chosen = localStorage.getItem("portico-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Without storage the system's theme holds.
  }
})();
