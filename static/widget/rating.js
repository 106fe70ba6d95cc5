// How was it? Asked when the conversation is closed; an answer can be changed as long as it stays closed.

import { rate } from "./client.js";
import { say } from "./words.js";

const form = document.getElementById("rating");
const more = document.getElementById("rating-more");
const word = document.getElementById("rating-word");
const comment = document.getElementById("rating-comment");
const thanks = document.getElementById("rating-thanks");
const chosen = () => form.querySelector("input:checked")?.value;
const thankYou = thanks.textContent;
let shownFor = "";

export function setUp(onShown) {
  for (const input of form.querySelectorAll("input")) {
    input.nextElementSibling.nextElementSibling.textContent = say(`rating_${input.value}`);
    input.addEventListener("change", () => {
      word.textContent = say(`rating_${input.value}`);
      more.hidden = false;
      thanks.hidden = true;
      onShown();
    });
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      await rate(Number(chosen()), comment.value.trim());
      more.hidden = true;
      answer(thankYou);
    } catch (error) {
      answer(say("try_later"));
    }
    button.disabled = false;
    onShown();
  });
}

function answer(text) {
  thanks.textContent = text;
  thanks.hidden = false;
}

/** Show the question where the conversation is closed. Returns whether it has just appeared. */
export function update(conversation) {
  const isClosed = conversation?.status === "resolved";
  const appears = isClosed && form.hidden;
  form.hidden = !isClosed;
  if (!isClosed) {
    shownFor = "";
    return false;
  }
  if (shownFor !== conversation.id) {
    shownFor = conversation.id;
    form.reset();
    more.hidden = true;
    thanks.hidden = !conversation.rating;
    const input = conversation.rating && form.querySelector(`input[value="${conversation.rating}"]`);
    if (input) input.checked = true;
  }
  return appears;
}
