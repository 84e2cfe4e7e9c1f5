"use strict";
// Colours are CSS variables, so that light, dark and print need no new drawing.
(() => {
  const narrow = window.innerWidth < 600;
  const axis = {
    labelColor: "var(--soft)", titleColor: "var(--soft)", titleFontWeight: "normal", gridColor: "var(--line)",
    domainColor: "var(--line)", tickColor: "var(--line)", labelFontSize: 12, titleFontSize: 12, titlePadding: 8,
    labelLimit: narrow ? 130 : 220, labelFlush: false, labelOverlap: true,
  };
  const config = {
    aria: false,
    background: null,
    font: getComputedStyle(document.body).fontFamily,
    axis,
    axisXQuantitative: { tickCount: { signal: "ceil(width / 75)" } },
    axisYQuantitative: { tickCount: { signal: "ceil(height / 45)" } },
    view: { stroke: "transparent" },
    legend: {
      orient: "top", title: null, labelColor: "var(--ink)", labelFontSize: 12, symbolStrokeWidth: 2.5,
      symbolSize: 140, columns: narrow ? 1 : 3, labelLimit: 240, offset: 10,
    },
    range: { category: [1, 2, 3, 4, 5, 6].map((n) => `var(--series-${n})`) },
    text: { color: "var(--soft)", fontSize: 12 },
    rule: { color: "var(--soft)" },
    bar: { color: "var(--series-1)" },
    point: { color: "var(--series-1)" },
  };
  const specs = JSON.parse(document.getElementById("charts").textContent);
  specs.forEach((spec, number) => {
    vegaEmbed(`#chart-${number}`, spec, {
      mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false, config, logLevel: vega.Error,
      tooltip: { disableDefaultStyle: true },
    }).catch((error) => { document.getElementById(`chart-${number}`).textContent = String(error); });
  });
  // What is folded away on a screen is part of the printed document.
  const folded = () => [...document.querySelectorAll("details")];
  window.addEventListener("beforeprint", () => folded().forEach((d) => { d.dataset.was = d.open; d.open = true; }));
  window.addEventListener("afterprint", () => folded().forEach((d) => { d.open = d.dataset.was === "true"; }));
})();
