// What a role may do has changed: the page about roles shows it, and whoever has the role hears of it and may load
// their page again, with what they may do now. Nothing is taken from under their hands; the server refuses anyway.

import { toast } from "./base.js";
import { on } from "./console/socket.js";

const { agent: me, role } = document.body.dataset;
const words = document.getElementById("desk-strings").dataset;
let isTold = false;

on("role.changed", (frame) => {
  const page = document.getElementById("roles");
  if (page && frame.by !== me) window.htmx.trigger(page, "roles-changed");
  if (frame.role !== role || isTold) return;
  isTold = true;
  toast(words.roleChanged, { action: { label: words.loadAgain, run: () => location.reload() } });
});
