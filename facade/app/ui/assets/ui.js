// What pages do beside being shown: the theme, copying, charts, and what changes while one looks.
"use strict";

const say = (text) => {
  document.getElementById("say").textContent = text;
};

// The theme: as the system has it, light, dark.
const THEMES = ["auto", "light", "dark"];

const showTheme = (button) => {
  button.querySelector("span").textContent = document.documentElement.dataset.theme || "auto";
};

const nextTheme = (button) => {
  const now = document.documentElement.dataset.theme || "auto";
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("portico-theme", next);
  } catch {
    // It holds for this page alone.
  }
  showTheme(button);
  say(`Theme: ${next}`);
  drawCharts();
};

const copy = async (button) => {
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    say("Copied");
  } catch {
    getSelection().selectAllChildren(code);
    say("Selected: copy it with the keyboard");
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-theme-switch]")) nextTheme(button);
  if (button?.matches("[data-copy]")) copy(button);
});

// Buttons that need this file are hidden until it is there.
const unhide = (root) => {
  for (const each of root.querySelectorAll("[data-copy], [data-theme-switch]")) each.hidden = false;
};

// Charts are drawn of the tables below them: the first column has days, each that is named is a line.
const drawn = new Map();

// Steps of an axis that counts: there is no half call.
const COUNTS = Array.from({ length: 24 }, (_, at) => [1, 2, 5][at % 3] * 10 ** Math.floor(at / 3));

const drawChart = (place) => {
  const table = document.getElementById(place.dataset.chart);
  const chosen = place.dataset.columns.split(" ").map(Number);
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
  const days = rows.map((row) => Date.parse(row[0]) / 1000);
  const columns = chosen.map((at) => rows.map((row) => (row[at] === "" ? null : Number(row[at]))));
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const colors = [color("--accent"), chosen[0] === 1 ? color("--bad") : color("--warn")];
  const line = (at, order) => ({
    label: heads[at],
    value: (_, figure) => figure ?? "",
    stroke: colors[order],
    fill: order ? undefined : `${colors[0]}22`,
    width: 2,
    spanGaps: true,
    points: { show: rows.length < 40, size: 5, fill: colors[order] },
  });
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const options = {
    width: Math.max(place.clientWidth, 200),
    height: 190,
    series: [{ label: "Day", value: (_, day) => (day ? new Date(day * 1000).toISOString().slice(0, 10) : "") }, ...chosen.map(line)],
    axes: [{ ...axis, space: 70, size: 32, values: (_, days) => days.map((day) => new Date(day * 1000).toISOString().slice(5, 10)) }, { ...axis, size: 56, ...(chosen[0] === 1 && { incrs: COUNTS }) }],
    cursor: { y: false },
    scales: { y: { range: (_, low, high) => [0, Math.max((high || 0) * 1.1, 1)] } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
  };
  drawn.get(place)?.destroy();
  drawn.set(place, new uPlot(options, [days, ...columns], place));
};

const drawCharts = () => {
  for (const place of document.querySelectorAll("[data-chart]")) drawChart(place);
};

let resizing = 0;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(drawCharts, 150);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);

// What goes on while one looks: the server sends the part of the page anew, until it says that it has ended.
const follow = (place) => {
  const source = new EventSource(place.dataset.live);
  source.addEventListener("part", (event) => {
    const open = [...place.querySelectorAll("details")].map((each) => each.open);
    const focused = place.contains(document.activeElement) ? document.activeElement.textContent : null;
    place.innerHTML = event.data;
    place.querySelectorAll("details").forEach((each, at) => {
      if (open[at]) each.open = true;
    });
    unhide(place);
    if (focused !== null) {
      [...place.querySelectorAll("a, button, summary, pre, select")].find((each) => each.textContent === focused)?.focus();
    }
    if (window.htmx) htmx.process(place);
  });
  source.addEventListener("away", () => {
    source.close();
    location.reload();
  });
  source.addEventListener("end", (event) => {
    source.close();
    say(event.data);
  });
};

// On narrow screens the navigation is scrolled to where one is; scrollIntoView would move the keyboard there, too.
const showHere = () => {
  const here = document.querySelector("nav [aria-current]");
  if (!here) return;
  const list = here.closest("ul");
  const [inner, outer] = [here.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
};

document.addEventListener("htmx:load", () => unhide(document));
document.addEventListener("htmx:sendError", () => say("The gateway does not answer"));

unhide(document);
for (const each of document.querySelectorAll("[data-theme-switch]")) showTheme(each);
drawCharts();
showHere();
for (const each of document.querySelectorAll("[data-live]")) follow(each);
