import { Chart, shownNumber } from "./section";

const WIDTH = 860;
const LEFT = 200;
const RIGHT = 70;
const BAR = 14;
const GAP = 14;
const COLORS = ["#3b6ea5", "#c8553d", "#6a994e", "#8f6593", "#e0a030", "#5c5c5c"];

/** Horizontal bars in groups, as SVG; on a logarithmic scale when the largest is more than twenty times the smallest. */
export function chartSvg(chart: Chart): string {
  const values = chart.groups.flatMap((g) => g.values).filter((v): v is number => v !== undefined && v > 0);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const logarithmic = most / least > 20;
  const room = WIDTH - LEFT - RIGHT;
  const origin = logarithmic ? 10 ** Math.floor(Math.log10(Math.min(least, 1))) : 0;
  const x = (value: number): number =>
    logarithmic ? (room * Math.log(value / origin)) / Math.log(most / origin) : (room * value) / most;

  const parts: string[] = [];
  let y = 58;
  chart.series.forEach((name, i) => {
    const [column, row] = [i % 3, Math.floor(i / 3)];
    parts.push(box(LEFT + column * 200, 30 + row * 16, 10, 10, COLORS[i % COLORS.length]));
    parts.push(text(LEFT + column * 200 + 15, 39 + row * 16, name));
    y = Math.max(y, 58 + row * 16);
  });
  for (const group of chart.groups) {
    const height = group.values.length * BAR;
    parts.push(text(LEFT - 8, y + height / 2 + 4, group.label, "end"));
    group.values.forEach((value, i) => {
      const top = y + i * BAR;
      if (value === undefined) return;
      parts.push(box(LEFT, top, Math.max(1, x(value)), BAR - 3, COLORS[i % COLORS.length]));
      parts.push(text(LEFT + Math.max(1, x(value)) + 4, top + BAR - 4, shownNumber(value)));
    });
    y += height + GAP;
  }
  const scale = logarithmic ? `${chart.unit}, logarithmic` : chart.unit;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 8}" viewBox="0 0 ${WIDTH} ${y + 8}"`,
    ` font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(chart.title)}">`,
    box(0, 0, WIDTH, y + 8, "#ffffff"),
    `<text x="10" y="18" font-size="14" font-weight="bold" fill="#222">${escaped(chart.title)} (${escaped(scale)})</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function box(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"/>`;
}

function text(x: number, y: number, content: string, anchor = "start"): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#222">${escaped(content)}</text>`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

function escaped(content: string): string {
  return content.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
