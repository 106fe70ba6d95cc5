// Cards that ask something: what they show, their buttons and forms, and what was answered. An answer shows at once;
// what did not get through is sent again, and the desk keeps the same answer once.

import { answerCard, readCard } from "./client.js";
import { Refusal } from "./http.js";
import { clock, date, money, say } from "./words.js";

const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000];
const states = new WeakMap(); // an element -> {id, card, sending, trouble, changing}
let numbers = 0;

const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const part = (element, name) => element.querySelector(`[data-part="${name}"]`);

export const isAsked = (card) => Array.isArray(card?.choices) && card.choices.length > 0;

/** Return the element of a message's card, which asks something. */
export function askedElement(id, card) {
  const element = clone("t-asked");
  states.set(element, { id, card, sending: null, trouble: "", changing: false });
  draw(element);
  return element;
}

/** Show a new state of the card. What is being typed into it stays, as long as it can be answered. */
export function updateAsked(element, card) {
  const state = states.get(element);
  if (card.answer) state.sending = null;
  if (card.answer?.at !== state.card.answer?.at) state.changing = false;
  state.card = card;
  draw(element);
}

function draw(element) {
  const { card } = states.get(element);
  part(element, "title").textContent = card.title || "";
  put(element, "intro", card.intro);
  const address = part(element, "lines");
  address.replaceChildren(...(card.lines || []).flatMap((line) => [line, document.createElement("br")]));
  address.hidden = !card.lines?.length;
  drawOrder(element, card.order);
  drawAnswer(element);
}

function drawOrder(element, order) {
  const items = order?.items || [];
  part(element, "items").replaceChildren(...items.map((item) => {
    const name = [item.name, item.variant].filter(Boolean).join(", ");
    return row("li", `${item.quantity} × ${name}`, money(item.total));
  }));
  part(element, "items").hidden = !items.length;
  part(element, "sums").replaceChildren(...(items.length ? sums(order) : []));
}

function sums(order) {
  const fee = order.shipping_fee.amount ? money(order.shipping_fee) : say("free");
  const found = [[say("shipping"), fee]];
  if (order.tax?.amount) found.push([say("tax"), money(order.tax)]);
  if (order.discount?.amount) found.push([say("discount"), money({ ...order.discount, amount: -order.discount.amount })]);
  found.push([say("total"), money(order.total)]);
  return found.flatMap(([name, amount], index) => {
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = name;
    value.textContent = amount;
    if (index === found.length - 1) term.className = value.className = "strong";
    return [term, value];
  });
}

function row(tag, left, right) {
  const element = document.createElement(tag), name = document.createElement("span"), amount = document.createElement("span");
  name.textContent = left;
  amount.textContent = right;
  amount.className = "amount";
  element.append(name, amount);
  return element;
}

function put(element, name, text) {
  const node = part(element, name);
  node.textContent = text || "";
  node.hidden = !text;
}

// -- The answer

function drawAnswer(element) {
  const state = states.get(element);
  const { card, sending, trouble } = state;
  const answer = sending || card.answer;
  const isOpen = !card.closed && !sending && (!card.answer || state.changing);
  put(element, "waits", !answer && !card.closed && card.waits);
  put(element, "closed", !answer && card.closed);
  put(element, "trouble", trouble);
  part(element, "answer").hidden = !answer;
  if (answer) {
    part(element, "words").textContent = [answer.label, answer.words].filter(Boolean).join(": ");
    part(element, "corrected").replaceChildren(
      ...(sending ? [] : card.corrected || []).flatMap((line) => [line, document.createElement("br")]),
    );
    const at = answer.at && new Date(answer.at);
    part(element, "when").textContent = at ? `${date(at)}, ${clock(at)}` : say("sending");
  }
  part(element, "change").hidden = !card.answer || Boolean(sending) || state.changing || Boolean(card.closed);
  part(element, "change").onclick = () => {
    state.changing = true;
    draw(element);
    element.querySelector("[data-part='choices'] button")?.focus();
  };
  drawChoices(element, isOpen);
}

function drawChoices(element, isOpen) {
  const box = part(element, "choices");
  const form = element.querySelector("form");
  if (!isOpen) {
    form?.remove();
    box.replaceChildren();
  } else if (!form && !box.childElementCount) {
    box.replaceChildren(...states.get(element).card.choices.map((choice) => choiceButton(element, choice)));
  }
  box.hidden = !isOpen || Boolean(element.querySelector("form"));
}

function choiceButton(element, choice) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = choice.style === "primary" ? "button" : "quiet-button";
  button.textContent = choice.label;
  button.addEventListener("click", () => {
    if (choice.fields?.length) openForm(element, choice);
    else send(element, choice, {});
  });
  return button;
}

function openForm(element, choice, given = {}, wrong = null) {
  const form = clone("t-asked-form");
  const fields = choice.fields.map((field) => fieldElement(field, given[field.name] ?? field.value ?? "", wrong));
  part(form, "fields").replaceChildren(...fields);
  put(form, "hint", choice.hint);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(element, choice, Object.fromEntries(choice.fields.map(({ name }) => [name, form.elements[name].value])));
  });
  const back = () => {
    form.remove();
    drawChoices(element, true);
    part(element, "choices").lastElementChild?.focus();
  };
  part(form, "back").addEventListener("click", back);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation(); // the panel stays
    back();
  });
  element.querySelector("form")?.remove();
  part(element, "choices").after(form);
  part(element, "choices").hidden = true;
  const first = form.querySelector("[aria-invalid]") || form.querySelector("input, select, textarea");
  first.focus();
  // The timeline keeps to its end when it grows; who fills in a long form begins at its top.
  requestAnimationFrame(() => requestAnimationFrame(() => first.parentElement.scrollIntoView({ block: "nearest" })));
}

function fieldElement(field, value, wrong) {
  const element = clone("t-asked-field");
  const tag = { textarea: "textarea", select: "select" }[field.type] || "input";
  const input = document.createElement(tag);
  const id = `asked-${(numbers += 1)}`;
  Object.assign(input, { id, name: field.name, required: field.required });
  if (tag === "select") input.append(new Option("", ""), ...field.options.map((option) => new Option(option.label, option.value)));
  else input.maxLength = field.max_length;
  if (tag === "input") input.type = field.type;
  if (field.autocomplete) input.autocomplete = field.autocomplete;
  input.value = value;
  const label = element.querySelector("label");
  label.htmlFor = id;
  label.prepend(field.label);
  if (field.required) label.querySelector("span").remove();
  label.after(input);
  const error = element.querySelector(".error");
  error.id = `${id}-error`;
  if (wrong?.attr === field.name) {
    error.textContent = wrong.message;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", error.id);
  }
  return element;
}

async function send(element, choice, data) {
  const state = states.get(element);
  const words = Object.values(data).filter(Boolean);
  state.trouble = "";
  state.sending = { label: choice.label, words: words.length === 1 && choice.fields.length === 1 ? words[0] : "" };
  element.querySelector("form")?.remove();
  part(element, "choices").replaceChildren();
  drawAnswer(element);
  try {
    const answer = await persist(() => answerCard(state.id, choice.id, data));
    state.sending = null;
    state.changing = false;
    updateAsked(element, answer.card);
  } catch (error) {
    state.sending = null;
    await refused(element, choice, data, error);
  }
}

/** Ask until there is an answer. The same answer is kept once, so what got lost on the way back does no harm. */
async function persist(ask) {
  for (const pause of PAUSES_MS) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Refusal && !error.passing) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
    }
  }
  return ask();
}

async function refused(element, choice, data, error) {
  const state = states.get(element);
  if (error instanceof Refusal && error.status === 400) {
    draw(element);
    openForm(element, choice, data, error);
    return;
  }
  if (error instanceof Refusal && error.status === 409) {
    state.trouble = error.message;
    state.changing = false;
    const now = await readCard(state.id).catch(() => null);
    if (now) state.card = now.card;
    draw(element);
    return;
  }
  state.trouble = say("answer_unsent");
  draw(element);
  if (choice.fields?.length) openForm(element, choice, data);
}
