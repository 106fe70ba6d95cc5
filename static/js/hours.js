// Settings, opening hours: dates are added and removed as rows; the form sends what is there.

document.addEventListener("click", ({ target }) => {
  if (target.closest("#special-add")) {
    const row = document.getElementById("special-row").content.firstElementChild.cloneNode(true);
    document.getElementById("special-rows").append(row);
    row.querySelector("input").focus();
  }
  const remove = target.closest("[data-remove]");
  if (!remove) return;
  const row = remove.closest(".special-day");
  const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("[data-remove]");
  row.remove();
  (next ?? document.getElementById("special-add")).focus();
});
