/* The page from its content, from top to bottom. */

function listening({ pairs, prior, walks, sweeps }) {
  const { files, parts } = content.dataset.sides.held_out;
  const heldOut = files + parts > 0;
  const side = heldOut ? "They were held out in training: the model has never seen them." : "Nothing was held out: the model has learnt from these.";
  const rows = pairs.map((pair) =>
    make("div", { class: "pair" },
      make("div", { class: "heading" },
        make("span", { class: "name" }, pair.name),
        make("span", { class: "note" }, Object.entries(pair.distances).map(([name, value]) => `${words(name)} ${short(value)}${unit(name)}`).join(", "))),
      make("div", { class: "two" }, ...pair.players.map((entry) => player(entry, `${entry.title} of ${pair.name}`)))));
  return [
    section("listen", "Listen", "Sounds through the model",
      pairs.length ? make("p", {}, `Each sound, and what the model makes of it. ${side}`) : missing("The sounds of this run are neither in the cache nor in its dataset's folder."),
      pairs.length ? make("div", { class: "panel" }, ...rows) : null),
    section("own", "Walks", "Sounds of its own",
      make("p", {}, "No sound goes in: points of the latent space, and walks through it, decoded."),
      make("div", { class: "panel two" }, ...prior.map((entry) => wide(player(entry))), ...walks.map((entry) => player(entry)))),
    sweeps.length
      ? section("sweeps", "Labels", "One sound under each label",
          make("p", {}, "The latents of a sound stay as they are; only what the decoder is told changes."),
          make("div", { class: "panel two" }, ...sweeps.map((entry) => wide(player(entry)))))
      : null,
  ];
}

function space(map) {
  if (!map) return section("map", "Map", "The latent space", missing("Where sounds lie in the latent space needs the sounds: they are neither in the cache nor in the dataset's folder."));
  const shares = map.shares.map((share) => `${(100 * share).toFixed(0)} %`).join(" and ");
  const sounds = new Set(map.clips.map((clip) => clip.name)).size;
  return section("map", "Map", "The latent space",
    make("p", {}, `${map.x.length.toLocaleString("en")} frames of ${sounds} sounds, seen along the two directions in which they differ most (${shares} of all that differs). Frames that lie together sound alike to the model.`),
    make("div", { class: "panel" }, latentMap(map)));
}

function learning(curves) {
  const heldOut = curves.filter((entry) => entry.group === "held_out");
  const losses = curves.filter((entry) => entry.group === "train");
  if (!curves.length) return section("curves", "Curves", "How it learnt", missing("There are no logs of this run."));
  return section("curves", "Curves", "How it learnt",
    make("p", {}, "Distances to sounds that were held out, and the losses that were trained. The faint line is what was measured, the strong one the mean of its neighbours; point at a curve to read them all at that step."),
    make("div", { class: "panel" },
      heldOut.length ? make("h3", {}, "On held-out sounds") : null,
      make("div", { class: "curves" }, ...heldOut.map((entry) => curve(entry, 320, 170))),
      losses.length ? make("h3", {}, "Losses") : null,
      make("div", { class: "curves small" }, ...losses.map((entry) => curve(entry, 235, 125)))));
}

function hearing(matrices) {
  if (!matrices.length) return null;
  return section("hearing", "Hearing", "What it hears",
    make("p", {}, "What the predictors take frames for. Rows are the labels of the dataset, columns what was heard; figures are per cent of a row."),
    make("div", { class: "panel matrices" }, ...matrices.map(matrix)));
}

function learntFrom(dataset) {
  const { train, held_out } = dataset.sides;
  const total = train.seconds + held_out.seconds;
  const length = (side) => (total ? `, ${duration(side.seconds)}` : "");
  const files = (side) => `${side.files} files${side.parts ? ` and parts of ${side.parts}` : ""}${length(side)}`;
  const uses = { told: "the model is told it", heard: "the model predicts it" };
  const absent = dataset.is_there ? null : missing(
    `The dataset's folder is not there any more (${dataset.root}): nothing can be said of its labels${dataset.origin === "cache" ? "; the sounds come from the cache" : ""}.`);
  const labels = dataset.labels.map((label) =>
    make("div", {},
      make("h3", {}, label.name),
      make("p", { class: "note" },
        `${label.files} files, ${(100 * label.share).toFixed(0)} % of the time`
        + (label.is_class ? "" : `; from ${short(label.low)} to ${short(label.high)}, mean ${short(label.mean)}`)
        + label.use.map((use) => `; ${uses[use]}`).join("")
        + (label.unseen.length ? `; not in the training: ${label.unseen.join(", ")}` : "")),
      ...bars(label)));
  return section("dataset", "Dataset", "What it learnt from",
    absent,
    make("div", { class: "panel" },
      make("dl", { class: "plate" },
        ...[
          ["sounds", `${train.files + held_out.files + train.parts} files${total ? `, ${duration(total)}` : ""}`],
          ["learnt", files(train)],
          ["held out", files(held_out)],
          ["folder", dataset.root],
        ].map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
      dataset.skipped.length
        ? make("details", {}, make("summary", {}, `${dataset.skipped.length} files were skipped`),
            make("ul", {}, ...dataset.skipped.map(([name, reason]) => make("li", {}, `${name}: ${reason}`))))
        : null,
      labels.length ? make("div", { class: "bars" }, ...labels) : null));
}

function settings({ config, recipe, differences }) {
  const told = differences.length
    ? `Nearest to the recipe ${recipe}; what differs:`
    : `As the recipe ${recipe} says.`;
  const rows = differences.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, make("code", {}, cell)))));
  const head = make("tr", {}, ...["setting", "recipe", "this run"].map((name) => make("th", { scope: "col" }, name)));
  return section("settings", "Settings", "How it was set",
    make("div", { class: "panel" },
      recipe ? make("p", {}, told) : null,
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
    ...listening(content.listening), space(content.map), learning(content.curves),
    hearing(content.hearing), learntFrom(content.dataset), settings(content.settings), play(content.commands),
  ].filter((one) => one !== null);
  main.append(...sections);
  const links = sections.map((one) => make("li", {}, make("a", { href: `#${one.id}` }, one.dataset.link)));
  document.getElementById("contents").append(make("ul", {}, ...links));
  document.getElementById("foot").append("A page of vschaos. It needs nothing beside it.");
}

compose();
