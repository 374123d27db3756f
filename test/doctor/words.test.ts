import { explain } from "../../lib/doctor/words";
import { LinuxState } from "../../lib/linux";
import { DEFAULTS, diagnosed } from "./support";

/** What is said of a flow: of each way what is true of it, and no more. */

const ONE = { eth0: ["10.0.1.10/24"] };
const FOUR = "route add default via 10.0.1.1 dev eth0";

/** A host whose setting was not read, since the capture's user could not, or whose kernel has none such. */
const unread = (state: LinuxState): LinuxState => {
  const { "ipv4/conf/all/rp_filter": _, ...sysctls } = state.sysctls;
  return { ...state, sysctls };
};

test("where the way in alone is unknown, the way out is said to be right, and nothing to be refused", () => {
  const { findings, intent, verdict } = diagnosed({ devices: ONE, four: FOUR, edit: unread });
  expect(verdict).toBe("unknown");
  const { cause, comesIn, goesOut, why, firewalls } = explain(findings[0], intent);
  expect(cause).toBe("unknown on arrival");
  expect(comesIn).toContain("whether it is accepted is unknown: sysctl rp_filter of eth0 was not read");
  expect(goesOut).toBe("The answer goes by eth0 via 10.0.1.1, as it should.");
  expect(why).toBe("The way out is right; only of what comes in by eth0 it is unknown.");
  expect(firewalls).toBe("What firewalls see depends on what is unknown.");
});

test("where the way in alone is wrong, the way out is said to be right", () => {
  const refused = "rule add priority 50 iif eth0 to 10.0.1.10 blackhole\nrule del priority 0\nrule add priority 60 lookup local";
  const { findings, intent } = diagnosed({ devices: ONE, four: `${FOUR}\n${refused}` });
  const [first] = findings;
  expect(first.verdict).toBe("dropped");
  const { cause, goesOut } = explain(first, intent);
  expect(cause).toBe("only refused on arrival");
  expect(first.example.inward?.outcome).toMatchObject({ kind: "error", rule: { priority: 50 } });
  expect(goesOut).toMatch(/^The answer would go by eth0 .*, as it should\.$/);
}); // prettier-ignore

test("where the way out is unknown, no rule is said to be missing, and no firewall to see nothing", () => {
  const later = (state: LinuxState): LinuxState => ({
    ...state,
    rules: { ...state.rules, 4: state.rules[4].map((r) => (r.priority === 50 ? { ...r, unmodelled: ["flowlabel"] } : r)) },
  });
  const { findings, intent } = diagnosed({ four: `${DEFAULTS}rule add priority 50 lookup main`, edit: later });
  const { cause, goesOut, why, firewalls } = explain(findings[0], intent);
  expect(cause).toBe("unknown way");
  expect(goesOut).toMatch(/^Which way it goes is unknown: /);
  expect(why).toBe("What decides about it was not read, or is not understood here.");
  expect(firewalls).toBe("What firewalls see depends on what is unknown.");
}); // prettier-ignore

test("of an answer that never leaves firewalls see the request", () => {
  const { findings, intent } = diagnosed({ devices: ONE, four: `${FOUR}\nrule add priority 50 from 10.0.1.10 unreachable` });
  const said = findings.map((finding) => ({ kind: finding.kind, ...explain(finding, intent) }));
  expect(said.find(({ kind }) => kind === "reply")).toMatchObject({
    cause: "no way",
    why: "A rule refuses it (rule 50: from 10.0.1.10 unreachable).",
    firewalls: "Firewalls see requests and never an answer: none leaves the host.",
  });
}); // prettier-ignore

test("what a loose reverse path check drops is not held to the device it came in by", () => {
  const refused = "rule add priority 50 from 10.0.1.10 blackhole";
  const filtered = (filter: number) => (state: LinuxState): LinuxState => ({
    ...state,
    sysctls: { ...state.sysctls, "ipv4/conf/eth0/rp_filter": filter },
  });
  const said = [1, 2].map((filter) => {
    const { findings, intent } = diagnosed({ devices: ONE, four: `${FOUR}\n${refused}`, edit: filtered(filter) });
    return explain(findings[0], intent).comesIn;
  });
  expect(said[0]).toMatch(/drops it, without a word: with rp_filter=1 a packet must come in by the device that an answer/);
  expect(said[1]).toMatch(/drops it, without a word: with rp_filter=2 the host must have some way for an answer to it\.$/);
}); // prettier-ignore
