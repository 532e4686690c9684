// Small comforts. Every page works without them.
(() => {
  const root = document.documentElement;
  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  // Light or dark, chosen by the reader and kept in this browser.
  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function showTheme() {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.setAttribute("aria-pressed", String(isDark()));
    }
  }

  // Menus and other folds marked data-dismiss close on Escape and on a press elsewhere.
  function closeFolds(except) {
    for (const fold of document.querySelectorAll("details[data-dismiss][open]")) {
      if (!except || !fold.contains(except)) fold.open = false;
    }
  }

  // Repeated rows: the same buttons without this script send the form, which comes back with the row added.
  function addRow(list) {
    const template = list.querySelector(":scope > template");
    const body = list.querySelector("[data-rows-body]");
    const next = Number(list.dataset.next);
    list.dataset.next = String(next + 1);
    body.insertAdjacentHTML("beforeend", template.innerHTML.replaceAll("__row__", String(next)));
    body.lastElementChild.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  function removeRow(row) {
    const list = row.closest("[data-rows]");
    row.remove();
    list.querySelector("button[name=_add]")?.focus();
  }

  document.addEventListener("click", (event) => {
    const theme = closest(event, "[data-theme-switch]");
    if (theme) {
      root.dataset.theme = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("theme", root.dataset.theme);
      } catch {
        // Storage refused: the choice lasts for this page.
      }
      showTheme();
    }
    const add = closest(event, "[data-rows] button[name=_add]");
    if (add) {
      event.preventDefault();
      addRow(add.closest("[data-rows]"));
    }
    const remove = closest(event, "[data-row] button[name=_remove]");
    if (remove) {
      event.preventDefault();
      removeRow(remove.closest("[data-row]"));
    }
    if (closest(event, "[data-print]")) window.print();
    closeFolds(event.target);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest("details[data-dismiss][open]");
    closeFolds();
    open?.querySelector("summary")?.focus();
  });

  // Forms that filter send themselves when a box is ticked.
  document.addEventListener("change", (event) => {
    closest(event, "form[data-autosubmit]")?.requestSubmit();
  });

  // What htmx could not fetch is said, not swallowed.
  const notice = () => document.querySelector("[data-notice]");
  for (const name of ["htmx:response:error", "htmx:error"]) {
    document.addEventListener(name, (event) => {
      const place = notice();
      const source = event.detail?.ctx?.sourceElement;
      if (place && !source?.hasAttribute("data-quiet")) place.hidden = false;
    });
  }
  document.addEventListener("htmx:after:swap", () => {
    const place = notice();
    if (place) place.hidden = true;
  });

  showTheme();
  document.querySelector("[data-error-summary]")?.focus();
})();
