// Forms by which a buyer asks for a change of an order: one for each kind, in templates/widget/_orders.html.

import { call } from "./http.js";
import { clone } from "./cards.js";
import { currentToken } from "./client.js";
import { pickPhotos } from "./requests-photos.js";
import { config, money, say } from "./words.js";

const COUNTRIES =
  "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WS YE YT ZA ZM ZW";

const kinds = { change_address: address, cancel, refund };

/**
 * Return the form of a kind: {kind, element, focus, stop}. `sent(request)` is called once the desk has it, `stale`
 * where the order turned out to be another by now.
 */
export function openForm({ order, kind, name, final, sent, stale }) {
  const element = clone("t-ask");
  const fields = clone(`t-ask-${kind}`);
  element.querySelector(".ask-fields").replaceWith(fields);
  element.querySelector("h2").textContent = name;
  element.querySelector(".order-number").textContent = say("order", { number: order.number });
  const warning = element.querySelector(".ask-final");
  warning.textContent = final;
  warning.hidden = !final || !("final" in fields.dataset);
  const error = element.querySelector(".error");
  const complain = (words, field) => {
    error.textContent = words;
    for (const input of element.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    field?.setAttribute("aria-invalid", "true");
    (field ?? error).scrollIntoView({ block: "nearest" });
    field?.focus();
  };
  const photos = fields.querySelector(".ask-photos") ? pickPhotos(fields.querySelector(".ask-photos"), complain) : null;
  const read = kinds[kind](element, order);
  const clientId = newId(); // one form is one request, however often it is sent

  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    complain("");
    const blank = [...element.querySelectorAll("[required]")].find((field) => !field.value.trim());
    if (blank) return complain(say("fill_in"), blank);
    if (photos?.isBusy()) return complain(say("photos_busy"));
    const params = read(complain);
    if (!params) return undefined;
    const button = element.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const given = { kind, params, reason: reasonOf(element), photos: photos?.ids() ?? [], client_id: clientId };
      const answer = await call("POST", `orders/${order.id}/requests`, { token: currentToken(), body: given });
      sent(answer.request);
    } catch (problem) {
      const isTold = problem.status >= 400 && problem.status < 500 && problem.status !== 401;
      complain(isTold ? problem.message : say("try_later"));
      if (problem.status === 409) stale();
    }
    button.disabled = false;
    return undefined;
  });
  return {
    kind,
    element,
    focus: () => element.querySelector("h2").focus({ preventScroll: true }),
    stop: () => photos?.stop(),
  };
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function reasonOf(form) {
  const { why, reason } = form.elements;
  return [why?.value, reason.value.trim()].filter(Boolean).join(": ");
}

function address(form, order) {
  const parts = ["name", "phone", "line1", "line2", "city", "region", "postcode", "country"];
  const names = new Intl.DisplayNames([config.locale.replace("_", "-") || "en", "en"], { type: "region" });
  const now = (order.address.country || "").toUpperCase();
  const codes = [...new Set([...COUNTRIES.split(" "), ...(/^[A-Z]{2}$/.test(now) ? [now] : [])])];
  const options = codes.map((code) => new Option(names.of(code), code));
  options.sort((one, other) => one.text.localeCompare(other.text));
  form.elements.country.append(new Option(say("choose"), ""), ...options);
  for (const part of parts) form.elements[part].value = (part === "country" ? now : order.address[part]) || "";
  return () => ({ address: Object.fromEntries(parts.map((part) => [part, form.elements[part].value.trim()])) });
}

function cancel() {
  return () => ({});
}

function refund(form, order) {
  const left = { amount: order.paid.amount - order.refunded.amount, currency: order.currency };
  const digits = new Intl.NumberFormat("en", { style: "currency", currency: order.currency }).resolvedOptions().maximumFractionDigits;
  form.querySelector(".all-amount").textContent = money(left);
  form.querySelector(".unit").textContent = order.currency;
  const list = form.querySelector(".ask-lines");
  const amount = form.querySelector(".ask-amount");
  for (const line of order.lines) list.append(lineField(line));
  form.addEventListener("change", () => {
    list.hidden = form.elements.what.value !== "lines";
    amount.hidden = form.elements.what.value !== "amount";
  });
  return (complain) => {
    if (form.elements.what.value === "all") return { amount: left };
    if (form.elements.what.value === "lines") {
      const lines = [...list.querySelectorAll("select")].map((field) => ({ sku: field.dataset.sku, quantity: Number(field.value) }));
      const picked = lines.filter((line) => line.quantity);
      return picked.length ? { lines: picked } : complain(say("choose_items"), list.querySelector("select"));
    }
    const typed = form.elements.amount.value.trim().replace(",", ".");
    const minor = Math.round(Number(typed) * 10 ** digits);
    if (!/^\d+(\.\d+)?$/.test(typed) || !minor) return complain(say("write_amount"), form.elements.amount);
    if (minor > left.amount) return complain(say("at_most", { amount: money(left) }), form.elements.amount);
    return { amount: { amount: minor, currency: order.currency } };
  };
}

function lineField(line) {
  const element = clone("t-ask-line");
  element.querySelector(".ask-line-name").textContent = `${line.name}${line.variant ? `, ${line.variant}` : ""}`;
  const field = element.querySelector("select");
  field.dataset.sku = line.sku;
  for (let n = 0; n <= line.quantity; n += 1) field.append(new Option(say("n_of", { n, all: line.quantity }), n));
  return element;
}
