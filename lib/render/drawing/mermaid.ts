import { Plan } from "../../model/plan";
import { POLICIES, cut, pictureOf } from "./picture";

/**
 * The host as a Mermaid flowchart, for Markdown that draws it (README files, wikis, pull requests).
 *
 * @example
 * flowchart LR
 *   subgraph host["edge-1"]
 *     l0["front (IPv4)<br>10.0.1.10"]
 *   end
 *   l0 -- "table 7120 or 7121" --> g0(["10.0.1.1<br>everywhere else"])
 */
export function drawMermaid(plan: Plan): string {
  const { host, lanes: own, note, worlds, policies } = pictureOf(plan);
  const lanes = [own, ...worlds.map((world) => world.lanes)].flat();
  const boxes = [{ title: host, lanes: own }, ...worlds].flatMap((box, n) => [
    `  subgraph ${n === 0 ? "host" : `world${n - 1}`}[${quoted([box.title])}]`,
    ...box.lanes.map((lane) => {
      const label = [`${lane.interface} (IPv${lane.family})`, ...cut(lane.sources, 10)];
      return `    l${lanes.indexOf(lane)}[${quoted(label)}]`;
    }),
    "  end",
  ]);
  const edges = lanes.flatMap((lane, i) => {
    const table = `"table ${lane.table}"`;
    const [begin, end] = lane.kept ? ["--", "-->"] : ["-.", ".->"];
    const far =
      lane.gateway === undefined
        ? []
        : [
            `  l${i} ${begin} ${table} ${end} g${i}([${quoted([lane.gateway, lane.kept ? "everywhere else" : "where main says so"])}])`,
          ];
    const near = lane.reaches.map((r, j) => {
      const label = [
        r.to,
        ...(r.via === undefined ? [] : [`via ${r.via}`]),
        ...(r.by === lane.interface ? [] : [`by ${r.by}`]),
      ];
      return `  l${i} --> n${i}x${j}[${quoted(label)}]`;
    });
    return [...far, ...near];
  });
  const traffic =
    policies.length === 0
      ? []
      : [
          `  subgraph policies[${quoted([POLICIES])}]`,
          ...policies.map(
            ({ name, place, selects }, i) => `    p${i}[${quoted([name + place, ...selects])}]`,
          ),
          "  end",
          ...policies.map(({ ways }, i) => `  p${i} --> w${i}([${quoted(ways)}])`),
        ];
  const notes = note === undefined ? [] : [`  note[${quoted([note])}]`];
  return ["flowchart LR", ...boxes, ...edges, ...traffic, ...notes, ""].join("\n");
}

/** Names and addresses hold no character that Mermaid gives a meaning within quotes. */
function quoted(lines: readonly string[]): string {
  return `"${lines.join("<br>")}"`;
}
