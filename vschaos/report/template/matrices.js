/* A confusion matrix: true values in rows, predicted values in columns. */
function matrix(entry) {
  const header = make("tr", {}, make("th"), ...entry.names.map((name) => make("th", { scope: "col", title: name }, name)));
  const rows = entry.counts.map((row, index) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, column) => {
      const share = total ? count / total : 0;
      const percent = 100 * share;
      const text = percent >= 99.5 ? "100" : percent >= 1 ? percent.toFixed(0) : "";
      return make("td", {
        title: `${entry.names[index]} predicted as ${entry.names[column]}: ${count} of ${total} ${entry.of ?? "frames"}`,
        style: {
          background: `color-mix(in srgb, #b95534 ${Math.round(100 * share ** 0.6)}%, #fbf7ee)`,
          color: share > 0.4 ? "#fbf7ee" : "#2d241c",
        },
      }, text);
    });
    return make("tr", {}, make("th", { scope: "row", title: entry.names[index] }, entry.names[index]), ...cells);
  });
  const score = entry.is_class
    ? `accuracy ${(100 * entry.accuracy).toFixed(1)} %`
    : `mean absolute error ${short(entry.error)}`;
  return make("div", { class: "scroll" },
    make("h3", {}, entry.task, make("span", { class: "note" }, ` ${score}`)),
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
