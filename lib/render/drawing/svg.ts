import { Plan } from "../../model/plan";
import { Lane, POLICIES, PolicyLane, cut, pictureOf } from "./picture";

/** Colours of the lanes, told apart also by those who see red and green alike (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8a6d00", "#5b5b5b"];

/** Pixels. */
const LINE = 18;
const PAD = 14;
const HOST = { left: 24, width: 470 };
const OUT = { left: 560, width: 300 };
/** A character's width, about, of a line, of a title and of what stands beside it. */
const CHARACTER = { line: 7.9, title: 9, aside: 7.3 };
const SHOWN = 10;
/** Characters in a line of a strip. */
const ROW = 52;
/** Characters in a line of the note. */
const NOTE = 108;

/**
 * The host as an SVG picture: sources, the table that routes each, the interface they leave by, and where to.
 * Self-contained; no scripts, no fonts, no links.
 */
export function drawSvg(plan: Plan): string {
  const { host, lanes, note, worlds, policies } = pictureOf(plan);
  const all = [lanes, ...worlds.map((world) => world.lanes)].flat();
  const names = [...new Set(all.map((lane) => lane.interface))];
  let top = 0;
  let widest = OUT.width;
  const body = [{ title: host, lanes }, ...worlds].map((box, i) => {
    const begin = i === 0 ? 16 : top + 24;
    top = begin + 40;
    const draw = (strip: Strip, owner: string): string => {
      const colour = COLOURS[Math.max(0, names.indexOf(owner)) % COLOURS.length];
      const { svg, height } = drawStrip(strip, top, colour);
      widest = Math.max(widest, ...strip.ways.map((way) => 8 + Math.ceil(CHARACTER.line * way.length)));
      top += height + PAD;
      return svg;
    };
    const drawn = box.lanes.map((lane) => draw(stripOf(lane), lane.interface));
    if (i === 0 && policies.length > 0) {
      drawn.push(`<text class="s" x="${HOST.left + PAD}" y="${top + PAD - 2}">${text(POLICIES)}</text>`);
      top += LINE + 4;
      drawn.push(...policies.map((policy) => draw(policyStrip(policy), policy.first)));
    }
    return [
      `<rect x="${HOST.left}" y="${begin}" width="${HOST.width}" height="${top - begin + 8}" rx="10" fill="#f6f8fa" stroke="#8c99a6"/>`,
      `<text class="h" x="${HOST.left + PAD}" y="${begin + 24}">${text(box.title)}</text>`,
      ...drawn,
    ].join("\n");
  });
  const notes = note === undefined ? [] : lines(note, NOTE);
  const height = top + 24 + notes.length * LINE;
  const width = OUT.left + widest + 24;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Routing of ${text(host)}">`,
    `<style>text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1b2733}.h{font:600 15px system-ui,sans-serif}.s{fill:#5a6875;font-size:12px}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...body,
    ...notes.map(
      (words, i) => `<text class="s" x="${HOST.left}" y="${top + 24 + i * LINE}">${text(words)}</text>`,
    ),
    `</svg>`,
    ``,
  ].join("\n");
}

/** What is drawn as one strip: what leaves, and where it goes. */
interface Strip {
  readonly title: string;
  readonly aside: string;
  readonly rows: readonly string[];
  readonly ways: readonly string[];
  readonly dashed: boolean;
}

function policyStrip({ name, place, selects, ways }: PolicyLane): Strip {
  return {
    title: name,
    aside: `policy${place}`,
    rows: selects.flatMap((s) => lines(s, ROW)),
    ways,
    dashed: false,
  };
}

function stripOf(lane: Lane): Strip {
  const ways = [
    ...(lane.gateway === undefined
      ? []
      : [`${lane.gateway}  →  ${lane.kept ? "everywhere else" : "where main says so"}`]),
    ...cut(
      lane.reaches.map((r) =>
        r.via === undefined
          ? `${r.to}${r.by === lane.interface ? "" : `  by ${r.by}`}`
          : `${r.via}  →  ${r.to}`,
      ),
      SHOWN,
    ),
    ...(lane.gateway === undefined ? [lane.kept ? "nothing else" : "no gateway"] : []),
  ];
  return {
    title: lane.interface,
    aside: `IPv${lane.family}, table ${lane.table}`,
    rows: cut(lane.sources, SHOWN),
    ways,
    dashed: !lane.kept,
  };
}

function drawStrip(
  { title, aside, rows, ways, dashed }: Strip,
  top: number,
  colour: string,
): { svg: string; height: number } {
  const beside = title.length * CHARACTER.title + aside.length * CHARACTER.aside < HOST.width - 5 * PAD;
  const head = beside ? 1 : 2;
  const height = Math.max(rows.length + head, ways.length) * LINE + 2 * PAD;
  const middle = top + height / 2;
  const x = HOST.left + PAD;
  const edge = HOST.left + HOST.width;
  const line = (i: number): number => top + PAD + LINE * (i + 1) - 5;
  const svg = [
    `<rect x="${x}" y="${top}" width="${HOST.width - 2 * PAD}" height="${height}" rx="7" fill="#fff" stroke="${colour}" stroke-width="1.5"/>`,
    `<text class="h" x="${x + PAD}" y="${line(0)}" fill="${colour}" style="fill:${colour}">${text(title)}</text>`,
    `<text class="s" x="${edge - 2 * PAD}" y="${line(head - 1)}" text-anchor="end">${text(aside)}</text>`,
    ...rows.map((s, i) => `<text x="${x + PAD}" y="${line(i + head)}">${text(s)}</text>`),
    `<path d="M${edge - PAD} ${middle}H${OUT.left - 10}" stroke="${colour}" stroke-width="3"${dashed ? ` stroke-dasharray="6 5"` : ""} fill="none"/>`,
    `<path d="M${OUT.left - 12} ${middle - 6}L${OUT.left} ${middle}L${OUT.left - 12} ${middle + 6}z" fill="${colour}"/>`,
    ...ways.map((w, i) => {
      const y = middle + LINE * (i - (ways.length - 1) / 2) + 5;
      return `<text x="${OUT.left + 8}" y="${y}">${text(w)}</text>`;
    }),
  ].join("\n");
  return { svg, height };
}

function lines(words: string, width: number): string[] {
  const found: string[] = [];
  for (const word of words.split(" ")) {
    const last = found[found.length - 1];
    if (last === undefined || last.length + 1 + word.length > width) found.push(word);
    else found[found.length - 1] = `${last} ${word}`;
  }
  return found;
}

/** Text for XML: whatever it holds, it stays text. */
function text(value: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return value.replace(/[&<>"']/g, (c) => names[c]);
}
