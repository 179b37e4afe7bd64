/* Distinct muted colours for up to twelve classes; more are spread over all hues. */
const INKS = [
  "#b95534", "#3f7a78", "#d3a13b", "#4d5c91", "#7f8a3d", "#8c4f74",
  "#6f9bb3", "#6b4a37", "#d08b7c", "#4a4741", "#a9a07a", "#7c6fae",
];
const UNKNOWN = "#cfc4b0";
const SCALE = ["#e3c27a", "#cf8147", "#b0472f", "#6b2840", "#2f1f3d"];
const GRAIN_SECONDS = 0.5;

function classColour(number, count) {
  return count <= INKS.length ? INKS[number] : `hsl(${Math.round((360 * number) / count + 14)} 42% ${number % 2 ? 38 : 56}%)`;
}

function scaleColour(share) {
  const place = Math.max(0, Math.min(1, share)) * (SCALE.length - 1);
  const low = Math.min(Math.floor(place), SCALE.length - 2);
  const channel = (colour, at) => parseInt(colour.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) =>
    Math.round(channel(SCALE[low], at) + (place - low) * (channel(SCALE[low + 1], at) - channel(SCALE[low], at))),
  );
  return `rgb(${mixed.join(" ")})`;
}

function colourOf(colouring, point) {
  const value = colouring.values[point];
  if (value === null) return UNKNOWN;
  if (colouring.classes.length) return classColour(value, colouring.classes.length);
  return scaleColour((value - colouring.low) / (colouring.high - colouring.low || 1));
}

function labelText(colouring, point) {
  const value = colouring.values[point];
  if (value === null) return "unknown";
  return colouring.classes.length ? colouring.classes[value] : short(value);
}

function legend(colouring) {
  if (!colouring.classes.length) {
    const stops = SCALE.join(", ");
    return make("div", {},
      make("div", { class: "scale", style: { background: `linear-gradient(90deg, ${stops})` } }),
      make("div", { class: "ends" }, make("span", {}, short(colouring.low)), make("span", {}, short(colouring.high))));
  }
  const seen = new Set(colouring.values);
  const rows = colouring.classes.flatMap((name, number) => (seen.has(number) ? [[name, classColour(number, colouring.classes.length)]] : []));
  if (seen.has(null)) rows.push(["unknown", UNKNOWN]);
  return make("ul", { class: "legend" }, ...rows.map(([name, colour]) =>
    make("li", {}, make("i", { style: { background: colour } }), make("span", { title: name }, name))));
}

/* The map of the latents: a click, a drag or an arrow key plays the sound around a frame. */
function latentMap(map) {
  const count = map.x.length;
  const canvas = make("canvas", {
    tabindex: 0, role: "application",
    "aria-label": "map of the latent space; arrow keys go from frame to frame and from sound to sound, Enter plays",
  });
  const now = make("p", { class: "now", "aria-live": "polite" }, make("span", { class: "faded" }, "Click a point, or drag over the map."));
  const key = make("div");
  const colours = make("select", { id: "colours" }, ...map.colourings.map((entry, index) => make("option", { value: index }, entry.name)));
  const reach = make("select", { id: "reach" }, make("option", { value: "frame" }, "half a second around it"), make("option", { value: "clip" }, "the whole sound"));
  let chosen = -1;

  const place = (point) => {
    const margin = 14;
    return [
      margin + (map.x[point] / 4095) * (canvas.clientWidth - 2 * margin),
      canvas.clientHeight - margin - (map.y[point] / 4095) * (canvas.clientHeight - 2 * margin),
    ];
  };
  function paint() {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const colouring = map.colourings[colours.value];
    const radius = Math.max(1.6, Math.min(3.2, canvas.clientWidth / 260));
    for (let index = 0; index < count; index += 1) {
      const point = (index * 7919) % count; // in scattered order, so that no class covers the others
      const [x, y] = place(point);
      pen.globalAlpha = chosen >= 0 && map.clip[point] === map.clip[chosen] ? 1 : 0.62;
      pen.fillStyle = colourOf(colouring, point);
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fill();
    }
    pen.globalAlpha = 1;
    if (chosen >= 0) mark(pen);
  }
  function mark(pen) {
    pen.strokeStyle = "#2d241c";
    pen.lineWidth = 1;
    pen.beginPath();
    let first = true;
    for (let point = 0; point < count; point += 1) {
      if (map.clip[point] !== map.clip[chosen]) continue;
      const [x, y] = place(point);
      if (first) pen.moveTo(x, y);
      else pen.lineTo(x, y);
      first = false;
    }
    pen.globalAlpha = 0.45;
    pen.stroke();
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(...place(chosen), 7, 0, 2 * Math.PI);
    pen.stroke();
  }
  function nearest(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = -1;
    let least = 40 ** 2; // squared pixels: farther clicks choose no point
    for (let point = 0; point < count; point += 1) {
      const [px, py] = place(point);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  }
  async function choose(point) {
    if (point < 0) return;
    chosen = point;
    paint();
    const clip = map.clips[map.clip[point]];
    const known = map.colourings.filter((entry) => !["folder", "side"].includes(entry.name));
    const labels = known.map((entry) => `${entry.name} ${labelText(entry, point)}`).join(", ");
    const at = clip.start + map.seconds[point];
    now.replaceChildren(clip.name, make("br"), make("small", {},
      `${clip.is_held_out ? "held out" : "training"}, at ${at.toFixed(2)} s${labels ? `; ${labels}` : ""}`));
    const whole = reach.value === "clip";
    await playGrain(clip, whole ? 0 : map.seconds[point] - GRAIN_SECONDS / 2, whole ? Infinity : GRAIN_SECONDS);
    now.dataset.played = clip.name;
  }
  function neighbour(key) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) return (Math.max(chosen, 0) + step + count) % count;
    const clip = chosen < 0 ? 0 : (map.clip[chosen] + (key === "ArrowDown" ? 1 : -1) + map.clips.length) % map.clips.length;
    return map.clip.indexOf(clip);
  }
  canvas.addEventListener("pointerdown", (event) => choose(nearest(event)));
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const point = nearest(event);
    if (point !== chosen) choose(point);
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) choose(neighbour(event.key));
    else if (event.key === "Enter" || event.key === " ") choose(Math.max(chosen, 0));
    else return;
    event.preventDefault();
  });
  const recolour = () => {
    key.replaceChildren(legend(map.colourings[colours.value]));
    paint();
  };
  colours.addEventListener("change", recolour);
  new ResizeObserver(paint).observe(canvas);
  recolour();
  return make("div", { class: "chart-room", id: "space" },
    make("div", {}, canvas, now),
    make("div", { class: "aside" },
      make("label", { for: "colours" }, "coloured by"), colours,
      make("label", { for: "reach" }, "a click plays"), reach, key));
}
