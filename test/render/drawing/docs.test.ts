import * as fs from "node:fs";
import * as path from "node:path";
import { HostSpec } from "../../../lib/model";
import { planHost } from "../../../lib/plan";
import { drawSvg } from "../../../lib/render/drawing/svg";

/** The drawings of docs/models.md. To make them anew: UPDATE_GOLDENS=1. */
const DOCS = path.join(__dirname, "../../../docs");
const hosts = fs.readdirSync(path.join(DOCS, "hosts")).map((file) => path.basename(file, ".json"));

test.each(hosts)("docs/images/%s.svg is the drawing of the host in docs/hosts", (name) => {
  const host = JSON.parse(fs.readFileSync(path.join(DOCS, "hosts", `${name}.json`), "utf8")) as HostSpec;
  const image = path.join(DOCS, "images", `${name}.svg`);
  const drawn = drawSvg(planHost(host));
  if (process.env["UPDATE_GOLDENS"] === "1") fs.writeFileSync(image, drawn);
  expect(fs.readFileSync(image, "utf8")).toBe(drawn);
  expect(fs.readFileSync(path.join(DOCS, "models.md"), "utf8")).toContain(`](images/${name}.svg)`);
});
