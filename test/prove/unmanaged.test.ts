import { HostSpec, IdentityProtocol, Plan, PolicySpec, TrafficSpec } from "../../lib/model";
import { buildPlan, normalize } from "../../lib/plan";
import {
  allProved,
  proveStaged,
  proveWorlds,
  stageHost,
  stagePlan,
  stageProgram,
} from "../../lib/prove/staged";
import { renderProgram } from "../../lib/render";

/** Hosts that ignore what main routes through what is not managed. The staged host has a bridge, 172.17.0.0/16. */

const host = (policy: PolicySpec): HostSpec => ({
  name: "edge",
  interfaces: ["a", "b", "c"].map((name, i) => ({
    name,
    match: { ifname: `eth${i}` },
    addresses: [`10.${i + 1}.0.10/24`, `fd00:${i + 1}::10/64`],
    gateways: [`10.${i + 1}.0.1`, `fd00:${i + 1}::1`],
  })),
  policy,
});
const IGNORE: PolicySpec = { unmanagedRoutes: "ignore" };
const TRAFFIC: TrafficSpec[] = [
  { name: "early", use: ["b", "c"], from: ["10.1.0.0/24"], destinationPorts: [873], protocol: "tcp", beforeSources: true },
  { name: "late", use: ["c"], marks: ["0x10/0xf0"] },
]; // prettier-ignore
const plan = (policy: PolicySpec): Plan => buildPlan(normalize(host(policy)));

test.each<[string, PolicySpec]>([
  ["nothing else", {}],
  ["direct ways", { onLink: "direct" }],
  ["the strong host model", { hostModel: "strong" }],
  ["traffic policies", { traffic: TRAFFIC }],
  ["tracked connections", { trackConnections: true }],
  ["an identity", { identity: { addresses: ["192.0.2.7/32"], protocol: IdentityProtocol.Ospf } }],
  ["worlds", { worlds: [{ name: "w", kind: "netns", interfaces: ["c"] }] }],
])("what is not managed is ignored for every packet, with %s", (_, policy) => {
  const spec = host({ ...policy, ...IGNORE });
  expect(allProved(proveWorlds(stageHost(spec)))).toBe(true);
  // From its own text alone, which says that it is ignored, but nothing of policies.
  if (policy.traffic !== undefined) return;
  expect(allProved(proveWorlds(stageProgram(renderProgram(buildPlan(normalize(spec))))))).toBe(true);
});

/** Properties that fail, with a packet of each. */
function witnesses(staged: ReturnType<typeof stageHost>): Record<string, string> {
  const { results } = proveStaged(staged, { properties: ["P1", "P3", "P6", "P11"] });
  const failing = results.filter(({ verdict, family }) => verdict === "witness" && family === 4);
  return Object.fromEntries(failing.map((r) => [r.property, r.witnesses[0].packet]));
}

test("a plan that follows main all the same is disproved by a packet to what is behind the bridge", () => {
  const found = witnesses(stagePlan(plan({}), normalize(host(IGNORE))));
  expect(Object.keys(found)).toEqual(["P1", "P3", "P6"]);
  expect(found["P1"]).toMatch(/^10\.\d\.0\.10 -> 172\.17\./);
  const { unmanagedRoutes } = plan(IGNORE);
  const lying = renderProgram({ ...plan({}), unmanagedRoutes });
  expect(Object.keys(witnesses(stageProgram(lying)))).toEqual(["P1", "P3", "P6"]);
});

test("a plan that ignores it where it is to be followed is disproved, too", () => {
  const found = witnesses(stagePlan(plan(IGNORE), normalize(host({}))));
  expect(found["P1"]).toMatch(/^10\.\d\.0\.10 -> 172\.17\./);
});

/** A policy's block is at the priority after its guard's, or at that; "main" is its first rule. */
const mainOf = (made: Plan): number =>
  made.ipv4.rules.findIndex(
    ({ priority, action }) => action.kind === "main" && (priority < 8 || priority > 1420),
  );

test("a policy about sources that leaves to main what is behind the bridge is disproved, and one that does not is not", () => {
  const traffic: TrafficSpec[] = [{ name: "all", use: ["b"], marks: ["1"], beforeSources: true }];
  expect(mainOf(plan({ traffic }))).toBeGreaterThan(0);
  expect(mainOf(plan({ traffic, ...IGNORE }))).toBe(-1);
  const wrong = stagePlan(plan({ traffic }), normalize(host({ traffic, ...IGNORE })));
  expect(witnesses(wrong)["P11"]).toMatch(/ 172\.17\./);
  expect(witnesses(stageHost(host({ traffic, ...IGNORE })))).toEqual({});
});

test("a policy about others leaves to main what is behind the bridge all the same, and is disproved if it does not", () => {
  // Else what the host itself sends to its containers, with the address of the bridge, would leave by the policy's way.
  const traffic: TrafficSpec[] = [{ name: "containers", use: ["b"], from: ["172.17.0.0/16"] }];
  const made = plan({ traffic, ...IGNORE });
  const at = mainOf(made);
  expect(at).toBeGreaterThan(0);
  const right = normalize(host({ traffic, ...IGNORE }));
  expect(allProved([proveStaged(stagePlan(made, right))])).toBe(true);
  const { rules } = made.ipv4;
  const wrong = { ...made, ipv4: { ...made.ipv4, rules: rules.filter((_, i) => i !== at) } };
  expect(proveStaged(stagePlan(wrong, right)).verdict).toBe("witness");
});

test("an identity that leaves by the bridge is disproved", () => {
  const identity: PolicySpec["identity"] = { addresses: ["192.0.2.7/32"], protocol: IdentityProtocol.Ospf };
  const ignoring = plan({ identity, ...IGNORE });
  const { rules } = ignoring.ipv4;
  const own = plan({ identity }).ipv4.rules.filter(({ from }) => from === "192.0.2.7/32");
  const at = rules.findIndex(({ from }) => from === "192.0.2.7/32");
  const strayed = [...rules.slice(0, at), ...own, ...rules.slice(at + own.length - 1)];
  const wrong = { ...ignoring, ipv4: { ...ignoring.ipv4, rules: strayed } };
  const right = normalize(host({ identity, ...IGNORE }));
  expect(witnesses(stagePlan(wrong, right))["P1"]).toMatch(/^192\.0\.2\.7 -> 172\.17\./);
  expect(witnesses(stagePlan(ignoring, right))).toEqual({});
});
