// The order of categories: by the arrows of a row, or by dragging it.

let dragged = null;

const list = () => document.querySelector(".category-rows");

async function save(focus = "") {
  const category = [...list().children].map((row) => row.dataset.id);
  await window.htmx.ajax("POST", list().dataset.order, { target: "#categories", swap: "outerHTML", values: { category } });
  const button = document.getElementById(focus);
  (button?.disabled ? button.parentElement.querySelector("[data-move]:enabled") : button)?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  const row = button.closest(".category-row");
  if (button.dataset.move === "1") row.nextElementSibling?.after(row);
  else row.previousElementSibling?.before(row);
  save(button.id);
});

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".category-row");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.id);
  dragged.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.(".category-row");
  if (!dragged || !over) return;
  event.preventDefault();
  if (over === dragged) return;
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY > top + height / 2) over.after(dragged);
  else over.before(dragged);
});

document.addEventListener("drop", (event) => {
  if (!dragged) return;
  event.preventDefault();
  save();
});

document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
});
