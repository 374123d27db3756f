import * as fs from "node:fs";
import * as path from "node:path";
import { Proof } from "../linux";
import { StagedHost } from "../prove/staged";
import { POLICIES, PolicyLane } from "../render/drawing/picture";
import { pageData } from "./data";

/**
 * A host as one page for a browser: a person picks a source and a destination, and sees the way light up, and why. It is
 * self-contained: it loads nothing, and works from a file.
 *
 * @param proof the verdict that stands at its head
 * @param policies the traffic policies of its plan
 */
export function drawPage(
  { name, state, intent }: StagedHost,
  proof: Proof,
  policies: readonly PolicyLane[] = [],
): string {
  const data = pageData(name, state, intent);
  const [headline, verdict] = HEADLINES[proof.verdict];
  const parts: Readonly<Record<string, string>> = {
    "{{title}}": markup(`${name}: which way packets go`),
    "{{verdict}}": verdict,
    "{{proof}}": markup(headline),
    "{{policies}}": policyList(policies),
    '<link rel="stylesheet" href="client.css" />': `<style>\n${asset("client.css")}</style>`,
    // Within a script element only "<" could end it.
    '<script type="application/json" id="data"></script>': `<script type="application/json" id="data">${JSON.stringify(data).replace(/</g, "\\u003c")}</script>`,
    '<script src="client.js"></script>': `<script>\n${asset("client.js")}</script>`,
  };
  // In one pass, so that nothing that is filled in is looked at again.
  return asset("page.html").replace(PARTS, (part) => parts[part]);
}

/** What of page.html is filled in; the files that it names are put into it. */
const PARTS =
  /\{\{\w+\}\}|<link rel="stylesheet"[^>]*>|<script type="application\/json"[^>]*><\/script>|<script src=[^>]*><\/script>/g;

const HEADLINES: Readonly<Record<Proof["verdict"], readonly [string, string]>> = {
  proved: ["Proved symmetric for every packet there can be.", "proved"],
  witness: ["Not symmetric: some packets go astray.", "failed"],
  unknown: ["Not proved: not everything is understood.", "failed"],
  skipped: ["Nothing was proved.", "failed"],
};

function policyList(policies: readonly PolicyLane[]): string {
  if (policies.length === 0) return "";
  const items = policies.map(({ name, selects, ways }) => {
    const [what, way] = [selects.join("; "), ways.join(", ")].map(markup);
    return `<li><b>${markup(name)}</b> <span>${what}</span> <span>→ ${way}</span></li>`;
  });
  return `<section class="policies"><h2>Traffic policies</h2><p>${markup(POLICIES)}</p><ol>${items.join("")}</ol></section>`;
}

function asset(name: string): string {
  return fs.readFileSync(path.join(__dirname, name), "utf8");
}

/** Text for HTML: whatever it holds, it stays text. */
function markup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
