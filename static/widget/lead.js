// Nobody is on: the first message, and how to reach the one who wrote it.

import { contact, saveContact } from "./client.js";
import { say } from "./words.js";

const form = document.getElementById("lead");
const composer = document.getElementById("composer");
const error = document.getElementById("lead-error");

export function setUp(onSend) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { name, email, body } = form.elements;
    const button = form.querySelector("[type=submit]");
    if (!body.value.trim()) return body.focus();
    button.disabled = true;
    error.textContent = "";
    try {
      if (name.value.trim() || email.value.trim()) await saveContact(name.value.trim(), email.value.trim());
      onSend(body.value.trim());
      form.reset();
    } catch (problem) {
      error.textContent = problem.status === 400 ? problem.message : say("try_later");
    }
    button.disabled = false;
  });
}

/** Show the form instead of the composer, or the other way round; never from under somebody who is writing. */
export function update({ online, verified, isEmpty }) {
  const wanted = !online && !verified && isEmpty && !contact();
  const written = (form.hidden ? composer : form).querySelector("textarea").value.trim() !== "";
  if (wanted === !form.hidden || (written && isEmpty)) return;
  const focused = (form.hidden ? composer : form).contains(document.activeElement);
  form.hidden = !wanted;
  composer.hidden = wanted;
  if (focused) (wanted ? form : composer).querySelector("input:not([type=file]), textarea").focus({ preventScroll: true });
}

export function isShown() {
  return !form.hidden;
}

export function focus() {
  form.elements.name.focus({ preventScroll: true });
}
