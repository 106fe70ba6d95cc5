// Settings, notices: asks the browser, tries sounds, and says what goes on after midnight.

import * as desktop from "./desktop.js";
import { play } from "./sounds.js";

const box = document.getElementById("told-permission");
const volume = document.querySelector("[name=volume]");

function drawPermission() {
  box.dataset.state = desktop.permission();
  for (const node of box.querySelectorAll("[data-for]")) node.hidden = node.dataset.for !== box.dataset.state;
}

function drawVolume() {
  document.querySelector(".told-volume").textContent = `${volume.value}%`;
}

/** Hours matter only on days that are chosen; what ends before it begins ends on the next day. */
function drawDay(row) {
  const [first, last] = row.querySelectorAll("input[type=time]");
  const isOn = row.querySelector("input[type=checkbox]").checked;
  row.toggleAttribute("data-off", !isOn);
  row.querySelector(".told-next").hidden = !isOn || !first.value || !last.value || last.value > first.value;
}

async function tryOut(field) {
  const what = await play(field.value, Number(volume.value));
  document.getElementById("told-blocked").hidden = what !== "blocked";
}

box.querySelector("[data-ask]").addEventListener("click", desktop.ask);
desktop.onPermission(drawPermission);
volume.addEventListener("input", drawVolume);
for (const button of document.querySelectorAll("[data-try]")) {
  button.addEventListener("click", () => tryOut(document.getElementById(button.dataset.try)));
}
for (const row of document.querySelectorAll(".told-day")) {
  row.addEventListener("input", () => drawDay(row));
  drawDay(row);
}
drawPermission();
drawVolume();
