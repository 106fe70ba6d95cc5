// The working copy of a text, saved while it is written. What is typed stays in this browser until the desk has it,
// over reloads too; what somebody else saved meanwhile is never overwritten unseen.

import { csrfToken } from "../base.js";

const PAUSE_MS = 1200; // without a key, then it is saved
const LONGEST_MS = 8000; // of typing on and on
const RETRIES_MS = [3000, 6000, 12_000, 30_000];

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class Saving {
  // `read` and `write` are the fields; `show(state, words)` says how it stands; `onStale` and `onSaved` are told.
  constructor({ url, key, revision, read, write, show, onSaved, onStale }) {
    Object.assign(this, { url, key, revision, read, write, show, onSaved, onStale });
    this.saved = read();
    this.holds = 0; // while a file is under way, or somebody decides between two texts
    this.failures = 0;
    this.firstTyped = 0;
    addEventListener("online", () => this.flush());
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  get isDirty() { return !same(this.read(), this.saved); }

  // -- In this browser

  kept(name = this.key) {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null;
    }
  }

  keep(name, value) {
    try {
      if (value) localStorage.setItem(name, JSON.stringify(value));
      else localStorage.removeItem(name);
    } catch { /* full, or forbidden: the desk itself has it in a moment */ }
  }

  // Bring back what was typed and never arrived. Returns whether there was such a thing.
  recover() {
    const kept = this.kept();
    if (!kept || same(kept.words, this.saved)) {
      this.keep(this.key, null);
      return false;
    }
    this.write(kept.words);
    if (kept.revision === this.revision) this.typed();
    else this.#stale();
    return true;
  }

  // -- At the desk

  typed() {
    if (!this.isDirty && !this.running) {
      clearTimeout(this.timer);
      this.keep(this.key, null);
      return this.show("saved");
    }
    this.keep(this.key, { words: this.read(), revision: this.revision });
    this.firstTyped ||= Date.now();
    this.show("typed");
    this.#soon(Math.min(PAUSE_MS, Math.max(0, this.firstTyped + LONGEST_MS - Date.now())));
  }

  #soon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), ms);
  }

  hold() { this.holds += 1; }

  release() {
    this.holds -= 1;
    if (this.isDirty) this.typed();
  }

  // Save what there is; true once the desk has all of it.
  flush() {
    clearTimeout(this.timer);
    this.running ??= this.#run().finally(() => { this.running = null; });
    return this.running;
  }

  async #run() {
    while (this.isDirty && !this.holds) {
      const words = this.read();
      this.show("saving");
      this.firstTyped = 0;
      let answer;
      try {
        answer = await fetch(this.url, {
          method: "PUT",
          headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
          body: JSON.stringify({ ...words, revision: this.revision }),
        });
      } catch {
        return this.#later();
      }
      if (answer.status >= 500 || answer.status === 429) return this.#later();
      const said = await answer.json().catch(() => ({}));
      if (answer.status === 409) return this.#stale();
      if (!answer.ok) return this.#refused(answer.status, said);
      this.failures = 0;
      this.revision = said.revision;
      this.saved = words;
      this.keep(this.key, this.isDirty ? { words: this.read(), revision: this.revision } : null);
      this.onSaved(said);
    }
    if (!this.isDirty) this.show("saved");
    return !this.isDirty;
  }

  #later() {
    this.show("kept");
    this.#soon(RETRIES_MS[Math.min(this.failures, RETRIES_MS.length - 1)]);
    this.failures += 1;
    return false;
  }

  #refused(status, said) {
    this.show("refused", { status, words: said.errors?.[0]?.detail ?? "" });
    return false;
  }

  #stale() {
    this.hold();
    this.show("typed");
    this.onStale();
    return false;
  }

  // -- After somebody else's save

  async takeTheirs() {
    const answer = await fetch(this.url);
    if (!answer.ok) throw new Error(answer.status);
    const theirs = await answer.json();
    this.keep(`${this.key}.aside`, { words: this.read() });
    this.write({ title: theirs.title, body: theirs.body, keywords: theirs.keywords });
    this.saved = this.read();
    this.revision = theirs.revision;
    this.keep(this.key, null);
    this.release();
    this.show("saved");
    this.onSaved(theirs);
  }

  // Go on with mine over what was shown of theirs, the revision `seen`.
  takeMine(seen) {
    this.revision = seen;
    this.keep(this.key, { words: this.read(), revision: seen });
    this.release();
    this.flush();
  }
}
