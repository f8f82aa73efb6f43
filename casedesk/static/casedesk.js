// What every page needs: toasts, no double sending, drafts, counters, the composer's tabs. Each works without this file, only less smoothly.

const words = document.getElementById("words")?.dataset ?? {};
document.documentElement.classList.add("has-js");

// ---- toasts ----

function leave(toast, after) {
  const timer = setTimeout(() => toast.remove(), after);
  toast.addEventListener("pointerenter", () => clearTimeout(timer), { once: true });
  toast.addEventListener("focusin", () => clearTimeout(timer), { once: true });
}

function toast(text, kind = "") {
  const item = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  item.querySelector("span").textContent = text;
  if (kind) item.classList.add(kind);
  document.getElementById("toasts").append(item);
  settle(item);
}

// Bad news stays until it is read.
function settle(item) {
  if (item.classList.contains("is-late") || item.dataset.settled) return;
  item.dataset.settled = "1";
  leave(item, 8000);
}

// A live region announces what is added to it, not what the page came with.
setTimeout(() => {
  const items = document.querySelectorAll("#toasts > [data-toast]");
  document.getElementById("toasts")?.append(...items);
  items.forEach(settle);
}, 200);
document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove());

// ---- forms: sent once, refused where a button says why ----

function submitters(form) {
  return form.querySelectorAll("button:not([type=button]), input[type=submit]");
}

function free(form) {
  delete form.dataset.sent;
  for (const button of submitters(form)) button.classList.remove("is-busy");
}

function hold(form, submitter) {
  form.dataset.sent = "1";
  clearTimeout(drafts.get(form));
  drafts.delete(form);
  submitter?.classList.add("is-busy");
  // Should no answer come, or only a file, it can be tried again.
  setTimeout(() => free(form), 15_000);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.getAttribute("aria-disabled") === "true" || form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post")) hold(form, event.submitter);
}, true);
// A form in a page that the back button brings out of the cache may be sent again.
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("form[data-sent]").forEach(free));

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.preventDefault();
    const form = event.target.form;
    form?.requestSubmit(form.querySelector("button[type=submit]"));
  }
});

// ---- htmx: freed forms, focus, errors in words ----

const body = document.body;
body.addEventListener("htmx:beforeRequest", ({ detail: { elt, requestConfig } }) => {
  if (elt.matches("form[hx-post]")) hold(elt, requestConfig.triggeringEvent?.submitter);
});
body.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => elt.matches("form[hx-post]") && free(elt));
body.addEventListener("htmx:afterSettle", ({ target: part }) => {
  const inside = (selector) => (part.matches(selector) ? part : part.querySelector(selector));
  (inside("[aria-invalid=true]") ?? inside("[data-focus]"))?.focus();
  document.querySelectorAll("#toasts > [data-toast]").forEach(settle);
  ready(part);
});
// A refusal brings its own words and says where they go.
body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.isError || !detail.xhr.getResponseHeader("HX-Retarget")) return;
  detail.shouldSwap = true;
  detail.isError = false;
});
body.addEventListener("htmx:sendError", () => toast(words.noAnswer, "is-late"));
body.addEventListener("htmx:responseError", () => toast(words.failed, "is-late"));

// ---- drafts: kept on the server while somebody writes ----

const drafts = new Map();

// Words only: files go when the form goes.
function wordsOf(form) {
  const words = new FormData(form);
  for (const [name, value] of [...words]) if (value instanceof File) words.delete(name);
  return words;
}

async function keep(form, last) {
  const state = form.querySelector("[data-draft-state]");
  try {
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: wordsOf(form), keepalive: last, redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    const now = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    if (state) state.textContent = words.draftKept.replace("%s", now);
  } catch {
    if (state) state.textContent = words.draftLost;
  }
}

document.addEventListener("input", ({ target }) => {
  const form = target.form;
  if (!form?.dataset.draftUrl || !target.matches("textarea")) return;
  clearTimeout(drafts.get(form));
  drafts.set(form, setTimeout(() => { drafts.delete(form); keep(form, false); }, 1200));
});
addEventListener("pagehide", () => {
  for (const [form, timer] of drafts) {
    clearTimeout(timer);
    if (!form.dataset.sent) keep(form, true);
  }
  drafts.clear();
});

// ---- counters: how many characters are left ----

function count(field) {
  const counter = document.querySelector(`[data-counts="${field.id}"]`);
  if (!counter) return;
  const left = Number(counter.dataset.limit) - [...field.value].length;
  counter.textContent = (left < 0 ? words.over : words.left).replace("%s", Math.abs(left));
  counter.classList.toggle("is-near", left < 20);
}

document.addEventListener("input", ({ target }) => target.id && count(target));

// ---- the composer: a tab shows its form at once and puts the caret in it ----

document.addEventListener("click", (event) => {
  const tab = event.target.closest(".composer-tabs a[href*='#']");
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.replace(tab.hash);
  for (const other of tab.parentElement.children) other.removeAttribute("aria-current");
  tab.setAttribute("aria-current", "true");
  document.querySelector(tab.hash)?.querySelector("textarea")?.focus({ preventScroll: true });
});

// ---- copied with one click; a form beside a case closed without asking the server ----

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).innerText.trim());
  toast(button.dataset.copied, "is-done");
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-close]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.querySelector(link.dataset.close).replaceChildren();
});

// A file field shows its words only once they name a file.
document.addEventListener("change", ({ target }) => target.matches(".attach input") && target.classList.toggle("has-files", target.files.length > 0));

// ---- menus and dialogs: outside or Escape closes ----

document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
// A click on the backdrop of a dialog closes it.
document.addEventListener("click", ({ target }) => target.matches("dialog[open]") && target.close());

function ready(part) {
  for (const counter of part.querySelectorAll("[data-counts]")) {
    const field = document.getElementById(counter.dataset.counts);
    if (field) count(field);
  }
}

ready(document);
