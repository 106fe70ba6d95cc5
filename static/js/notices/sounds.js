// The sounds of the desk, made here and no files: quiet ones, for they are heard all day.

const LOUDEST = 0.22;
const PATIENCE_MS = 1500;

// Of each note: its pitch, when it begins, how long it rings (in seconds), how loud beside the others, its shape.
const TONES = {
  drop: [[880, 0, 0.32, 0.8, "sine"], [659.3, 0.13, 0.32, 0.8, "sine"]],
  chime: [[659.3, 0, 0.4, 0.7, "sine"], [880, 0.12, 0.5, 0.7, "sine"], [1318.5, 0.12, 0.3, 0.15, "sine"]],
  wood: [[523.3, 0, 0.12, 1, "triangle"], [698.5, 0.1, 0.16, 1, "triangle"]],
  glass: [[1568, 0, 0.9, 0.4, "sine"], [2349.3, 0.01, 0.6, 0.15, "sine"]],
  pulse: [[740, 0, 0.14, 0.9, "triangle"], [740, 0.2, 0.14, 0.9, "triangle"], [987.8, 0.4, 0.3, 0.9, "triangle"]],
  knock: [[196, 0, 0.14, 1, "triangle"], [196, 0.16, 0.14, 1, "triangle"]],
};

let audio = null;

/** Browsers are silent until somebody has clicked or typed on the page: then the sounds are ready. */
export function start() {
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, wake);
}

function wake() {
  if (!("AudioContext" in window)) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

/**
 * Play a sound at so many percent. Resolves to what is known of it: `played` (to its end, by the browser's own account;
 * what a loudspeaker did nobody knows), `off`, `blocked` (nobody has clicked here yet), `missing`, or `unseen` (begun,
 * and its end was not reported).
 */
export async function play(name, volume) {
  if (!volume) return "off";
  if (!("AudioContext" in window)) return "missing";
  audio ??= new AudioContext();
  if (audio.state !== "running") await Promise.race([audio.resume(), pause(200)]);
  if (audio.state !== "running") return "blocked";
  const ends = (TONES[name] ?? TONES.chime).map((note) => sound(note, (volume / 100) * LOUDEST));
  return Promise.race([Promise.all(ends).then(() => "played"), pause(PATIENCE_MS).then(() => "unseen")]);
}

function sound([pitch, begins, rings, share, shape], loud) {
  const at = audio.currentTime + begins;
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  tone.type = shape;
  tone.frequency.value = pitch;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(loud * share, at + 0.015);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + rings);
  tone.connect(loudness).connect(audio.destination);
  const ended = new Promise((resolve) => (tone.onended = resolve));
  tone.start(at);
  tone.stop(at + rings + 0.03);
  return ended;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
