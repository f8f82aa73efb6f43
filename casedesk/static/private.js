// A complainant's pages: what is before their eyes counts as read, and a link is copied by a tap. Both also work without this file.

const page = document.querySelector("[data-read-url]");

function tell() {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", tell);
  fetch(page.dataset.readUrl, { method: "POST", body: new URLSearchParams({ quiet: "1" }), keepalive: true }).catch(() => {});
}

// Whoever only fetches the page, as mail scanners do, has not read it; neither has a tab that was opened in the background.
if (page) {
  document.addEventListener("visibilitychange", tell);
  setTimeout(tell, 1500);
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy], [data-copy-address]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source ? source.textContent.trim() : location.href.split("#")[0]);
    button.querySelector("span").textContent = button.dataset.copied;
  } catch {
    if (source) getSelection().selectAllChildren(source);
  }
});

// What was promised moves while the page is open: look again each minute, but only while somebody looks, and never under their finger.
async function look() {
  const list = document.querySelector("[data-promises]");
  if (!list || document.visibilityState !== "visible" || list.contains(document.activeElement)) return;
  try {
    const answer = await fetch(`${list.dataset.promises}?revision=${list.dataset.revision}`);
    if (answer.status !== 200) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-promises]");
    if (found && !list.contains(document.activeElement)) list.replaceWith(found);
  } catch {
    // Without a connection the page stays as it was.
  }
}

if (document.querySelector("[data-promises]")) setInterval(look, 60_000);
