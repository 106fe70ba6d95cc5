// What a text is as SMS. inbox/transports/segments.py says the same; a test holds them together.

const GSM = "GSM-7";
const UCS2 = "UCS-2";
const BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
  + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION = "\f^{}\\[~]|€"; // each takes two units: an escape, and its code
const UNITS = new Map([...[...BASIC].map((sign) => [sign, 1]), ...[...EXTENSION].map((sign) => [sign, 2])]);

/** Return {encoding, units, segments} of a text. One character outside of GSM-7 makes the whole text UCS-2. */
export function segments(text) {
  const signs = [...text];
  let sizes = signs.map((sign) => UNITS.get(sign) ?? 0);
  if (sizes.every(Boolean)) return { encoding: GSM, units: sum(sizes), segments: count(sizes, 160, 153) };
  sizes = signs.map((sign) => sign.length);
  return { encoding: UCS2, units: sum(sizes), segments: count(sizes, 70, 67) };
}

const sum = (sizes) => sizes.reduce((all, size) => all + size, 0);

/** What takes two units is never torn apart: where it does not fit, it begins the next message. */
function count(sizes, alone, chained) {
  if (sum(sizes) <= alone) return sizes.length ? 1 : 0;
  let messages = 1;
  let left = chained;
  for (const size of sizes) {
    if (size > left) {
      messages += 1;
      left = chained;
    }
    left -= size;
  }
  return messages;
}
