// Everything by keyboard. An element says its keys in data-key ("g m", "n"); pressing them clicks it, or focuses it when it is
// a field to write or choose in.

const OFF = "casedesk.keys.off";
const overlay = document.getElementById("keys");
let first = "";
let timer = 0;

const keysAreOn = () => localStorage.getItem(OFF) === null;
const isWriting = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const isShown = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? true;

function use(element) {
  if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) element.focus();
  else element.click();
}

// A form behind a summary: opened by its key, the caret stands in its first field.
function unfold(element) {
  use(element);
  const fold = element.matches("summary") && element.parentElement;
  if (fold?.open) fold.querySelector("input:not([type=hidden]), textarea")?.focus();
}

// Keys that act on one row of a list (data-row-key) act on the row that has the focus, and on no other.
function inRow(key) {
  return document.activeElement?.closest("[data-list] > li")?.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
}

// Out of a field: back to the row it belongs to, whose keys then work again.
function leave(field) {
  const row = field.closest("[data-list] > li");
  if (!row) return field.blur();
  for (const fold of row.querySelectorAll("details[open]")) fold.open = false;
  row.querySelector("a").focus();
}

// Navigation in a folded menu counts too: it is there, only out of sight.
function find(keys) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`)];
  return all.find(isShown) ?? all[0];
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-list] > li > a, [data-list] .case-row")].filter(isShown);
  if (!rows.length) return;
  const focused = rows.indexOf(document.activeElement);
  const at = focused >= 0 ? focused : rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function keyCaps(keys) {
  return keys.split(" ").flatMap((key) => {
    const cap = document.createElement("kbd");
    cap.textContent = key.toUpperCase();
    return [cap, " "];
  });
}

function labelOf(element) {
  if (element.dataset.keyLabel || element.ariaLabel) return element.dataset.keyLabel || element.ariaLabel;
  const words = element.cloneNode(true);
  // A key beside its words is not one of them.
  for (const cap of words.querySelectorAll("kbd")) cap.remove();
  return words.textContent.trim();
}

// The keys of rows are named once, not for each row.
function keyed() {
  const rows = new Map([...document.querySelectorAll("[data-row-key]")].map((element) => [element.dataset.rowKey, element]));
  return [...document.querySelectorAll("[data-key]"), ...rows.values()];
}

function show() {
  const here = overlay.querySelector("[data-keys-here]");
  here.replaceChildren(...keyed().map((element) => {
    const row = document.createElement("div");
    const caps = row.appendChild(document.createElement("dd"));
    caps.append(...keyCaps(element.dataset.key ?? element.dataset.rowKey));
    row.appendChild(document.createElement("dt")).textContent = labelOf(element);
    return row;
  }));
  overlay.querySelector("[data-keys-on]").checked = keysAreOn();
  overlay.showModal();
}

function press(key) {
  if (key === "?") return show();
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  const keys = first ? `${first} ${key}` : key;
  first = "";
  const found = (keys === key && inRow(key)) || find(keys);
  if (found) return unfold(found);
  if (document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) {
    first = key;
    clearTimeout(timer);
    timer = setTimeout(() => { first = ""; }, 1500);
  }
}

function findBox() {
  const box = document.querySelector("[data-find]");
  const menu = document.getElementById("side-body");
  if (!isShown(box)) menu.showPopover();
  box.focus();
  box.select();
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && document.querySelector("[data-find]")) {
    event.preventDefault();
    return findBox();
  }
  if (event.key === "Escape" && isWriting(event.target)) return leave(event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (!keysAreOn() || isWriting(event.target) || event.key.length !== 1 || event.key === " ") return;
  const before = document.activeElement;
  press(event.key === "?" ? "?" : event.key.toLowerCase());
  // The key that moved the caret into a field must not also be typed there.
  if (document.activeElement !== before) event.preventDefault();
});

overlay?.querySelector("[data-keys-on]").addEventListener("change", ({ target }) => {
  if (target.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});
document.querySelector("[data-keys-open]")?.addEventListener("click", show);
