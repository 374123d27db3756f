import { Plan } from "../../model/plan";
import { Lane, POLICIES, PolicyLane, cut, pictureOf } from "./picture";

/** Columns of a terminal. */
const WIDTH = 80;
/** Sources a line shows before it says how many more there are. */
const SHOWN = 8;
/** Characters of the longest name that stands beside its sources. */
const LONG_NAME = 16;
const NO_GATEWAY = "no gateway";

/**
 * The host as a picture for a terminal: each interface with the sources it owns, and the gateway by which all that
 * they send leaves. At most 80 columns, where two full-length
 * IPv6 addresses do not meet in one line; long lists are cut and counted.
 *
 * @example
 *                    ┌─ edge-1 ─────────────────────────────┐
 *         10.0.1.1 ◀─┤ front  10.0.1.10 10.0.1.11           │
 *                    ├──────────────────────────────────────┤
 *         10.0.2.1 ◀─┤ back   10.0.2.10                     │
 *                    └──────────────────────────────────────┘
 */
export function drawText(plan: Plan): string {
  const { host, lanes, note, worlds, policies } = pictureOf(plan);
  // A host all of whose interfaces are in worlds has nothing to show of its own.
  const boxes = [{ title: host, lanes }, ...worlds].filter((box) => box.lanes.length > 0);
  const text = [...boxes.map((box) => drawBox(box.title, box.lanes)), ...drawPolicies(policies)].join("\n");
  return note === undefined ? text : `${text}${wrap(note.split(" "), WIDTH).join("\n")}\n`;
}

function drawPolicies(policies: readonly PolicyLane[]): string[] {
  if (policies.length === 0) return [];
  const blocks = policies.flatMap(({ name, place, selects, ways }) => [
    ...wrap(`${name}${place}: ${selects.join("; ")}`.split(" "), WIDTH - 4).map(
      (l, i) => `${i === 0 ? "  " : "    "}${l}`,
    ),
    ...wrap(`◀─ ${ways.join(", ")}`.split(" "), WIDTH - 7).map(
      (l, i) => `${i === 0 ? "    " : "       "}${l}`,
    ),
  ]);
  return [`${[...wrap(`${POLICIES}:`.split(" "), WIDTH), ...blocks].join("\n")}\n`];
}

function drawBox(title: string, lanes: readonly Lane[]): string {
  const kept = lanes.every((lane) => lane.kept);
  const names = [...new Set(lanes.map((lane) => lane.interface))];
  const rows = names.map((name) => lanes.filter((l) => l.interface === name).map(rowOf));
  const left = Math.max(...rows.flat().map((r) => r.gateway.length));
  const longest = Math.max(...names.map((name) => name.length));
  const widest = Math.max(...rows.flat().flatMap((r) => r.sources.map((source) => source.length)));
  // A long name stands on a line of its own, or it would leave no room beside it.
  const beside = longest <= LONG_NAME && left + longest + 2 + widest + 7 <= WIDTH;
  const indent = beside ? longest + 2 : 2;
  // Everything in a line but the gateway and the sources: " ◀─┤ ", the indent, " │".
  const room = WIDTH - left - indent - 7;
  const lines = rows.map((iface, i) => {
    const name = names[i];
    const own = iface.flatMap((row) =>
      wrap(row.sources, room).map((sources, k) => ({
        gateway: k === 0 ? row.gateway : "",
        text: " ".repeat(indent) + sources,
      })),
    );
    if (!beside) return [{ gateway: "", text: name }, ...own];
    own[0].text = name + own[0].text.slice(name.length);
    return own;
  });
  const inner = Math.max(title.length + 4, ...lines.flat().map((line) => line.text.length + 2));
  const blank = " ".repeat(left + 3);
  const out = [`${blank}┌─ ${title} ${"─".repeat(inner - title.length - 3)}┐`];
  lines.forEach((iface, i) => {
    if (i > 0) out.push(`${blank}├${"─".repeat(inner)}┤`);
    for (const { gateway, text } of iface) {
      const arrow = gateway === "" ? "  │" : gateway === NO_GATEWAY ? "  ┤" : kept ? "◀─┤" : "◀┄┤";
      out.push(`${gateway.padStart(left)} ${arrow} ${text.padEnd(inner - 1)}│`);
    }
  });
  out.push(`${blank}└${"─".repeat(inner)}┘`);
  return `${out.join("\n")}\n`;
}

function rowOf(lane: Lane): { gateway: string; sources: string[] } {
  return { gateway: lane.gateway ?? NO_GATEWAY, sources: cut(lane.sources, SHOWN) };
}

function wrap(words: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
