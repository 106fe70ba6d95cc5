// The page on which an announcement is written: whom it is for, and whether it goes out now or later.

const form = document.getElementById("announcement-form");
const publish = form.querySelector("[data-later]");
const at = form.querySelector("[name=publish_at]");

function paint() {
  const everybody = form.querySelector("[name=everybody]:checked")?.value === "yes";
  form.querySelector(".audience-teams").toggleAttribute("inert", everybody);
  if (publish) publish.querySelector("[data-label]").textContent = at?.value ? publish.dataset.later : publish.dataset.now;
}

form.addEventListener("input", paint);
form.addEventListener("change", paint);
// One press, one announcement.
form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => delete form.dataset.sent);
paint();
