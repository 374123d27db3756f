import { diagnosisText } from "../../lib/cli/doctorText";
import { LinuxState } from "../../lib/linux";
import { BY_SOURCE, DEFAULTS, Met, diagnosed } from "../doctor/support";

/** What stands at the head of a diagnosis, and holds of it alone. */

const told = (host: Met): string => diagnosisText(diagnosed(host));
const headOf = (text: string): string => text.split("\n\n")[0].replace(/\s+/g, " ").trim();

const edited =
  (name: string, change: object): Met["edit"] =>
  (state: LinuxState) => ({
    ...state,
    links: state.links.map((link) => (link.name === name ? { ...link, ...change } : link)),
  });

test("flows that go wrong are counted, and no others", () => {
  expect(headOf(told({ four: DEFAULTS }))).toBe(
    "edge: not symmetric. 3 kinds of flow go wrong; 21 flows were followed.",
  );
});

test("where the proof alone knows packets that go wrong, no flow is said to", () => {
  const text = told({ four: `${DEFAULTS}${BY_SOURCE}` });
  expect(headOf(text)).toBe(
    "edge: not symmetric. All flows that were followed (21) go right, but by proof other packets do not.",
  );
  expect(text).toContain("By proof, for packets that none of the usual flows is:");
});

test("flows of which nothing is known are not counted among those that go wrong, and hide no packet that the proof has found", () => {
  const unread = ({ sysctls: { "ipv4/conf/all/rp_filter": _, ...sysctls }, ...rest }: LinuxState): LinuxState => ({
    ...rest,
    sysctls,
  });
  const { four, edit } = { four: `${DEFAULTS}${BY_SOURCE}`, edit: unread };
  expect(diagnosed({ four, edit }).verdict).toBe("asymmetric");
  const text = told({ four, edit });
  expect(headOf(text)).toMatch(
    /^edge: not symmetric\. No flow that was followed \(21\) is known to go wrong, but by proof other packets do\. Of \d+ kinds it is unknown\.$/,
  );
  expect(text).toContain("By proof, for packets that none of the usual flows is:");
}); // prettier-ignore

test("a host without an interface is not said to be right", () => {
  const nothing = { devices: { eth0: [] } };
  expect(diagnosed(nothing).verdict).toBe("unknown");
  expect(headOf(told(nothing))).toBe(
    "edge: unknown. Nothing was found to judge: - no device has both an address and a gateway, and no network card has " +
      "an address",
  );
});

test("links that carry nothing are told of, an interface's or not, and those of bridges without ports are none", () => {
  const devices = { eth0: ["10.0.1.10/24"], eth1: ["10.0.2.10/24"], docker0: ["172.17.0.1/16"] };
  const host = { devices, kinds: { eth1: "veth", docker0: "bridge" }, four: "route add default via 10.0.1.1 dev eth0" };
  const notes = (edit: Met["edit"]): string => diagnosed({ ...host, edit }).notes.join("\n");
  expect(notes(undefined)).toBe("");
  expect(notes(edited("docker0", { carrier: false }))).toBe("");
  expect(notes(edited("eth0", { carrier: false }))).toMatch(/^eth0 has no carrier: nothing comes or goes by it now/);
  expect(notes(edited("eth1", { up: false, carrier: false }))).toMatch(/^eth1 is down, and the kernel has taken its routes away/);
  expect(told({ ...host, edit: edited("eth0", { carrier: false }) })).toContain("note: eth0 has no carrier");
}); // prettier-ignore
