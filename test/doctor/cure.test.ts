import { LinuxState, applyBatch } from "../../lib/linux";
import { HostSpec } from "../../lib/model";
import { normalize, planHost } from "../../lib/plan";
import { diagnose } from "../../lib/doctor/diagnose";
import { intentOf } from "../../lib/prove/intent";
import { stageOn } from "../../lib/prove/staged";
import { DEFAULTS, diagnosed, met } from "./support";

/** The host that the doctor proposes, tried on the host's own state. */

/** The state after the program of a host is on it. */
function withProgram(state: LinuxState, spec: HostSpec): LinuxState {
  const host = normalize(spec);
  const devices = Object.fromEntries(host.interfaces.map(({ name }) => [name, name]));
  return stageOn(state, planHost(spec), intentOf(host, devices), devices).state;
}

test.each([
  ["two gateways", DEFAULTS],
  ["one gateway, and a network of storage", "route add default via 10.0.1.1 dev eth0"],
  ["a further router, in main", `${DEFAULTS}route add 172.16.0.0/12 via 10.0.2.254 dev eth1`],
])("cures a host with %s, of which the doctor then has nothing to say", (_, four) => {
  const state = met({ four });
  const { verdict, cure } = diagnose({ state });
  expect([verdict, cure?.verdict, cure?.remove]).toEqual(["asymmetric", "proved", []]);
  const after = diagnose({ state: withProgram(state, cure!.spec) });
  expect(after).toMatchObject({ verdict: "symmetric", findings: [], remarks: [] });
  expect(after.managers.map(({ name }) => name)).toEqual(["multihome"]);
});

test("cures a host that has a program of ours already, from whose rules somebody has taken some, or put one before them", () => {
  const state = met({ four: DEFAULTS });
  const right = withProgram(state, diagnose({ state }).cure!.spec);
  const before = applyBatch(right, 4, "rule add priority 5000 lookup main");
  const { verdict, cure } = diagnose({ state: before });
  expect([verdict, cure?.verdict, cure?.problems]).toEqual(["asymmetric", "proved", []]);
  expect(cure?.remove).toEqual(["ip -4 rule del priority 5000 from all lookup main"]);
  const rules = right.rules[4].filter(({ action, origin }) => origin !== 77 || action.kind !== "lookup");
  const lacking = diagnose({ state: { ...right, rules: { ...right.rules, 4: rules } } });
  expect([lacking.verdict, lacking.cure?.verdict, lacking.cure?.remove]).toEqual(["asymmetric", "proved", []]);
}); // prettier-ignore

test("says why a host with a temporary address of IPv6 cannot be cured, and what to do", () => {
  const devices = { eth0: ["2001:db8:1::10/64"], eth1: ["2001:db8:2::10/64", "2001:db8:2::99/64"] };
  const six = "route add default via fe80::1 dev eth0\nroute add default via fe80::1 dev eth1 metric 2000";
  const edit = (state: LinuxState): LinuxState => ({
    ...state,
    addresses: state.addresses.map((one) => ({ ...one, secondary: (one.address.value & 0xffn) === 0x99n })),
  });
  const { cure } = diagnosed({ devices, six, edit });
  expect(cure?.verdict).toBe("witness");
  expect(cure?.spec.interfaces[1].addresses).toEqual(["2001:db8:2::10/64"]);
  expect(cure?.problems[0]).toBe(
    "2001:db8:2::99 is temporary (RFC 8981), and no plan can hold it: set use_tempaddr=0 on eth1",
  );
});
