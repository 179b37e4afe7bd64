const INSETS = { left: 40, right: 10, top: 10, bottom: 20 };
const followers = [];

/* Centred means, over fewer neighbours towards the ends: no delay. */
function smooth(values) {
  const most = values.length > 30 ? 5 : 0;
  return values.map((_, index) => {
    const reach = Math.min(most, index, values.length - 1 - index);
    const near = values.slice(index - reach, index + reach + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

function ticks(low, high, isLog) {
  if (isLog) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1)
      for (const digit of [1, 2, 5]) found.push(digit * 10 ** power);
    const inside = found.filter((value) => value >= low && value <= high);
    const apart = Math.ceil(inside.length / 4);
    if (inside.length > 1) return inside.filter((_, index) => index % apart === 0);
  }
  const rough = (high - low) / 3 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) found.push(Number(value.toPrecision(12)));
  return found;
}

const valueText = (entry, value) => `${short(value)}${entry.unit ? ` ${entry.unit}` : ""}`;

/* A single measurement, shown as a number. */
function figure(entry) {
  return make("figure", { class: "curve" }, make("figcaption", {}, words(entry.name)), make("div", { class: "figure" }, valueText(entry, entry.values[0])));
}

/* A curve; all curves follow the pointer over any of them. */
function curve(entry, width, height) {
  if (entry.steps.length < 2) return figure(entry);
  const { steps, values } = entry;
  const soft = smooth(values);
  const last = steps.at(-1) || 1;
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const isLog = low > 0 && high / low > 12;
  if (high - low < 1e-9) [low, high] = [low - Math.abs(low || 1) * 0.1, high + Math.abs(high || 1) * 0.1];
  const scaled = isLog ? Math.log : (value) => value;
  const x = (step) => INSETS.left + (step / last) * (width - INSETS.left - INSETS.right);
  const y = (value) =>
    INSETS.top + (1 - (scaled(value) - scaled(low)) / (scaled(high) - scaled(low))) * (height - INSETS.top - INSETS.bottom);
  const path = (row) => row.map((value, index) => `${index ? "L" : "M"}${x(steps[index]).toFixed(1)} ${y(value).toFixed(1)}`).join("");

  const pointer = draw("line", { class: "pointer", y1: INSETS.top, y2: height - INSETS.bottom, visibility: "hidden" });
  const dot = draw("circle", { class: "dot", r: 4 });
  const reading = make("output");
  const at = (index, isPointed) => {
    dot.setAttribute("cx", x(steps[index]));
    dot.setAttribute("cy", y(soft[index]));
    pointer.setAttribute("x1", x(steps[index]));
    pointer.setAttribute("x2", x(steps[index]));
    pointer.setAttribute("visibility", isPointed ? "visible" : "hidden");
    reading.textContent = `${valueText(entry, values[index])}${isPointed ? ` at ${(steps[index] + 1).toLocaleString("en")}` : ""}`;
  };
  const follow = (step) => {
    if (step === null) return at(steps.length - 1, false);
    let index = steps.findIndex((one) => one >= step);
    if (index < 0) index = steps.length - 1;
    if (index > 0 && step - steps[index - 1] < steps[index] - step) index -= 1;
    return at(index, true);
  };
  followers.push(follow);
  follow(null);

  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${words(entry.name)}: from ${short(values[0])} to ${short(values.at(-1))}` },
    ...ticks(low, high, isLog).flatMap((value) => [
      draw("line", { class: "grid", x1: INSETS.left, x2: width - INSETS.right, y1: y(value), y2: y(value) }),
      draw("text", { x: INSETS.left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value)),
    ]),
    ...[0, last].map((step, end) =>
      draw("text", { x: x(step), y: height - 4, "text-anchor": end ? "end" : "start" }, end ? `${(step + 1).toLocaleString("en")} steps` : "0")),
    steps.length > 30 ? draw("path", { class: "raw", d: path(values) }) : null,
    draw("path", { class: "line", d: path(soft) }),
    pointer, dot);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * width;
    const step = (last * (place - INSETS.left)) / (width - INSETS.left - INSETS.right);
    followers.forEach((one) => one(Math.max(0, Math.min(last, step))));
  });
  svg.addEventListener("pointerleave", () => followers.forEach((one) => one(null)));
  return make("figure", { class: "curve" }, make("figcaption", {}, make("span", {}, words(entry.name)), reading), svg);
}
