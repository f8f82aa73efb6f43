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
