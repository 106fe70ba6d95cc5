// Words and numbers in the buyer's language. The words come with the page; Intl knows the rest.

const root = document.documentElement;
const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const config = read("config");
const strings = read("strings");

// The shop's own locale (en-GB, zh-CN) where it is the language we speak here: it knows how dates are written.
function numberLocale() {
  try {
    const given = new Intl.Locale(config.locale.replace("_", "-"));
    if (given.language === root.lang.split("-")[0]) return given.toString();
  } catch (error) {
    // Not a locale: ours will do.
  }
  return root.lang;
}

const locale = numberLocale();

/** Return the string `name` with each {key} filled in from `values`. */
export function say(name, values = {}) {
  return (strings[name] || "").replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

export function has(name) {
  return name in strings;
}

/** Return money, {amount in minor units, currency}, as people here write it. */
export function money({ amount, currency }) {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

export function clock(moment) {
  return new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(moment);
}

/** Return a day and the time of it, short. */
export function moment(at) {
  return new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(at);
}

/** Return a time to come: of today the hour, within a week the weekday too, else the date. */
export function upcoming(at) {
  const now = new Date();
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return clock(at);
  if (days > 6) return moment(at);
  return new Intl.DateTimeFormat(locale, { weekday: "long", hour: "numeric", minute: "2-digit" }).format(at);
}

export function date(moment) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(moment);
}

/** Return the day as a person would name it: today, yesterday, Monday 3 March. */
export function day(moment) {
  const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
  const ago = Math.round((midnight(moment) - midnight(new Date())) / 86_400_000);
  if (ago === 0 || ago === -1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(ago, "day");
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  const thisYear = moment.getFullYear() === new Date().getFullYear();
  const parts = { weekday: "long", day: "numeric", month: "long", ...(thisYear ? {} : { year: "numeric" }) };
  return new Intl.DateTimeFormat(locale, parts).format(moment);
}

export function duration(seconds) {
  const hours = seconds >= 5400;
  const value = Math.max(1, Math.round(seconds / (hours ? 3600 : 60)));
  return new Intl.NumberFormat(locale, { style: "unit", unit: hours ? "hour" : "minute", unitDisplay: "long" }).format(value);
}

export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte"];
  let value = bytes, at = 0;
  while (value >= 1000 && at < 2) {
    value /= 1024;
    at += 1;
  }
  const options = { style: "unit", unit: units[at], unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(locale, options).format(value);
}
