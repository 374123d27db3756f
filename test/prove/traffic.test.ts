import { HostSpec, Otherwise, PolicySpec, TrafficSpec } from "../../lib/model";
import { buildPlan, normalize } from "../../lib/plan";
import { proveStaged, stageHost, stagePlan } from "../../lib/prove/staged";

/** Plans with traffic policies, proved: hosts on which campaigns of random ones have found something, and large ones. */

const host = (policy: PolicySpec): HostSpec => ({
  name: "edge",
  interfaces: ["a", "b", "c"].map((name, i) => ({
    name,
    addresses: [`10.${i + 1}.0.10/24`, `fd00:${i + 1}::10/64`],
    gateways: [`10.${i + 1}.0.1`, `fd00:${i + 1}::1`],
  })),
  policy,
});

const proved = (...traffic: TrafficSpec[]) => proveStaged(stageHost(host({ traffic })));

test("a policy may take what main has behind containers; the source then is that of the way it takes", () => {
  // The bridge of containers is fd00:c0de::/64.
  const { verdict, results } = proved(
    { name: "marked", to: ["fd00::/16"], marks: ["0x10/0xf0"], use: ["c"] },
    { name: "inside", to: ["fd00::/16"], use: ["b"] },
  );
  expect(results.flatMap(({ witnesses }) => witnesses.map(({ packet }) => packet))).toEqual([]);
  expect(verdict).toBe("proved");
});

test("the answer of the host itself, which the reverse path check asks for, is of a user that a policy may select", () => {
  expect(proved({ name: "root", users: [0], use: ["c", "a"], beforeSources: true }).verdict).toBe("proved");
});

test("dozens of policies with selectors of every kind are proved, none given up; one rule less, and it is seen", () => {
  const traffic = Array.from({ length: 20 }, (_, i): TrafficSpec => ({
    name: `p${i}`,
    to: [`198.51.${i}.0/24`, `2001:db8:${i}::/48`],
    protocol: i % 2 === 0 ? "tcp" : "udp",
    destinationPorts: [10 * i + 1, `${1000 + 10 * i}-${1009 + 10 * i}`],
    marks: [`0x${(i + 1).toString(16)}/0xff`],
    users: [1000 + i],
    use: i % 3 === 0 ? ["a"] : ["b", "c"],
    otherwise: Object.values(Otherwise)[i % 4],
  }));
  const right = normalize(host({ traffic }));
  const plan = buildPlan(right);
  const options = { properties: ["P1", "P4", "P7", "P11"] as const };
  expect(proveStaged(stagePlan(plan, right), options)).toMatchObject({ verdict: "proved", reasons: [] });
  const at = plan.ipv4.rules.findIndex(({ action }) => action.kind === "prohibit");
  const rules = plan.ipv4.rules.filter((_, i) => i !== at);
  const wrong = { ...plan, ipv4: { ...plan.ipv4, rules } };
  const { verdict, results } = proveStaged(stagePlan(wrong, right), options);
  expect(verdict).toBe("witness");
  expect(results.filter((r) => r.verdict === "witness").map((r) => `${r.property}/${r.family}`)).toContain("P11/4");
}); // prettier-ignore
