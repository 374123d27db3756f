import * as fs from "node:fs";
import * as path from "node:path";
import { Proof } from "../linux";
import { StagedHost } from "../prove/staged";
import { Lane, POLICIES, PolicyLane } from "../render/drawing/picture";
import { PageData, pageData } from "./data";

/** A world of a host on its page: the host's own, or one that has a name. */
interface PageWorld extends PageData {
  readonly name?: string;
  readonly proof: { readonly text: string; readonly className: string };
}

/**
 * A host as one page for a browser: a person picks a world, if there are several, a source and a destination, and sees the
 * way light up, and why. It is self-contained: it loads nothing, and works from a file.
 *
 * @param proofs the verdicts that stand at its head: of the host's own world, and of its further worlds in their order
 * @param policies the traffic policies of its plan, which are its own world's
 * @param identity the lanes of its identity, which is its own world's too
 */
export function drawPage(
  host: StagedHost,
  proofs: readonly Proof[],
  policies: readonly PolicyLane[] = [],
  identity: readonly Lane[] = [],
): string {
  const worlds = [host, ...host.worlds]
    .map((staged, i): PageWorld => ({
      ...(staged !== host && { name: staged.name }),
      proof: HEADLINES[proofs[i].verdict],
      ...pageData(staged),
    }))
    // A host whose every interface is in a further world has none of its own to ask about.
    .filter(
      ({ name, interfaces }) => name !== undefined || interfaces.length > 0 || host.worlds.length === 0,
    );
  const [{ proof }] = worlds;
  const parts: Readonly<Record<string, string>> = {
    "{{title}}": markup(`${host.name}: which way packets go`),
    "{{verdict}}": proof.className,
    "{{proof}}": markup(proof.text),
    "{{worlds}}": worlds.length > 1 ? WORLD_CHOICE : "",
    "{{policies}}": identityList(identity) + policyList(policies),
    '<link rel="stylesheet" href="client.css" />': `<style>\n${asset("client.css")}</style>`,
    // Within a script element only "<" could end it.
    '<script type="application/json" id="data"></script>': `<script type="application/json" id="data">${JSON.stringify({ worlds }).replace(/</g, "\\u003c")}</script>`,
    '<script src="client.js"></script>': `<script>\n${asset("client.js")}</script>`,
  };
  // In one pass, so that nothing that is filled in is looked at again.
  return asset("page.html").replace(PARTS, (part) => parts[part]);
}

/** What of page.html is filled in; the files that it names are put into it. */
const PARTS =
  /\{\{\w+\}\}|<link rel="stylesheet"[^>]*>|<script type="application\/json"[^>]*><\/script>|<script src=[^>]*><\/script>/g;

const HEADLINES: Readonly<Record<Proof["verdict"], PageWorld["proof"]>> = {
  proved: { text: "Proved symmetric for every packet there can be.", className: "proved" },
  witness: { text: "Not symmetric: some packets go astray.", className: "failed" },
  unknown: { text: "Not proved: not everything is understood.", className: "failed" },
  skipped: { text: "Nothing was proved.", className: "failed" },
};

const WORLD_CHOICE = '<label class="world">World <select id="world"></select></label>';

function policyList(policies: readonly PolicyLane[]): string {
  if (policies.length === 0) return "";
  const items = policies.map(({ name, place, selects, ways }) => {
    const [what, way] = [selects.join("; "), ways.join(", ")].map(markup);
    return `<li><b>${markup(name + place)}</b> <span>${what}</span> <span>→ ${way}</span></li>`;
  });
  return `<section class="policies"><h2>Traffic policies</h2><p>${markup(POLICIES)}</p><ol>${items.join("")}</ol></section>`;
}

function identityList(lanes: readonly Lane[]): string {
  const items = lanes.map(({ interface: title, family, sources, gateway, table }) => {
    const way = `by ${gateway}, as FRR has it in ${table}; else unreachable`;
    return `<li><b>${markup(sources.join(" "))}</b> <span>${markup(`${title}, IPv${family}`)}</span> <span>→ ${markup(way)}</span></li>`;
  });
  if (items.length === 0) return "";
  return `<section class="policies"><h2>Host identity</h2><p>${markup(IDENTITY)}</p><ul>${items.join("")}</ul></section>`;
}

const IDENTITY = "on the loopback; reached, and answering, by all of its links at once";

function asset(name: string): string {
  return fs.readFileSync(path.join(__dirname, name), "utf8");
}

/** Text for HTML: whatever it holds, it stays text. */
function markup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
