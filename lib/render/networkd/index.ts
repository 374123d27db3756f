import { BAND_START } from "../../model/numbers";
import { Issue, SpecError, shown } from "../../model/issue";
import { Plan, PlanInterface } from "../../model/plan";
import { FAMILIES } from "../../net/address";
import { RenderedFile } from "../file";
import { nameToken, numberToken, pathToken } from "../token";
import { flatRules, sourcesOf } from "./flatten";
import { networkdIssues } from "./limits";
import { Places, Section, addressSection, routeSection, ruleSection, sectionText } from "./sections";

/** As netplan names the files that it writes for systemd-networkd. */
export const DEFAULT_NETWORK_FILE = "10-netplan-@.network";

/**
 * The plan in systemd-networkd's own words: a drop-in for the `.network` file of each interface, and the settings of
 * the kernel for which networkd has no word. Needs systemd 250, which first knew SuppressInterfaceGroup.
 *
 * Rules are a flat list, since networkd has no jumps; everything else is as in the program's first generation. networkd
 * puts back what is its own, so nothing of ours has to run on the host; but it changes rule by rule, without a check,
 * and without a way back.
 *
 * @param networkFile name of the `.network` file that configures a device now, "@" for the device
 * @throws SpecError listing what of the plan networkd cannot express
 * @example networkdFiles(plan).map(({ path }) => path)
 *   // ["etc/sysctl.d/50-multihome.conf", "etc/systemd/network/10-netplan-ens5.network.d/50-multihome.conf", …]
 */
export function networkdFiles(plan: Plan, networkFile: string = DEFAULT_NETWORK_FILE): RenderedFile[] {
  const issues = [...networkdIssues(plan), ...patternIssues(networkFile, plan.interfaces.length)];
  if (issues.length > 0) throw new SpecError("systemd-networkd", issues);
  const devices = new Map(plan.interfaces.map(({ name, match }) => [name, nameToken(match.ifname ?? "")]));
  const slots = new Map(plan.interfaces.map(({ name, slot }) => [name, slot]));
  const known = <T>(map: ReadonlyMap<string, T>, name: string): T => {
    const value = map.get(name);
    if (value === undefined) throw new Error(`the plan has no interface ${name}`);
    return value;
  };
  const places: Places = {
    device: (name) => known(devices, name),
    table: (name) => plan.numbers.tableBase + 2 * known(slots, name),
    priority: (offset) => plan.numbers.priorityBase + BAND_START[0] + offset,
  };
  const drops = plan.interfaces.map((iface) => {
    const file = networkFile.replace("@", places.device(iface.name));
    const text = sectionsOf(plan, iface, places).map(sectionText).join("\n");
    return { path: `etc/systemd/network/${file}.d/50-multihome.conf`, text, mode: 0o644 };
  });
  return [...settings(plan, places), ...drops].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function sectionsOf(plan: Plan, iface: PlanInterface, places: Places): Section[] {
  const { name, addresses } = iface;
  const bare = addresses.map((address) => address.slice(0, address.indexOf("/")));
  return [
    ["Link", `Group=${numberToken(plan.numbers.group)}`],
    ...FAMILIES.flatMap((family) =>
      // The first of a family is what the link's own configuration brings.
      bare.filter((address) => address.includes(":") === (family === 6)).slice(1),
    ).map(addressSection),
    ...FAMILIES.flatMap((family) => {
      const { routes } = family === 4 ? plan.ipv4 : plan.ipv6;
      const own = new Set(sourcesOf(iface, family));
      return [
        ...routes
          .filter((route) => (route.dev ?? route.table) === name)
          .map((route) => routeSection(route, family, plan.numbers, places)),
        ...flatRules(plan, family)
          .filter(({ from, oif }) => (from === undefined ? oif === name : own.has(from)))
          .map((rule) => ruleSection(rule, family, plan.numbers, places)),
      ];
    }),
  ];
}

/** systemd-sysctl sets them at boot and whenever a device comes; unlike the program it does not look what is set. */
function settings(plan: Plan, places: Places): RenderedFile[] {
  if (plan.sysctls.length === 0) return [];
  const lines = plan.sysctls.map(({ interface: name, key, atLeast }) => {
    const [before, ...after] = pathToken(key).split("@");
    return `net/${[before, ...after].join(places.device(name))} = ${numberToken(atLeast)}\n`;
  });
  return [{ path: "etc/sysctl.d/50-multihome.conf", text: lines.join(""), mode: 0o644 }];
}

function patternIssues(pattern: string, interfaces: number): Issue[] {
  const fits = /^[A-Za-z0-9._-]*@?[A-Za-z0-9._-]*\.network$/.test(pattern) && !pattern.startsWith(".");
  if (fits && (pattern.includes("@") || interfaces === 1)) return [];
  return [
    {
      path: "--network-file",
      problem: `got ${shown(pattern)}`,
      fix: `Give the name of the .network file that "networkctl status DEVICE" shows, without its directory, with "@" for the device: ${DEFAULT_NETWORK_FILE}`,
    },
  ];
}
