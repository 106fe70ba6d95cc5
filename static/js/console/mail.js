// E-mails: their subject above the words, the quoted text where one asks for it, and the mail as it came.

import { toast } from "../base.js";
import { attribute, clone, show, slot, text } from "./dom.js";
import { say } from "./words.js";

/** Add to a bubble what its e-mail has besides its words. */
export function addMail(bubble, message) {
  const { subject, quoted, kept } = message.original;
  if (subject) {
    const line = clone("mail-subject");
    text(slot(line, "subject"), subject);
    slot(line, "subject").title = subject;
    bubble.prepend(line);
    delete bubble.dataset.bare;
  }
  if (!kept) return;
  const more = clone("mail-more");
  more.dataset.message = message.id;
  show(slot(more, "quoted"), quoted);
  show(slot(more, "open"), true);
  bubble.append(more);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-mail-quoted], [data-mail-open], [data-mail-pictures]");
  if (!button) return;
  if (button.matches("[data-mail-open]")) open(button);
  else if (button.matches("[data-mail-quoted]")) toggle(button);
  // The link itself leads the frame there.
  else button.closest("[data-mail-remote]").hidden = true;
});

const address = (button) => `/mails/${button.parentElement.dataset.message}/`;

function open(button) {
  // Its source is what gets the focus back when the dialog closes.
  window.htmx.ajax("GET", address(button), { source: button, target: "#dialog" }).catch(() => {});
}

async function toggle(button) {
  const more = button.parentElement;
  const shown = more.querySelector(".mail-quote");
  if (shown) {
    shown.remove();
  } else {
    button.disabled = true;
    const words = await load(`${address(button)}quoted/`);
    button.disabled = false;
    if (words === null) return;
    const quote = clone("mail-quote");
    text(quote, words);
    attribute(quote, "aria-label", say("mail.quoted"));
    more.append(quote);
  }
  attribute(button, "aria-expanded", String(!shown));
  text(button, say(shown ? "mail.quoted.show" : "mail.quoted.hide"));
}

async function load(url) {
  try {
    const answer = await fetch(url);
    if (answer.ok) return await answer.text();
  } catch {
    // told below
  }
  toast(say("failure.network"), { kind: "error" });
  return null;
}
