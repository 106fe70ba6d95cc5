// The words of the page: written in templates/inbox/_strings.html, where gettext sees them.

const words = new Map();
for (const node of document.getElementById("strings").content.querySelectorAll("[data-string]")) {
  words.set(node.dataset.string, node.textContent.trim());
}

export const has = (key) => words.has(key);

/** Return the words for `key` with `{name}` filled in. */
export function say(key, params = {}) {
  return (words.get(key) ?? key).replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");
}

/** The same as a fragment, with what was filled in standing out. */
export function fill(key, params = {}) {
  const fragment = document.createDocumentFragment();
  for (const [index, part] of (words.get(key) ?? key).split(/\{(\w+)\}/).entries()) {
    if (index % 2 === 0) {
      fragment.append(part);
    } else {
      const value = document.createElement("b");
      value.textContent = params[part] ?? "";
      fragment.append(value);
    }
  }
  return fragment;
}
