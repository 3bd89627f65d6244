// Sets the colour scheme before the first paint, so that a dark page never flashes white.
(function () {
  var wish = null;
  try {
    wish = localStorage.getItem("vestibule-theme");
  } catch (_) {
    // Storage may be switched off; then the system decides.
  }
  var dark = wish === "dark" || (wish !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
