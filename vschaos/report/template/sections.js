/* The sections of the page. */

const NO_SOUNDS = "The sounds of this run are neither in the cache nor in its dataset's folder.";

function listening({ reconstructions, textures, points, trajectories, sweeps, pitched, tables }) {
  const pair = (entry) =>
    make("div", { class: "pair" }, sound(entry),
      make("div", { class: "two" }, ...entry.players.map((one) => player(one, `${one.title} of ${entry.name}`))));
  const rows = reconstructions.map(pair);
  return [
    section("listen", "Listen", "Reconstructions",
      rows.length ? make("p", {}, `Inputs and their reconstructions by the model. ${side()}`, ...(pitched.length ? keys() : [])) : missing(NO_SOUNDS),
      rows.length ? make("div", { class: "panel" }, ...rows) : null),
    textures.length
      ? section("textures", "Texture", "Noise without and with its texture",
          make("p", {}, "The sounds above that have the most noise, decoded from their latents alone: each bin at its mean, and with the scatter of noise, which is the setting ", make("code", {}, "texture"), " at 0 and at 1."),
          make("div", { class: "panel" }, ...textures.map(pair)))
      : null,
    pitched.length
      ? section("played", "Played", "Played by pitch and loudness",
          make("p", {}, "The pitch and the loudness of a sound, transposed and played again."),
          make("div", { class: "panel two" }, ...pitched.map((entry) => wide(player(entry)))))
      : null,
    tables.length
      ? section("tables", "Tables", "One cycle along each descriptor",
          make("p", {}, "The cycle that is read again and again, as one descriptor moves and the others stay at their means: in front the lowest value, behind the highest."),
          make("div", { class: "panel two" }, ...tables.map(table)))
      : null,
    section("own", "Trajectories", "Decoded trajectories",
      make("p", {}, "Without an input: points of the latent space, and trajectories through it, decoded."),
      make("div", { class: "panel two" }, ...points.map((entry) => wide(player(entry))), ...trajectories.map((entry) => player(entry)))),
    sweeps.length
      ? section("sweeps", "Labels", "One sound under each label",
          make("p", {}, "The latents of a sound are constant; only the label that conditions the decoder changes."),
          make("div", { class: "panel two" }, ...sweeps.map((entry) => wide(player(entry)))))
      : null,
  ];
}

function table(entry) {
  return make("figure", { class: "waterfall" }, player(entry.player),
    make("img", { alt: `cycles: ${entry.player.title}`, src: `data:image/png;base64,${entry.picture}` }));
}

function keys() {
  return [" Curves: ", make("span", { class: "key pitch" }, "pitch"), " on the axis of the spectrogram, ",
    make("span", { class: "key loudness" }, "loudness"), " from \u221280 dB(A) at the bottom to 0 at the top."];
}

function side() {
  const { files, parts } = content.dataset.sides.held_out;
  return files + parts > 0 ? "They were held out: the model was not trained on them." : "None were held out: the model was trained on these.";
}

function sound({ name, metrics }) {
  return make("div", { class: "heading" }, make("span", { class: "name" }, name), make("span", { class: "note" }, metrics));
}

function measured(rows) {
  return section("metrics", "Metrics", "Metrics of sounds",
    rows.length ? make("p", {}, side()) : missing(NO_SOUNDS),
    rows.length ? make("div", { class: "panel" }, ...rows.map(sound)) : null);
}

function matching({ count, rows, knobs, matrices, pairs, diagram, own }) {
  const number = (value, digits) => (value === undefined || value === null ? "" : value.toFixed(digits));
  const cells = (row) => row.map((cell, place) => make(place ? "td" : "th", place ? {} : { scope: "row" }, cell));
  const grid = (head, lines) => make("div", { class: "scroll" },
    make("table", { class: "table" },
      make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...lines.map((line) => make("tr", {}, ...cells(line))))));
  const isTold = Object.values(knobs).some((row) => row.told !== undefined);
  const percent = (value) => (value === undefined ? "" : `${number(value, 1)} %`);
  const compared = Object.entries(rows).map(([name, row]) => [name, number(row.knob_error, 3), percent(row.steps_right),
    ...(isTold ? [number(row.told_knob_error, 3), percent(row.told_steps_right)] : []), number(row.lsd, 2)]);
  const found = Object.entries(knobs).map(([name, row]) => [name, `${number(100 * row.heard, 0)} %`,
    ...(isTold ? [`${number(100 * row.told, 0)} %`] : []), number(row.error, 3), number(row.mean_error, 3),
    row.right === undefined ? "" : percent(100 * row.right)]);
  const heard = pairs.map(compare);
  const byEar = own && Object.entries(own.rows).map(([name, row]) => [name, number(row.lsd, 2), number(row.median_lsd, 2)]);
  return [
    heard.length ? section("matches", "Listen", "Targets and what was found",
      make("p", {}, "Sounds that were held out, and the same notes by the settings that the model found in them; from the nearest to the farthest."),
      make("div", { class: "panel" }, ...heard)) : null,
    own ? section("own", "Your own sounds", "How well your own sounds are found",
      make("p", {}, `${own.count} notes of your own sounds that were held out, beside what the model found in them. Their curve over the training is below; nobody knows their settings, so that the distance alone says how right they are.`),
      make("div", { class: "panel" }, grid(["", "LSD, dB", "median"], byEar), ...own.pairs.map(compare))) : null,
    section("matching", "Knobs", "How right the settings are",
      make("p", {}, `${count} sounds that were held out. The error of a knob is a share of its way, where it can be heard; steps are right or wrong, and so is whether an amount is off.${isTold ? " A sound tells a knob if turning it by a quarter of its way changes the sound by 1 dB." : ""} Below are those of the nearest training sound, of the mean settings, and of the settings that the sounds were made with.`),
      make("div", { class: "panel" },
        grid(["", "error of knobs", "steps right", ...(isTold ? ["where told", "right"] : []), "LSD, dB"], compared),
        make("h3", {}, "Knobs"),
        grid(["", "heard in", ...(isTold ? ["told in"] : []), "error", "of the mean", "right"], found),
        matrices.length ? make("div", { class: "matrices" }, ...matrices.map(matrix)) : null)),
    diagram ? section("chain", "Chain", "What is set",
      make("figure", { class: "chain panel" }, make("img", { alt: "the modules and their cables", src: `data:image/png;base64,${diagram}` }))) : null,
  ];
}

function space(map) {
  if (!map) return section("map", "Map", "The latent space", missing(NO_SOUNDS));
  const shares = map.shares.map((share) => `${(100 * share).toFixed(0)} %`).join(" and ");
  const sounds = new Set(map.clips.map((clip) => clip.name)).size;
  const frames = `${map.x.length.toLocaleString("en")} frames of ${sounds} sounds`;
  const text = map.axes.length
    ? `${frames}: ${map.axes[0]} from left to right, ${map.axes[1]} from bottom to top, in standard deviations. Where they lie, the instrument knows what it does.`
    : `${frames} on their first principal components (${shares} of the variance). Neighbouring frames are similar to the model.`;
  return section("map", "Map", map.axes.length ? "The timbres that were learnt" : "The latent space",
    make("p", {}, text),
    make("div", { class: "panel" }, latentMap(map)));
}

function learning(curves) {
  const validation = curves.filter((entry) => entry.group === "val");
  const losses = curves.filter((entry) => entry.group === "train");
  if (!curves.length) return section("curves", "Curves", "Training", missing("There are no logs of this run."));
  return section("curves", "Curves", "Training",
    make("p", {}, "Metrics of held-out sounds, and training losses. The faint line shows the measurements, the strong one the mean of neighbours; point at a curve to read all of them at that step."),
    make("div", { class: "panel" },
      validation.length ? make("h3", {}, "Validation") : null,
      make("div", { class: "curves" }, ...validation.map((entry) => curve(entry, 320, 170))),
      losses.length ? make("h3", {}, "Losses") : null,
      make("div", { class: "curves small" }, ...losses.map((entry) => curve(entry, 235, 125)))));
}

function predictions(matrices) {
  return section("predictions", "Predictions", "Predicted labels",
    make("p", {}, "Rows are the labels of the dataset, columns the predictions; figures are per cent of a row."),
    make("div", { class: "panel matrices" }, ...matrices.map(matrix)));
}

function data(dataset) {
  const { train, held_out } = dataset.sides;
  const total = train.seconds + held_out.seconds;
  const length = (side) => (total ? `, ${duration(side.seconds)}` : "");
  const files = (side) => `${side.files} files${side.parts ? ` and parts of ${side.parts}` : ""}${length(side)}`;
  const uses = { conditioning: "conditions the model", prediction: "predicted by the model" };
  const absent = dataset.is_there ? null : missing(
    `The dataset's folder is not there any more (${dataset.root}): its labels are unknown${dataset.origin === "cache" ? "; the sounds come from the cache" : ""}.`);
  const labels = dataset.labels.map((label) =>
    make("div", {},
      make("h3", {}, label.name),
      make("p", { class: "note" },
        `${label.files} files, ${(100 * label.share).toFixed(0)} % of the time`
        + (label.is_class ? "" : `; from ${short(label.low)} to ${short(label.high)}, mean ${short(label.mean)}`)
        + label.use.map((use) => `; ${uses[use]}`).join("")
        + (label.unseen.length ? `; not in the training set: ${label.unseen.join(", ")}` : "")),
      ...bars(label)));
  return section("dataset", "Dataset", "Dataset",
    absent,
    make("div", { class: "panel" },
      make("dl", { class: "plate" },
        ...[
          train.files + train.parts ? ["sounds", `${train.files + held_out.files + train.parts} files${total ? `, ${duration(total)}` : ""}`] : ["sounds", "rendered"],
          train.files + train.parts ? ["training", files(train)] : null,
          ["held out", files(held_out)],
          dataset.root ? ["folder", dataset.root] : null,
        ].filter((row) => row !== null).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
      dataset.skipped.length
        ? make("details", {}, make("summary", {}, `${dataset.skipped.length} files were skipped`),
            make("ul", {}, ...dataset.skipped.map(([name, reason]) => make("li", {}, `${name}: ${reason}`))))
        : null,
      labels.length ? make("div", { class: "bars" }, ...labels) : null));
}

function settings({ config, recipe, differences }) {
  const text = differences.length ? `Recipe ${recipe}, with other values of:` : `Recipe ${recipe}, without changes.`;
  const rows = differences.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, make("code", {}, cell)))));
  const head = make("tr", {}, ...["setting", "recipe", "this run"].map((name) => make("th", { scope: "col" }, name)));
  return section("settings", "Settings", "Settings",
    make("div", { class: "panel" },
      recipe ? make("p", {}, text) : null,
      rows.length ? make("div", { class: "scroll" }, make("table", { class: "table" }, make("thead", {}, head), make("tbody", {}, ...rows))) : null,
      make("details", {}, make("summary", {}, "all settings"), make("pre", {}, config))));
}

function play(commands) {
  const rows = commands.flatMap(({ purpose, command }) => [make("div", {}, make("dt", {}, purpose), make("dd", {}, make("code", {}, command)))]);
  return section("play", "Play", "Play it", make("div", { class: "panel" }, make("dl", { class: "commands" }, ...rows)));
}

function wide(element) {
  element.classList.add("wide");
  return element;
}

function missing(text) {
  return make("p", { class: "missing" }, text);
}

function section(id, link, title, ...children) {
  return make("section", { id, "data-link": link, "aria-label": title }, make("h2", {}, title), ...children);
}

function compose() {
  const facts = content.facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  document.getElementById("head").append(
    make("p", { class: "kind" }, `${content.version.replace("_", " ")}, weights ${content.checkpoint}`),
    make("h1", {}, content.name),
    make("dl", { class: "plate" }, ...facts));
  const main = document.getElementById("sections");
  main.replaceChildren();
  const sections = [
    ...(content.listening ? listening(content.listening) : [measured(content.metrics)]),
    ...(content.matching ? matching(content.matching) : []),
    "map" in content ? space(content.map) : null,
    learning(content.curves),
    content.predictions?.length ? predictions(content.predictions) : null,
    data(content.dataset), settings(content.settings), play(content.commands),
  ].filter((one) => one !== null);
  main.append(...sections);
  const links = sections.map((one) => make("li", {}, make("a", { href: `#${one.id}` }, one.dataset.link)));
  document.getElementById("contents").append(make("ul", {}, ...links));
  document.getElementById("foot").append("A report of vschaos, in one file.");
}

compose();
