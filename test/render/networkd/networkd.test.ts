import * as fs from "node:fs";
import * as path from "node:path";
import * as fc from "fast-check";
import { Proof, applyBatch } from "../../../lib/linux";
import { SpecError } from "../../../lib/model/issue";
import { Plan } from "../../../lib/model/plan";
import { HostSpec } from "../../../lib/model/spec";
import { buildPlan, normalize, planHost } from "../../../lib/plan";
import { hostState } from "../../../lib/prove/hostState";
import { intentOf } from "../../../lib/prove/intent";
import { proveStaged, stagePlan } from "../../../lib/prove/staged";
import { RenderedFile } from "../../../lib/render/file";
import { networkdFiles } from "../../../lib/render/networkd";
import { specs } from "../../plan/support/specs";
import { batchOf } from "./support";

const CASES = path.join(__dirname, "cases");
const UPDATE = process.env["UPDATE_GOLDENS"] === "1";
const HOST: HostSpec = {
  name: "edge-1",
  interfaces: [
    {
      name: "front",
      match: { ifname: "ens5" },
      addresses: ["10.0.1.10/24", "10.0.1.11/24", "2001:db8:1::10/64"],
      gateways: ["10.0.1.1", "fe80::1"],
    },
    { name: "back", match: { ifname: "ens6" }, addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};

const PLAN = planHost(HOST);

describe("a plan in networkd's words", () => {
  test.each(fs.readdirSync(CASES).sort())("is as recorded: %s", (name) => {
    const directory = path.join(CASES, name);
    const spec = JSON.parse(fs.readFileSync(path.join(directory, "spec.json"), "utf8")) as HostSpec;
    const root = path.join(directory, "root");
    const files = networkdFiles(planHost(spec));
    if (UPDATE) {
      fs.rmSync(root, { recursive: true, force: true });
      for (const { path: file, text } of files) {
        fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
        fs.writeFileSync(path.join(root, file), text);
      }
    }
    const there = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
    expect(there.map((e) => path.relative(root, path.join(e.parentPath, e.name))).sort()).toEqual(
      files.map((file) => file.path),
    );
    for (const { path: file, text } of files) {
      expect(fs.readFileSync(path.join(root, file), "utf8")).toBe(text);
    }
  });

  test("is, read back from the files, proved of all that the program is proved of, for every host", () => {
    fc.assert(
      fc.property(specs, (drawn) => {
        const interfaces = drawn.interfaces.map((iface, i) => ({ ...iface, match: { ifname: `ens${i}` } }));
        const host = normalize({ ...drawn, interfaces });
        const verdicts = ({ results }: Proof): string[] =>
          results.map(({ property, family, verdict }) => `${property} ${family} ${verdict}`);
        expect(verdicts(proofOf(host, (files) => files))).toEqual(
          verdicts(proveStaged(stagePlan(buildPlan(host), host))),
        );
      }),
      { numRuns: 20 },
    );
  });

  test("would not be proved without its fail-closed rules", () => {
    const lame = (files: readonly RenderedFile[]): RenderedFile[] =>
      files.map((file) => ({
        ...file,
        text: file.text.replace(/\[RoutingPolicyRule\]\n(?:.+\n)*Type=.*\n/g, ""),
      }));
    expect(proofOf(normalize(HOST), lame).results).toContainEqual(
      expect.objectContaining({ property: "P6", verdict: "witness" }),
    );
  });

  test("does not depend on the order of what is given", () => {
    const turned = { ...HOST, interfaces: [...HOST.interfaces].reverse() };
    expect(networkdFiles(planHost(turned))).toEqual(networkdFiles(planHost(HOST)));
  });

  test("adds to the file that a device has: netplan's, or as it is said", () => {
    const paths = (file?: string): string[] => networkdFiles(planHost(HOST), file).map((f) => f.path);
    expect(paths()).toContain("etc/systemd/network/10-netplan-ens5.network.d/50-multihome.conf");
    expect(paths("70-@.network")).toContain("etc/systemd/network/70-ens6.network.d/50-multihome.conf");
  });

  test.each<[string, Partial<Plan>, string]>([
    ["the strong host model", { hostModel: "strong" }, "policy.hostModel"],
    ["the weak host model", { hostModel: "weak" }, "policy.hostModel"],
    ["traffic policies", { traffic: [{} as Plan["traffic"][number]] }, "policy.traffic"],
    ["tracked connections", { connections: [{ interface: "back", mark: 1 }] }, "policy.trackConnections"],
    [
      "an identity",
      { identity: { addresses: ["192.0.2.1"] } as unknown as Plan["identity"] },
      "policy.identity",
    ],
    ["a device without a name", { interfaces: [{ ...PLAN.interfaces[0], match: {} }] }, "interfaces"],
  ])("is refused by name where networkd has no word for it: %s", (_, change, field) => {
    const refused = (): unknown => networkdFiles({ ...PLAN, ...change });
    expect(refused).toThrow(SpecError);
    expect(refused).toThrow(new RegExp(`^systemd-networkd: 1 problem\\n {2}- ${field}: .*\\. .*\\.$`));
  });

  test.each(["", "ens5.network", "../@.network", "@", "a/@.network", "@@.network", "@.netdev", ".@.network"])(
    "refuses %j for the name of its files",
    (file) => {
      expect(() => networkdFiles(planHost(HOST), file)).toThrow(/--network-file: got/);
    },
  );
});

function proofOf(
  host: ReturnType<typeof normalize>,
  change: (files: readonly RenderedFile[]) => readonly RenderedFile[],
): ReturnType<typeof proveStaged> {
  const devices = Object.fromEntries(host.interfaces.map(({ name, match }) => [name, match.ifname!]));
  const intent = intentOf(host, devices);
  const before = hostState(intent);
  const steps = batchOf(change(networkdFiles(buildPlan(host), "@.network")));
  const state = steps.reduce((made, { family, text }) => applyBatch(made, family, text), before);
  return proveStaged({ name: host.name, intent, before, state, steps, worlds: [] });
}
