// A rule's sentence: what several ticks come to is said on their picker at once. Without this file, it is said when the draft is saved.

document.addEventListener("change", ({ target }) => {
  const many = target.closest?.("details.many");
  if (!many) return;
  const ticked = [...many.querySelectorAll("input:checked")].map((box) => box.closest("label").textContent.trim());
  const said = many.querySelector("[data-said]");
  said.dataset.none ??= said.textContent.trim();
  said.textContent = ticked.join(", ") || "…";
});
