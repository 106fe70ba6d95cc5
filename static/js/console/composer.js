// Where an agent writes: reply or private note, files, canned replies, mentions, emoji. What is typed is a draft
// from the first letter on.

import { toast } from "../base.js";
import { $, $$, attribute, show, throttle } from "./dom.js";
import { look, seenSeq } from "./conversation.js";
import * as drafts from "./drafts.js";
import * as outbox from "./outbox.js";
import { send as sendFrame } from "./socket.js";
import { on, state } from "./store.js";
import { selectBlank, watch } from "./suggest.js";
import * as templates from "./templates.js";
import { createUploads } from "./uploads.js";
import * as waymenu from "./waymenu.js";
import * as ways from "./ways.js";
import { say } from "./words.js";

const TYPING_MS = 3_000;
const LONGEST = 10_000;

const form = document.getElementById("composer");
export const field = $("textarea", form);
const sendButton = $('[type="submit"]', form);
const picker = $('input[type="file"]', form);
const dropZone = document.getElementById("conversation");

let draft = null;
let conversation = null;
let uploads = null;
let suggest = null;
let isTyping = false;
let dragDepth = 0;

export function start() {
  uploads = createUploads($("[data-uploads]", form), changed);
  suggest = watch(field, { isNote: () => draft?.mode === "note", changed });
  on("open", ({ id }) => open(id));
  on("detail", restoreFromServer);
  on("ways", paintWay);
  on("row", ({ row: known }) => known.id === conversation && paintWay());
  on("received", followBuyer);
  waymenu.start({ pick: pickWay, picked: () => draft?.via });
  $("[data-template]", form).addEventListener("click", chooseTemplate);
  document.getElementById("panel-body").addEventListener("htmx:configRequest", sendCardsTheSameWay);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", changed);
  field.addEventListener("keydown", onKey);
  field.addEventListener("blur", stopTyping);
  field.addEventListener("paste", onPaste);
  for (const tab of $$("[data-mode]", form)) tab.addEventListener("click", () => setMode(tab.dataset.mode, { focus: true }));
  $("[data-attach]", form).addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    uploads.add(picker.files);
    picker.value = "";
  });
  $("[data-canned]", form).addEventListener("click", () => suggest.begin("/"));
  $("[data-mention]", form).addEventListener("click", () => suggest.begin("@"));
  startEmoji();
  startDrop();
  document.getElementById("timeline").addEventListener("click", onUnsentClick);
}

// -- The draft

function open(id) {
  if (id === conversation) return;
  stopTyping();
  suggest.close();
  conversation = id;
  if (!id) return;
  draft = drafts.read(id);
  uploads.restore(draft.files);
  showDraft();
}

function restoreFromServer(detail) {
  if (detail.id !== conversation || drafts.isKept(detail.id) || !detail.draft?.body) return;
  if (draft.reply || draft.note) return;
  draft.mode = detail.draft.private ? "note" : "reply";
  draft[draft.mode] = detail.draft.body;
  showDraft();
}

function showDraft() {
  setMode(draft.mode);
  field.value = draft[draft.mode];
  fit();
  paintSend();
}

/** Reply and note each keep their own words, so that no note is ever sent as a reply by switching over. */
export function setMode(mode, { focus = false } = {}) {
  if (!conversation) return;
  if (draft.mode !== mode) {
    draft[draft.mode] = field.value;
    draft.mode = mode;
    field.value = draft[mode];
    stopTyping();
    suggest.close();
    fit();
    store();
  }
  form.dataset.mode = mode;
  for (const tab of $$("[data-mode]", form)) attribute(tab, "aria-pressed", String(tab.dataset.mode === mode));
  for (const node of $$("[data-only]", form)) show(node, node.dataset.only === mode);
  field.placeholder = say(`composer.${mode}`);
  field.setAttribute("aria-label", say(`composer.${mode}.label`));
  paintSend();
  if (focus) field.focus();
}

// -- The way it goes

function pickWay(id) {
  draft.via = id;
  store();
  paintSend();
  field.focus();
}

/** Who writes is answered where they are, unless an answer by another way is half written. */
function followBuyer(message) {
  if (message.author.kind !== "buyer" || !draft?.via || hasWords()) return;
  draft.via = null;
  paintSend();
}

function paintWay() {
  if (!conversation) return;
  waymenu.paint({ mode: draft.mode, via: draft.via, body: field.value.trim(), files: uploads.ready() });
}

const wayNow = () => (draft.mode === "reply" ? ways.chosen(draft.via) : null);

/** The channel that a reply names; a way that is not there any more is not asked for. */
const viaNow = () => (draft.mode === "reply" ? via() : null);

/** What is put into the chat from the panel goes by the way that is picked here. */
function sendCardsTheSameWay({ detail }) {
  if (detail.verb !== "get" && draft && viaNow()) detail.parameters.via = viaNow();
}

function chooseTemplate() {
  const id = conversation;
  const via = wayNow().id;
  templates.choose(wayNow(), (template, body) => {
    outbox.add({ conversation: id, body, replyAfter: seenSeq(), via, template });
  });
}

function store() {
  draft.files = uploads.ready();
  drafts.write(conversation, { ...draft });
}

function changed() {
  if (!conversation) return;
  draft[draft.mode] = field.value;
  store();
  fit();
  paintSend();
  if (field.value && document.activeElement === field) tellTyping();
  else stopTyping();
}

function fit() {
  field.style.height = "";
  if (!field.value) return; // the usual case when switching, and measuring costs a layout
  field.style.height = `${Math.min(field.scrollHeight + 2, innerHeight * 0.4)}px`;
}

const hasWords = () => Boolean(field.value.trim());
const isOpenWay = () => (wayNow()?.state ?? "open") === "open";
const canSend = () =>
  (hasWords() || uploads.ready().length > 0) && !uploads.busy() && !uploads.broken() && isOpenWay();

function paintSend() {
  paintWay();
  attribute(sendButton, "aria-disabled", canSend() ? null : "true");
}

// -- Typing

const sayTyping = throttle(TYPING_MS, () => {
  sendFrame({ type: "typing", conversation, on: true, private: draft.mode === "note" });
});

function tellTyping() {
  if (!isTyping) look(true);
  isTyping = true;
  sayTyping();
}

function stopTyping() {
  if (!isTyping) return;
  isTyping = false;
  sendFrame({ type: "typing", conversation, on: false, private: draft.mode === "note" });
  look(false);
}

// -- Sending

function onKey(event) {
  // While an input method composes, Enter belongs to it (229 is how older engines say so).
  if (event.isComposing || event.keyCode === 229) return;
  if (suggest.key(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    submit();
  } else if (event.key === "Escape") {
    event.stopPropagation();
    field.blur();
    document.getElementById("timeline").focus();
  }
}

function submit() {
  if (!conversation || !canSend()) {
    if (uploads.busy()) toast(say("upload.wait"));
    else if (uploads.broken()) toast(say("upload.broken"), { kind: "warning" });
    else if (wayNow()?.reason) toast(wayNow().reason, { kind: "warning" });
    return;
  }
  const body = field.value.trim();
  if (body.length > LONGEST) {
    toast(say("composer.long", { n: LONGEST }), { kind: "error" });
    return;
  }
  const blank = draft.mode === "reply" && selectBlank(field);
  if (blank) {
    toast(say("composer.blank", { name: blank }), { kind: "warning" });
    return;
  }
  const id = conversation;
  const isPrivate = draft.mode === "note";
  const attachments = uploads.ready();
  outbox.add({ conversation: id, body, isPrivate, attachments, replyAfter: seenSeq(), via: viaNow() });
  draft[draft.mode] = "";
  draft.files = [];
  field.value = "";
  uploads.restore([]);
  drafts.forget(id, { ...draft });
  stopTyping();
  suggest.close();
  fit();
  paintSend();
  field.focus();
}

/** Retry, send anyway, edit, discard: the buttons of a message that is stuck. */
function onUnsentClick(event) {
  const button = event.target.closest("[data-unsent-do]");
  if (!button) return;
  const id = button.closest("[data-client-id]").dataset.clientId;
  const what = button.dataset.unsentDo;
  if (what === "retry") outbox.again(id);
  else if (what === "force") outbox.again(id, { force: true });
  else if (what === "edit") edit(outbox.discard(id));
  else outbox.discard(id);
  if (what !== "edit") field.focus();
}

/** Take a message that was not sent back into the field, before what has been typed since. */
function edit(entry) {
  if (!entry) return;
  setMode(entry.private ? "note" : "reply");
  field.value = [entry.body, field.value].filter(Boolean).join("\n");
  uploads.restore([...entry.attachments, ...uploads.ready()]);
  field.focus();
  changed();
}

/** Put words into the reply from elsewhere on the page (a product's address, an order's number). */
export function insert(words) {
  if (!conversation) return;
  setMode("reply");
  field.focus();
  const before = field.value.slice(0, field.selectionStart);
  field.setRangeText((before && !/\s$/.test(before) ? " " : "") + words, field.selectionStart, field.selectionEnd, "end");
  changed();
}

/** Send words as they are, without touching what is being written; false where they cannot go that way. */
export function sayNow(body) {
  if (!conversation) return false;
  const way = ways.chosen(draft.via);
  if ((way?.state ?? "open") !== "open") {
    toast(way.reason || say("failure"), { kind: "warning" });
    return false;
  }
  outbox.add({ conversation, body, replyAfter: seenSeq(), via: via() });
  return true;
}

/** The channel by which what is put into the chat goes, null: as the buyer came. */
export function via() {
  return draft?.via && ways.chosen(draft.via)?.id === draft.via ? draft.via : null;
}

export const focus = () => field.focus();

export const beginCanned = () => {
  field.focus();
  suggest.begin("/");
};

// -- Files

function onPaste(event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  uploads.add(files);
}

function startDrop() {
  const carries = (event) => conversation && event.dataTransfer?.types.includes("Files");
  const mark = (isOver) => dropZone.toggleAttribute("data-drop", isOver);
  dropZone.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    dragDepth += 1;
    mark(true);
  });
  dropZone.addEventListener("dragleave", () => {
    dragDepth = Math.max(0, dragDepth - 1);
    if (!dragDepth) mark(false);
  });
  dropZone.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  dropZone.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    dragDepth = 0;
    mark(false);
    uploads.add(event.dataTransfer.files);
    field.focus();
  });
}

function startEmoji() {
  const menu = document.getElementById("emoji-menu");
  menu.addEventListener("click", (event) => {
    const button = event.target.closest("[data-emoji]");
    if (!button) return;
    menu.hidePopover();
    field.focus();
    field.setRangeText(button.dataset.emoji, field.selectionStart, field.selectionEnd, "end");
    changed();
  });
  // A grid: left and right go through it, up and down by rows.
  menu.addEventListener("keydown", (event) => {
    const buttons = $$("[data-emoji]", menu);
    const at = buttons.indexOf(document.activeElement);
    const columns = getComputedStyle($("[data-grid]", menu)).gridTemplateColumns.split(" ").length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!step || at < 0) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))].focus();
  });
}
