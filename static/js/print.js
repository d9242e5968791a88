// The print view: one button.
document.addEventListener("click", ({ target }) => target.closest("[data-print]") && print());
