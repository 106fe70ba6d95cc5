// The help centre's pages work without this; with it answers come while one types, votes are cast, the chat opens.

const VOTER = "helpdesk-voter";

// -- The chat. The loader may come later than a click: what is asked of it waits in its queue.

window.Helpdesk = window.Helpdesk || function () { (window.Helpdesk.q = window.Helpdesk.q || []).push(arguments); };
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-chat]")) window.Helpdesk("open");
});

// -- Answers while one types

function search(form) {
  const field = form.querySelector("input");
  const list = form.querySelector("[role=listbox]");
  let timer = 0;
  let asked = 0;
  let chosen = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function show(html) {
    list.innerHTML = html;
    choose(-1);
    list.hidden = !html.trim();
    field.setAttribute("aria-expanded", String(!list.hidden));
  }

  function choose(place) {
    chosen = place;
    options().forEach((option, n) => option.setAttribute("aria-selected", String(n === place)));
    const option = options()[place];
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  }

  async function ask() {
    const mine = ++asked;
    const q = field.value.trim();
    if (!q) return show("");
    try {
      const answer = await fetch(`${form.action}?part=1&q=${encodeURIComponent(q.slice(0, 1000))}`);
      const html = answer.ok || answer.status === 429 ? await answer.text() : "";
      if (mine === asked) show(html);
    } catch {
      if (mine === asked) show(""); // Enter still leads to the page of answers
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  field.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key === "Escape") {
      asked++;
      show("");
    } else if (!list.hidden && count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const places = count + 1; // the field itself is one of them
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(((chosen + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      options()[chosen].click();
    }
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) show("");
  });
}

// -- Did it help

let unkept = "";

/** Return this browser's random token, kept where it lets us: a second vote replaces the first. */
function voter() {
  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  try {
    if (!localStorage.getItem(VOTER)) localStorage.setItem(VOTER, random());
    return localStorage.getItem(VOTER);
  } catch {
    return (unkept ||= random());
  }
}

function votes(box) {
  const buttons = [...box.querySelectorAll("[data-helped]")];
  const missing = box.querySelector("[data-missing]");
  const thanks = box.querySelector("[data-thanks]");
  const failed = box.querySelector("[data-failed]");

  async function cast(helped, words) {
    failed.hidden = true;
    try {
      const answer = await fetch(box.dataset.vote, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ voter: voter(), helped, words }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      return true;
    } catch {
      failed.hidden = false;
      return false;
    }
  }

  for (const button of buttons) {
    button.addEventListener("click", async () => {
      const helped = button.dataset.helped === "yes";
      if (!(await cast(helped, ""))) return;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      missing.hidden = helped;
      thanks.hidden = !helped;
      if (!helped) missing.querySelector("textarea").focus();
    });
  }
  missing.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await cast(false, missing.querySelector("textarea").value))) return;
    missing.hidden = true;
    thanks.hidden = false;
  });
}

document.querySelectorAll("[data-search]").forEach(search);
document.querySelectorAll("[data-vote]").forEach(votes);
