// Notices of the desktop: what the system shows beside or above all windows.

const PATIENCE_MS = 4000;
const bus = new EventTarget();

/** `granted`, `default` (nobody has asked), `denied`, `insecure` (no https) or `missing` (this browser has none). */
export function permission() {
  if (!window.isSecureContext) return "insecure";
  return "Notification" in window ? Notification.permission : "missing";
}

/** Ask for permission: browsers want a click for it. */
export async function ask() {
  if (permission() === "default") await Notification.requestPermission();
  bus.dispatchEvent(new Event("permission"));
  return permission();
}

export const onPermission = (listener) => bus.addEventListener("permission", listener);

/**
 * Show one. `clicked` runs when somebody clicks it. Resolves to what the browser says: `shown` (it gave it to the system,
 * which may still hold it back), `failed`, or `unseen`.
 */
export function show({ title, body, tag }, clicked) {
  if (permission() !== "granted") return Promise.resolve("failed");
  let notification;
  try {
    // The desk has sounds of its own.
    notification = new Notification(title, { body, tag, renotify: Boolean(tag), silent: true });
  } catch {
    return Promise.resolve("failed"); // phones: only an installed page may
  }
  notification.onclick = () => {
    window.focus();
    notification.close();
    clicked();
  };
  return new Promise((resolve) => {
    notification.onshow = () => resolve("shown");
    notification.onerror = () => resolve("failed");
    setTimeout(() => resolve("unseen"), PATIENCE_MS);
  });
}
