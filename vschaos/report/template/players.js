/* Only one sound plays at a time. */
let silence = () => {};

function sounding(stop) {
  if (stop !== silence) silence();
  silence = stop;
}

const SYMBOLS = { play: "M4 2 L14 8 L4 14 Z", pause: "M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z" };

/* Curves over a spectrogram: heights of 0 to 1, evenly spaced in time; null leaves a gap. */
function overlay(curves) {
  const lines = Object.entries(curves).map(([name, heights]) => {
    const last = Math.max(heights.length - 1, 1);
    let path = "", isGap = true;
    heights.forEach((height, index) => {
      if (height !== null) path += `${isGap ? "M" : "L"}${((1000 * index) / last).toFixed(1)} ${(100 * (1 - height)).toFixed(1)}`;
      isGap = height === null;
    });
    return draw("path", { class: name, d: path });
  });
  return draw("svg", { class: "overlay", viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" }, ...lines);
}

/* A player: button, spectrogram to seek in, time. The sound is decoded from base64 on first use. */
function player(entry, name = entry.title) {
  const audio = make("audio", { preload: "metadata" });
  const symbol = draw("path", { d: SYMBOLS.play });
  const button = make(
    "button",
    { class: "play", type: "button", "aria-pressed": "false", "aria-label": `play ${name}` },
    draw("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, symbol),
  );
  const seek = make("input", {
    type: "range", min: 0, max: entry.seconds, step: 0.01, value: 0, "aria-label": `position in ${name}`,
  });
  const head = make("div", { class: "head" });
  const time = make("span", { class: "time" }, duration(entry.seconds));
  const stop = () => audio.pause();

  function unpack() {
    if (!audio.src) audio.src = URL.createObjectURL(new Blob([bytes(entry.sound)], { type: "audio/mpeg" }));
  }
  function show() {
    const position = Math.min(audio.currentTime, entry.seconds);
    head.style.left = `${(100 * position) / entry.seconds}%`;
    head.style.visibility = position > 0 ? "visible" : "hidden";
    seek.value = position;
    time.textContent = position > 0 ? `${position.toFixed(1)} of ${duration(entry.seconds)}` : duration(entry.seconds);
    if (!audio.paused) requestAnimationFrame(show);
  }
  function state() {
    const plays = !audio.paused && !audio.ended;
    button.setAttribute("aria-pressed", String(plays));
    symbol.setAttribute("d", plays ? SYMBOLS.pause : SYMBOLS.play);
    show();
  }
  function play() {
    unpack();
    sounding(stop);
    audio.play().catch((error) => {
      if (error.name !== "AbortError") throw error; // another player was started before this one began
    });
  }
  button.addEventListener("click", () => (audio.paused ? play() : audio.pause()));
  seek.addEventListener("input", () => {
    unpack();
    const position = Number(seek.value);
    if (audio.readyState) audio.currentTime = position;
    else audio.addEventListener("loadedmetadata", () => (audio.currentTime = position), { once: true });
    if (audio.paused) play();
  });
  seek.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    button.click();
  });
  audio.addEventListener("ended", () => (audio.currentTime = 0));
  for (const event of ["play", "pause", "ended", "seeked"]) audio.addEventListener(event, state);

  const marks = entry.marks.map(([start, text]) =>
    make("div", { class: "mark", style: { left: `${(100 * start) / entry.seconds}%` } }, text),
  );
  return make(
    "figure",
    { class: "player" },
    make(
      "div",
      { class: "scope" },
      make("img", { alt: `spectrogram of ${name}`, src: `data:image/png;base64,${entry.picture}` }),
      Object.keys(entry.curves).length ? overlay(entry.curves) : null,
      ...marks, head, seek,
    ),
    make("figcaption", {}, button, make("span", {}, entry.title), time),
    audio,
  );
}

/* Plays a segment of a short sound with fades. Resolves at its start. */
const grains = { context: null, decoded: new Map() };

async function playGrain(clip, from, seconds) {
  grains.context ??= new AudioContext();
  const context = grains.context;
  if (!grains.decoded.has(clip)) grains.decoded.set(clip, context.decodeAudioData(bytes(clip.sound).buffer));
  const [buffer] = await Promise.all([grains.decoded.get(clip), context.resume()]);
  const start = Math.max(0, Math.min(from, buffer.duration - 0.05));
  const length = Math.min(seconds, buffer.duration - start);
  const fade = Math.min(0.03, length / 2);
  const source = new AudioBufferSourceNode(context, { buffer });
  const gain = new GainNode(context, { gain: 0 });
  const now = context.currentTime;
  gain.gain.setValueAtTime(0, now);
  gain.gain.linearRampToValueAtTime(1, now + fade);
  gain.gain.setValueAtTime(1, now + length - fade);
  gain.gain.linearRampToValueAtTime(0, now + length);
  source.connect(gain).connect(context.destination);
  sounding(() => {
    gain.gain.cancelScheduledValues(context.currentTime);
    gain.gain.setTargetAtTime(0, context.currentTime, 0.01);
    source.stop(context.currentTime + 0.06);
  });
  source.start(now, start, length);
}
