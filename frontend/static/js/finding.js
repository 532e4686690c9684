// Finding made quicker: narrowing a long list, keys for the search box and the results, folds and focus kept when the
// page is renewed in part. Without it every list is long, every filter has a button, and nothing else is missing.
(() => {
  const fold = (text) =>
    text
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .replace(/[đĐ]/g, "d")
      .toLowerCase()
      .replace(/[.–-]/g, " ")
      .replace(/\s+/g, " ")
      .trim();
  const within = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  // Narrow a list to what is typed; today's and former names stand in data-words, folded.
  function narrow(box) {
    const list = box.closest("[data-find]");
    const wanted = fold(box.value);
    let found = 0;
    for (const item of list.querySelectorAll("li")) {
      const words = item.dataset.words ?? fold(item.querySelector(".facet-label").textContent);
      item.hidden = !(wanted === "" || ` ${words}`.includes(` ${wanted}`));
      if (!item.hidden) found += 1;
    }
    for (const part of list.querySelectorAll(".facet-part")) {
      part.hidden = !part.nextElementSibling?.querySelector("li:not([hidden])");
    }
    const rest = list.querySelector("details");
    if (rest && wanted) rest.open = true;
    list.classList.toggle("facet-narrowed", wanted !== "");
    list.querySelector("[data-find-none]").hidden = found > 0;
  }

  document.addEventListener("input", (event) => {
    const box = within(event, "[data-find-box]");
    if (box) narrow(box);
  });

  // What is typed there only narrows: leaving the box must not send the form. Enter takes what is found alone.
  document.addEventListener(
    "change",
    (event) => {
      if (within(event, "[data-find-box]")) event.stopPropagation();
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    const box = within(event, "[data-find-box]");
    if (!box || event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const shown = [...box.closest("[data-find]").querySelectorAll("li:not([hidden]) input")];
    if (box.value.trim() && shown.length === 1) {
      shown[0].checked = !shown[0].checked;
      box.value = "";
      narrow(box);
      shown[0].dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  // Fields left empty stay out of the address.
  document.addEventListener("htmx:config:request", (event) => {
    const sent = event.detail?.ctx?.request?.body;
    if (!(sent instanceof FormData) || !event.target.closest?.("[data-keeps-folds]")) return;
    for (const name of new Set(sent.keys())) {
      if (sent.getAll(name).every((value) => value === "")) sent.delete(name);
    }
  });

  // Folds opened or closed by hand, what was typed into list boxes, and a focus that is nobody's id, over a renewal.
  let kept = null;
  document.addEventListener("htmx:before:swap", () => {
    const place = document.querySelector("[data-keeps-folds]");
    if (!place) return;
    const active = document.activeElement;
    kept = {
      // htmx finds by id what had the focus; links of cards have none.
      href: place.contains(active) && !active.id ? active.getAttribute("href") : null,
      folds: [...place.querySelectorAll("details[id]")].map((one) => [one.id, one.open]),
      boxes: [...place.querySelectorAll("[data-find-box]")].map((one) => [one.id, one.value]),
    };
  });
  document.addEventListener("htmx:after:swap", () => {
    const place = document.querySelector("[data-keeps-folds]");
    if (!place || !kept) return;
    for (const [id, open] of kept.folds) {
      const fold = document.getElementById(id);
      if (fold) fold.open = open;
    }
    for (const [id, value] of kept.boxes) {
      const box = document.getElementById(id);
      if (box && value) {
        box.value = value;
        narrow(box);
      }
    }
    if (kept.href) [...place.querySelectorAll("a")].find((link) => link.getAttribute("href") === kept.href)?.focus();
    kept = null;
    const says = place.querySelector("[data-says]");
    const status = document.querySelector("[data-status]");
    if (says && status) status.textContent = says.textContent.trim().replace(/\s+/g, " ");
  });

  // On a phone the filters fold away over the results they gave.
  document.addEventListener("click", (event) => {
    const button = within(event, "[data-close]");
    if (!button) return;
    const fold = document.getElementById(button.dataset.close);
    fold.open = false;
    fold.querySelector("summary").focus({ preventScroll: true });
    document.getElementById("results-count")?.scrollIntoView({ block: "start" });
  });

  // Keys. Never while somebody types, chooses from a list or holds another key.
  const typing = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio])"));
  // A reader who speaks or types by other means can turn single keys off; kept in this browser (WCAG 2.1.4).
  const readsKeys = () => {
    try {
      return localStorage.getItem("keys") !== "off";
    } catch {
      return true;
    }
  };
  function showKeys() {
    for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = readsKeys();
  }
  document.addEventListener("change", (event) => {
    const box = within(event, "[data-keys-switch]");
    if (!box) return;
    try {
      localStorage.setItem("keys", box.checked ? "on" : "off");
    } catch {
      // Storage refused: keys stay on.
    }
  });
  document.addEventListener("htmx:after:swap", showKeys);
  showKeys();

  const links = () => [...document.querySelectorAll("#results .card-title a")];

  function step(by) {
    const all = links();
    if (!all.length) return;
    const card = document.activeElement?.closest("#results .card");
    const here = card ? all.findIndex((link) => card.contains(link)) : -1;
    const next = all[Math.min(all.length - 1, Math.max(0, here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by))];
    next.focus();
    next.closest(".card").scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const active = document.activeElement;
    if (event.key === "Escape" && active instanceof HTMLElement && active.closest(".search-box") && !active.value) {
      active.blur();
      return;
    }
    if (event.key === "Escape" && !typing(active)) {
      const open = active?.closest(".facet-rest[open], .keys-help[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (typing(active) || !readsKeys()) return;
    if (event.key === "/") {
      const box = document.querySelector("main .search-box input[type=search], .search-box input[type=search]");
      if (box) {
        event.preventDefault();
        box.focus();
        box.select();
      }
      return;
    }
    const onCard = active?.closest("#results .card");
    const down = event.key === "j" || (event.key === "ArrowDown" && onCard);
    const up = event.key === "k" || (event.key === "ArrowUp" && onCard);
    if (down || up) {
      event.preventDefault();
      step(down ? 1 : -1);
    }
    if (event.key === "c" && onCard) onCard.closest("li").querySelector("[data-compare]")?.click();
  });
})();
