// A coupon in the conversation: what it gives, its code to copy, and whether it can still be used.

import { webAddress } from "./text.js";
import { say } from "./words.js";

const COPIED_MS = 2000;

export function couponElement({ title, coupon }) {
  const element = document.getElementById("t-coupon").content.firstElementChild.cloneNode(true);
  const isValid = coupon.state === "active";
  element.dataset.state = coupon.state;
  element.querySelector("h3").textContent = title;
  const pill = element.querySelector(".pill");
  pill.textContent = say(coupon.state === "redeemed" ? "coupon_used" : isValid ? "coupon_valid" : "coupon_over", { order: coupon.order ?? "" });
  pill.dataset.status = { active: "paid", redeemed: "completed" }[coupon.state] ?? "cancelled";
  element.querySelector(".coupon-gives").textContent = coupon.gives;
  element.querySelector("code").textContent = coupon.code;
  const copy = element.querySelector(".coupon-code button");
  copy.hidden = !isValid;
  copy.addEventListener("click", () => copyCode(copy, coupon.code));
  element.querySelector(".coupon-terms").replaceChildren(...coupon.terms.map((words) => {
    const line = document.createElement("li");
    line.textContent = words;
    return line;
  }));
  const href = isValid && coupon.url && webAddress(coupon.url);
  if (href) {
    const link = element.querySelector("a");
    link.href = href;
    link.hidden = false;
  }
  return element;
}

async function copyCode(button, code) {
  const words = button.textContent;
  if (!(await isCopied(button.previousElementSibling, code))) return; // it is marked: one key copies it
  button.textContent = say("coupon_copied");
  setTimeout(() => (button.textContent = words), COPIED_MS);
}

// In a frame of another site the clipboard may be closed to us; what is selected can still be copied.
async function isCopied(element, code) {
  try {
    await navigator.clipboard.writeText(code);
    return true;
  } catch (error) {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}
