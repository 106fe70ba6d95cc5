// Times and money as the agent reads them: their language, their time zone, through Intl.

const language = document.documentElement.lang || "en";
let zone;
let formats = {};

export function setZone(name) {
  try {
    new Intl.DateTimeFormat(language, { timeZone: name });
    zone = name;
  } catch {
    zone = undefined; // a name this browser does not know: its own zone
  }
  formats = {
    clock: new Intl.DateTimeFormat(language, { timeZone: zone, hour: "numeric", minute: "2-digit" }),
    weekday: new Intl.DateTimeFormat(language, { timeZone: zone, weekday: "short" }),
    day: new Intl.DateTimeFormat(language, { timeZone: zone, month: "short", day: "numeric" }),
    year: new Intl.DateTimeFormat(language, { timeZone: zone, year: "numeric", month: "short", day: "numeric" }),
    long: new Intl.DateTimeFormat(language, { timeZone: zone, weekday: "long", month: "long", day: "numeric" }),
    full: new Intl.DateTimeFormat(language, { timeZone: zone, dateStyle: "full", timeStyle: "short" }),
    // Sorts and compares as text: the day at the agent's place.
    key: new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }),
    relative: new Intl.RelativeTimeFormat(language, { numeric: "auto" }),
  };
}
setZone(undefined);

const units = new Map();
function unit(amount, name) {
  if (!units.has(name)) {
    units.set(name, new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "narrow" }));
  }
  return units.get(name).format(amount);
}

export const dayKey = (iso) => formats.key.format(new Date(iso));
export const clock = (iso) => formats.clock.format(new Date(iso));
export const full = (iso) => formats.full.format(new Date(iso));

/** How long, in one unit from the minute on: 12 min, 3 h, 2 d. */
export function span(milliseconds) {
  const seconds = Math.max(60, milliseconds / 1000);
  if (seconds < 3600) return unit(Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return unit(Math.floor(seconds / 3600), "hour");
  return unit(Math.floor(seconds / 86_400), "day");
}

/** When, as short as a row has room for: minutes and hours, then the weekday, then the date. */
export function ago(iso, now = Date.now()) {
  const past = now - Date.parse(iso);
  if (past < 60_000) return formats.relative.format(0, "second");
  if (past < 86_400_000) return span(past);
  if (past < 6 * 86_400_000) return formats.weekday.format(new Date(iso));
  return dayKey(iso).slice(0, 4) === dayKey(new Date(now)).slice(0, 4)
    ? formats.day.format(new Date(iso))
    : formats.year.format(new Date(iso));
}

/** The heading of a day in the timeline. */
export function day(iso, now = Date.now()) {
  const days = Math.round((Date.parse(dayKey(iso)) - Date.parse(dayKey(new Date(now)))) / 86_400_000);
  if (days === 0 || days === -1) return sentence(formats.relative.format(days, "day"));
  if (dayKey(iso).slice(0, 4) !== dayKey(new Date(now)).slice(0, 4)) return formats.year.format(new Date(iso));
  return formats.long.format(new Date(iso));
}

/** A moment that is still to come, for a snooze or a hold. */
export function moment(iso, now = Date.now()) {
  const date = new Date(iso);
  if (dayKey(date) === dayKey(new Date(now))) return formats.clock.format(date);
  if (Math.abs(date - now) < 6 * 86_400_000) return `${formats.weekday.format(date)} ${formats.clock.format(date)}`;
  return `${formats.day.format(date)} ${formats.clock.format(date)}`;
}

const sentence = (words) => words.charAt(0).toLocaleUpperCase(language) + words.slice(1);

const currencies = new Map();
/** Money as it travels, {amount, currency} in minor units, or bare minor units of a currency given beside them. */
export function money(value, beside) {
  const { amount, currency } = typeof value === "object" ? value : { amount: value, currency: beside };
  if (!currencies.has(currency)) {
    currencies.set(currency, new Intl.NumberFormat(language, { style: "currency", currency }));
  }
  const format = currencies.get(currency);
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

export function size(bytes) {
  const kilo = bytes / 1024;
  const [amount, name] = kilo < 1024 ? [Math.max(1, Math.round(kilo)), "kilobyte"] : [kilo / 1024, "megabyte"];
  return new Intl.NumberFormat(language, {
    style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 1,
  }).format(amount);
}

/** The instant of `hour` o'clock at the agent's place, `days` from today (an offset change in between is corrected). */
export function atHour(days, hour) {
  const [year, month, date] = dayKey(new Date(Date.now() + days * 86_400_000)).split("-").map(Number);
  return instant(Date.UTC(year, month - 1, date, hour));
}

/** Read "2026-11-21T09:30", as a datetime-local field gives it, at the agent's place. */
export const fromLocal = (value) => instant(Date.parse(`${value}Z`));

/** Write an instant as a datetime-local field wants it, at the agent's place. */
export function toLocal(date) {
  return new Date(date.getTime() + offset(date.getTime())).toISOString().slice(0, 16);
}

function instant(wall) {
  const guess = wall - offset(wall);
  return new Date(wall - offset(guess));
}

function offset(utc) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(new Date(utc));
  const get = (type) => Number(parts.find((part) => part.type === type).value);
  const wall = Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second"));
  return wall - Math.floor(utc / 1000) * 1000;
}

export const weekday = (date) => new Date(dayKey(date)).getUTCDay();
export const number = (value) => new Intl.NumberFormat(language).format(value);
