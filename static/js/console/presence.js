// Being there: while any page of the desk is open, its socket keeps the agent's presence alive.

import { showPresence } from "../base.js";
import { toLogin } from "./api.js";
import { connect, on } from "./socket.js";

on("welcome", ({ agent }) => showPresence(agent.presence));
on("presence", ({ agent, state }) => {
  if (agent.id === document.body.dataset.agent && state !== "offline") showPresence(state);
});
// This log-in is over (logged out elsewhere, or disabled): so is what the page may show.
on("state", (now) => now === "ended" && toLogin());
connect();
