// The phone: what the server says it shows, asked for once a second, and what its owner writes.
const POLL_MS = 1000;
const NEAR_END_PX = 80;
const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]，。；：！？）])/;
const page = document.body.dataset;
const find = (id) => document.getElementById(id);
const thread = find("thread");
const form = find("write");
const text = form.elements.text;
const photo = form.elements.photo;
const told = JSON.parse(find("state").textContent);
const token = form.elements.csrfmiddlewaretoken.value;
const who = document.querySelector(".people [aria-current]").dataset.address;
const tells = page.tells.split(" ");

function asked(more = {}) {
  const data = new FormData();
  for (const [name, value] of Object.entries({ store: page.store, app: page.app, who, ...more })) data.set(name, value);
  return data;
}

async function post(url, data) {
  const answer = await fetch(url, { method: "POST", body: data, headers: { "X-CSRFToken": token } });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || word("away"));
  return said;
}

const word = (name) => find("t-words").content.querySelector(`[data-say=${name}]`).textContent;
const copy = (id) => find(id).content.cloneNode(true);

// -- What it shows

const shown = new Map(); // by id: the element, and what it was made of

function show(said) {
  const isNear = thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR_END_PX;
  let isMore = false;
  for (const message of said.messages || []) {
    const made = JSON.stringify(message);
    const before = shown.get(message.id);
    if (before?.made === made) continue;
    if (before) {
      mark(before.element, message);
    } else {
      day(message);
      thread.append(element(message));
      isMore = true;
    }
    shown.set(message.id, { made, element: before?.element || thread.lastElementChild });
  }
  find("empty").hidden = shown.size > 0;
  if (isMore && (isNear || said.isFirst)) thread.scrollTop = thread.scrollHeight;
  around(said);
}

let lastDay = "";
function day(message) {
  if (message.day === lastDay) return;
  lastDay = message.day;
  const line = copy("t-day");
  line.firstElementChild.textContent = message.day;
  thread.append(line);
}

function element(message) {
  const made = copy("t-message").firstElementChild;
  made.dataset.id = message.id;
  made.classList.add(message.mine ? "mine" : "theirs");
  made.querySelector(".subject-line").textContent = message.subject;
  made.querySelector(".words").append(...linked(message.text));
  made.querySelector("time").textContent = message.time;
  const files = made.querySelector(".files");
  for (const file of message.files) files.append(fileOf(file));
  mark(made, message);
  return made;
}

function fileOf(file) {
  const link = document.createElement("a");
  link.href = file.url;
  link.target = "_blank";
  link.rel = "noopener";
  if (file.is_picture) {
    const picture = new Image();
    picture.src = file.url;
    picture.alt = file.name;
    picture.addEventListener("error", () => { link.textContent = file.name; });
    picture.addEventListener("load", () => { if (document.activeElement === text) thread.scrollTop = thread.scrollHeight; });
    link.append(picture);
  } else {
    link.textContent = file.name;
  }
  return link;
}

function linked(words) {
  return words.split(LINK).map((part, index) => {
    if (index % 2 === 0) return part;
    const link = document.createElement("a");
    link.href = link.textContent = part;
    link.target = "_blank";
    link.rel = "noopener";
    return link;
  });
}

function mark(made, message) {
  made.dataset.state = message.state;
  const place = made.querySelector(".mark");
  // What the desk was told of it; some apps tell nothing, and some not that it was read.
  const state = message.state === "read" && !tells.includes("read") ? "delivered" : message.state;
  if (message.mine) place.textContent = word("sent");
  else if (tells.includes(state)) place.replaceChildren(copy(`t-${state}`));
}

function around(said) {
  const isOff = said.line === "off";
  find("off").hidden = !isOff;
  for (const part of [thread, form]) part.inert = isOff;
  const chosen = document.querySelector(`#line [value=${said.line}]`);
  if (chosen && !document.querySelector("#line [data-busy]")) chosen.checked = true;
  for (const app of document.querySelectorAll(".apps [data-kind]")) {
    const badge = app.querySelector(".badge");
    badge.textContent = said.unread[app.dataset.kind] || "";
    badge.hidden = !badge.textContent;
  }
  for (const person of document.querySelectorAll(".people [data-address]")) {
    person.querySelector(".dot").hidden = !said.waiting.includes(person.dataset.address);
  }
}

function trouble(words) {
  find("trouble").textContent = words;
  find("trouble").hidden = !words;
}

// -- What its owner does

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.inert || form.dataset.busy || (!text.value.trim() && !photo.files.length)) return;
  form.dataset.busy = "true";
  const more = { text: text.value };
  if (photo.files.length) more.photo = photo.files[0];
  try {
    const said = await post(page.write, asked(more));
    text.value = "";
    photo.value = "";
    grow();
    showPhoto();
    trouble("");
    show(said);
    thread.scrollTop = thread.scrollHeight;
  } catch (error) {
    trouble(error.message);
  } finally {
    delete form.dataset.busy;
    text.focus();
  }
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || page.app === "email") return;
  event.preventDefault();
  form.requestSubmit();
});

function grow() {
  text.rows = Math.min(6, Math.max(page.app === "email" ? 3 : 1, text.value.split("\n").length));
  form.classList.toggle("is-full", Boolean(text.value.trim() || photo.files.length));
}
text.addEventListener("input", grow);

let photoUrl = "";
function showPhoto() {
  URL.revokeObjectURL(photoUrl);
  photoUrl = photo.files.length ? URL.createObjectURL(photo.files[0]) : "";
  find("photo-shown").hidden = !photoUrl;
  if (photoUrl) find("photo-shown").querySelector("img").src = photoUrl;
  grow();
}
photo.addEventListener("change", showPhoto);
find("photo-off").addEventListener("click", () => { photo.value = ""; showPhoto(); text.focus(); });

async function setLine(line) {
  const field = document.querySelector(`#line [value=${line}]`);
  field.checked = true;
  field.dataset.busy = "true";
  try {
    await post(page.setLine, asked({ line }));
    trouble("");
  } catch (error) {
    trouble(error.message);
  } finally {
    delete field.dataset.busy;
  }
  await poll();
}
find("line").addEventListener("change", (event) => setLine(event.target.value));
find("switch-on").addEventListener("click", () => setLine("works"));

const setup = find("setup");
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-setup]")) openSetup(!setup.classList.contains("is-open"));
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") openSetup(false); });
function openSetup(on) {
  const button = document.querySelector(".set-up");
  if (on === setup.classList.contains("is-open")) return;
  setup.classList.toggle("is-open", on);
  document.querySelector(".hand").inert = on;
  button.setAttribute("aria-expanded", on);
  (on ? setup.querySelector(".close") : button).focus();
}

// -- Time

function clock() {
  find("clock").textContent = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: page.zone });
}

let isAsking = false;
async function poll() {
  if (isAsking) return;
  isAsking = true;
  try {
    show(await post(page.sync, asked(document.hidden ? {} : { looking: "1" })));
    if (find("trouble").textContent === word("away")) trouble("");
  } catch (error) {
    trouble(error instanceof TypeError ? word("away") : error.message);
  } finally {
    isAsking = false;
  }
}

show({ ...told, messages: JSON.parse(find("messages").textContent), isFirst: true });
clock();
grow();
setInterval(() => { clock(); poll(); }, POLL_MS);
document.addEventListener("visibilitychange", poll);
