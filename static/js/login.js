// The log-in page: show what is typed, and (in the demo) log in with one click.

const form = document.getElementById("login");

document.querySelector("[data-reveal]").addEventListener("click", ({ currentTarget: button }) => {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
  input.focus();
});

for (const button of document.querySelectorAll("[data-login]")) {
  button.addEventListener("click", () => {
    form.elements.login.value = button.dataset.login;
    form.elements.password.value = button.dataset.password;
    form.requestSubmit();
  });
}
