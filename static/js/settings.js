// Settings: on a phone the list of pages scrolls to where one is; a colour shows itself while it is typed, and variables go into a canned reply where the cursor is.

document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

for (const box of document.querySelectorAll("[data-color-input]")) {
  const mark = box.querySelector("rect");
  box.querySelector("input").addEventListener("input", ({ target }) => {
    if (/^#[0-9a-f]{6}$/i.test(target.value)) mark.setAttribute("fill", target.value);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = button.closest("form").elements[button.dataset.into];
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
});
