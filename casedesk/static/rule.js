// A rule's sentence: several ticks are said on their picker at once, and what was picked is not lost by leaving the page.
// Without this file it works too: the ticks are said when the draft is saved.

let isChanged = document.querySelector("#spoken .pill-draft") !== null && document.querySelector("#r-error") !== null;
document.querySelector("#rule-form [aria-invalid=true]")?.focus();

document.addEventListener("change", ({ target }) => {
  if (!target.closest?.("#rule-form")) return;
  isChanged = true;
  const many = target.closest("details.many");
  if (!many) return;
  const ticked = [...many.querySelectorAll("input:checked")].map((box) => box.closest("label").textContent.trim());
  many.querySelector("[data-said]").textContent = ticked.join(", ") || "…";
});
document.addEventListener("submit", ({ target }) => {
  if (target.id === "rule-form") isChanged = false;
});
addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
