// A picture of the timeline, large; the arrows go through the conversation's pictures.

import { $, $$, slot, show, text } from "./dom.js";

const dialog = document.getElementById("lightbox");
const timeline = document.getElementById("timeline");
let shown = null;

export function start() {
  timeline.addEventListener("click", (event) => {
    const button = event.target.closest(".message-image");
    if (!button) return;
    draw(button);
    dialog.showModal();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) go(step);
  });
  slot(dialog, "next").addEventListener("click", () => go(1));
  slot(dialog, "previous").addEventListener("click", () => go(-1));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => shown?.isConnected && shown.focus());
}

const all = () => $$(".message-image", timeline);

function go(step) {
  const next = all()[all().indexOf(shown) + step];
  if (next) draw(next);
}

function draw(button) {
  shown = button;
  const image = slot(dialog, "image");
  image.src = button.dataset.url;
  image.alt = button.dataset.name;
  text(slot(dialog, "name"), button.dataset.name);
  slot(dialog, "download").href = button.dataset.url;
  slot(dialog, "download").download = button.dataset.name;
  const pictures = all();
  show(slot(dialog, "previous"), pictures.indexOf(button) > 0);
  show(slot(dialog, "next"), pictures.indexOf(button) < pictures.length - 1);
  $("img", dialog).focus?.();
}
