// Questions to the desk: over the socket where it is open, else over HTTP. Each has an id, and one answer.

import { Failure, post } from "./api.js";
import { isOpen, on as onSocket, send } from "./socket.js";

const ANSWER_WITHIN_MS = 8_000;

const waiting = new Map(); // id -> {what, given, resolve, reject, timer}
let asked = 0;

/** Ask `what` with `given`; resolves with the answer, rejects with a Failure. */
export function ask(what, given = {}) {
  const id = `q${(asked += 1)}`;
  if (!isOpen() || !send({ ...given, type: "ask", id, what })) return overHttp(what, given);
  return new Promise((resolve, reject) => {
    // A frame that gets no answer may have been lost on the way.
    const timer = setTimeout(() => again(id), ANSWER_WITHIN_MS);
    waiting.set(id, { what, given, resolve, reject, timer });
  });
}

const overHttp = (what, given) => post("/inbox/ask/", { ...given, what });

/** Whether a question was dropped because another came after it: nobody waits for that answer. */
export const isOutdated = (failure) => failure instanceof Failure && failure.code === "superseded";

function take(id) {
  const question = waiting.get(id);
  waiting.delete(id);
  if (question) clearTimeout(question.timer);
  return question;
}

function again(id) {
  const question = take(id);
  if (question) overHttp(question.what, question.given).then(question.resolve, question.reject);
}

onSocket("answer", (frame) => take(frame.id)?.resolve(frame));
onSocket("error", ({ id, code, detail }) => id && take(id)?.reject(new Failure(0, code, detail)));
onSocket("state", (now) => {
  if (now !== "open") [...waiting.keys()].forEach(again);
});
