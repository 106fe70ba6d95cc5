// Words that people typed, as nodes. Nothing here ever makes markup of them.

// Addresses are ASCII, so that Chinese text right behind one is not swallowed.
const LINK = /\b(?:https?:\/\/|www\.)[\x21\x23-\x26\x28-\x3b\x3d\x3f-\x7e]+/gi;
const TAIL = /[.,;:!?)\]}*_]+$/;
const HUES = [212, 28, 150, 265, 338, 186, 48, 4, 95];
const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s?){1,3}$/u;

export function isEmojiOnly(text) {
  return EMOJI_ONLY.test(text.trim());
}

/** Return a fragment of `text` in which web addresses are links. */
export function linked(text) {
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const found = trimmed(match[0]);
    const href = webAddress(found);
    if (!href) continue;
    fragment.append(text.slice(at, match.index), link(found, href));
    at = match.index + found.length;
  }
  fragment.append(text.slice(at));
  return fragment;
}

// The full stop behind an address is not part of it, nor is the bracket around it.
function trimmed(address) {
  if (address.endsWith(")") && address.includes("(")) return address;
  return address.replace(TAIL, "");
}

/** Return the address as the browser understands it, where it is one of the web; else null. */
export function webAddress(text) {
  try {
    const url = new URL(/^www\./i.test(text) ? `https://${text}` : text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch (error) {
    return null;
  }
}

function link(text, href) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow ugc";
  anchor.textContent = text;
  return anchor;
}

/** Return what stands for a name where there is no picture: two letters, or a Chinese family name. */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const first = [...(words[0] || "")];
  if (/\p{Script=Han}/u.test(first[0] || "")) return first[0];
  const second = words.length > 1 ? [...words.at(-1)][0] : "";
  return ((first[0] || "") + second).toLocaleUpperCase();
}

/** Fill an avatar: its letters, and a colour that is always the same for the same name. */
export function fillAvatar(element, name) {
  let hash = 2166136261; // FNV-1a
  for (const sign of name) hash = Math.imul(hash ^ sign.codePointAt(0), 16777619) >>> 0;
  element.textContent = initials(name);
  element.style.setProperty("--hue", HUES[(hash >>> 8) % HUES.length]);
  return element;
}
