// Two matters in one conversation: what begins at a message becomes a conversation of its own, and one again.

import { toast } from "../base.js";
import { act } from "./actions.js";
import { emit, state } from "./store.js";
import { say } from "./words.js";

export function start() {
  document.getElementById("timeline").addEventListener("click", (event) => {
    const split = event.target.closest("[data-slot=split]");
    if (split) splitOff(Number(split.closest(".msg").dataset.seq));
    if (event.target.closest("[data-join-back]")) joinBack(state.open);
  });
}

async function splitOff(seq, id = state.open) {
  const made = await act(id, "split-off", { seq });
  if (!made) return;
  emit("choose", { id: made.id });
  toast(say("done.split"), { kind: "success", action: { label: say("undo"), run: () => joinBack(made.id) } });
}

async function joinBack(id) {
  const whole = await act(id, "join-back");
  if (!whole) return;
  emit("choose", { id: whole.id });
  toast(say("done.joined"), { kind: "success" });
}

/** Whether a line says that this very conversation was split off: from there it can be joined back. */
export const isSplitOff = (message) =>
  message.event?.event === "conversation.split" && message.event.to === message.conversation;
