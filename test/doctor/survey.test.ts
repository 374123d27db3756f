import { formatAddress, formatPrefix } from "../../lib/net";
import { survey } from "../../lib/doctor/survey";
import { BY_SOURCE, DEFAULTS, Met, diagnosed, met } from "./support";

/** What the doctor takes for a host's own interfaces and their ways. */

const MAIN = "route add default via 10.0.1.1 dev eth0";
const interfaces = (host: Met): string[] => survey(met(host)).intent.interfaces.map(({ name }) => name);
const routes = (four: string): string[] =>
  survey(met({ four })).intent.interfaces.flatMap((iface) =>
    iface.routes.map(({ to, via }) => `${iface.name} ${formatPrefix(to)} ${formatAddress(via!)}`),
  );

test.each<[string, Met, string[]]>([
  ["a network card", {}, ["eth0", "eth1"]],
  ["a bond", { kinds: { eth1: "bond" } }, ["eth0", "eth1"]],
  ["a VLAN", { kinds: { eth1: "vlan" } }, ["eth0", "eth1"]],
  ["a team", { kinds: { eth1: "team" } }, ["eth0", "eth1"]],
  ["a bridge of containers", { kinds: { eth1: "bridge" } }, ["eth0"]],
  ["a tunnel", { kinds: { eth1: "wireguard" } }, ["eth0"]],
])("%s with an address and no gateway: the interfaces are %j", (_, host, want) => {
  expect(interfaces({ four: MAIN, ...host })).toEqual(want);
});

test.each<[string | undefined, string[]]>([
  [undefined, ["eth0", "br0"]],
  ["bond", ["eth0", "br0"]],
  ["veth", ["eth0"]],
])("a bridge whose port is a device of kind %s: the interfaces are %j", (kind, want) => {
  const devices = { eth0: ["10.0.1.10/24"], br0: ["10.0.2.10/24"], port: [] };
  const kinds = { br0: "bridge", ...(kind && { port: kind }) };
  const edit: Met["edit"] = (state) => ({
    ...state,
    links: state.links.map((link) => (link.name === "port" ? { ...link, master: "br0" } : link)),
  });
  expect(interfaces({ devices, kinds, four: MAIN, edit })).toEqual(want);
});

test("a route by another router counts where main has it, or the table that the interface's address takes", () => {
  const own = "route add 172.16.0.0/12 via 10.0.2.254 dev eth1 table 102";
  expect(routes(`${DEFAULTS}${BY_SOURCE}\n${own}`)).toEqual(["eth1 172.16.0.0/12 10.0.2.254"]);
  // What is bound to the device alone goes by main.
  const { findings } = diagnosed({ four: `${DEFAULTS}${BY_SOURCE}\n${own}` });
  expect(findings.filter(({ kind }) => kind !== "bound")).toEqual([]);
  // A table that its address does not take is somebody else's.
  expect(routes(`${DEFAULTS}\n${own}\nrule add priority 50 fwmark 7 lookup 102`)).toEqual([]);
  expect(routes(`${DEFAULTS}\n${own.replace("table 102", "")}`)).toEqual(["eth1 172.16.0.0/12 10.0.2.254"]);
  const both = `${own}\nroute add 172.16.0.0/12 via 10.0.2.7 dev eth1\nroute add 172.16.9.0/24 via 10.0.2.1 dev eth1`;
  expect(routes(`${DEFAULTS}${BY_SOURCE}\n${both}`)).toEqual(["eth1 172.16.0.0/12 10.0.2.254"]);
});
