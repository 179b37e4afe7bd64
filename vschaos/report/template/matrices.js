/* How often frames of each value (rows) were heard as each value (columns). */
function matrix(entry) {
  const header = make("tr", {}, make("th"), ...entry.names.map((name) => make("th", { scope: "col", title: name }, name)));
  const rows = entry.counts.map((row, index) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, column) => {
      const share = total ? count / total : 0;
      const percent = 100 * share;
      const told = percent >= 99.5 ? "100" : percent >= 1 ? percent.toFixed(0) : "";
      return make("td", {
        title: `${entry.names[index]} heard as ${entry.names[column]}: ${count} of ${total} frames`,
        style: {
          background: `color-mix(in srgb, #b95534 ${Math.round(100 * share ** 0.6)}%, #fbf7ee)`,
          color: share > 0.4 ? "#fbf7ee" : "#2d241c",
        },
      }, told);
    });
    return make("tr", {}, make("th", { scope: "row", title: entry.names[index] }, entry.names[index]), ...cells);
  });
  const judged = entry.is_class
    ? `${(100 * entry.accuracy).toFixed(1)} % of the frames are heard right`
    : `${short(entry.error)} off in the mean`;
  return make("div", { class: "scroll" },
    make("h3", {}, entry.task, make("span", { class: "note" }, ` ${judged}`)),
    make("table", { class: "matrix" }, make("thead", {}, header), make("tbody", {}, ...rows)));
}

function bars(label) {
  const most = Math.max(...label.classes.map(([, seconds]) => seconds), 1e-9);
  return label.classes.map(([name, seconds]) =>
    make("div", { class: "bar" },
      make("span", { title: name }, name),
      make("b", { style: { width: `${(100 * seconds) / most}%` } }),
      make("em", {}, duration(seconds))));
}
