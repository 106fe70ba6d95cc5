// Connecting a channel: groups of fields that a choice asks for, and secrets that nobody gives us.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A secret that every provider's rules allow: letters and digits, 32 of them. */
function madeUp() {
  let text = "";
  while (text.length < 32) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 248) text += LETTERS[byte % 62]; // 248 is four times 62: each letter is as likely
  }
  return text;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-make-up]");
  if (!button) return;
  const field = document.getElementById(button.dataset.makeUp);
  field.type = "text"; // one has to type it in at the provider, too
  field.value = madeUp();
  field.select();
  button.parentElement.querySelector("[data-copy]").hidden = false;
});

for (const group of document.querySelectorAll("[data-only]")) {
  const choice = document.getElementById(group.dataset.only);
  const show = () => {
    group.hidden = !group.dataset.values.split(" ").includes(choice.value);
  };
  choice.addEventListener("change", show);
  show();
}
