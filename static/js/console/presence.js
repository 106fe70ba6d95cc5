// Being there: while any page of the desk is open, its socket keeps the agent's presence alive.

import { showPresence } from "../base.js";
import { connect, on } from "./socket.js";

on("welcome", ({ agent }) => showPresence(agent.presence));
on("presence", ({ agent, state }) => {
  if (agent.id === document.body.dataset.agent && state !== "offline") showPresence(state);
});
connect();
