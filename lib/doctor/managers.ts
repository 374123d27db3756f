import { LinuxState, Rule } from "../linux";
import { HostCapture, Trace } from "./capture";
import { isOurs } from "./ours";

/** A program that configures addresses, routes or rules on the host, with what its way of doing so leaves open. */
export interface Manager {
  readonly name: string;
  /** How it is known. */
  readonly evidence: string;
  /** What it does not do, or does to others. */
  readonly gaps: readonly string[];
}

interface Signature {
  readonly name: string;
  readonly trace?: Trace;
  /** A rule that only this program makes. */
  readonly rule?: (rule: Rule) => boolean;
  readonly link?: (link: LinuxState["links"][number]) => boolean;
  readonly gaps: (capture: HostCapture) => readonly string[];
}

/** Programs found on a host, by their rules and devices, and by what else the capture saw. */
export function managersOf(capture: HostCapture): Manager[] {
  const { state, traces } = capture;
  const rules = [...state.rules[4], ...state.rules[6]];
  return SIGNATURES.flatMap((signature) => {
    const rule = signature.rule === undefined ? undefined : rules.find(signature.rule);
    const link = signature.link === undefined ? undefined : state.links.find(signature.link);
    const seen = signature.trace !== undefined && traces?.has(signature.trace) === true;
    if (rule === undefined && link === undefined && !seen) return [];
    const evidence = [
      ...(rule === undefined ? [] : [`rules such as ${rule.priority}`]),
      ...(link === undefined ? [] : [`the device ${link.name}`]),
      ...(seen ? ["its files"] : []),
    ].join(", ");
    return [{ name: signature.name, evidence, gaps: signature.gaps(capture) }];
  });
}

const table = (rule: Rule): number | undefined =>
  rule.action.kind === "lookup" ? rule.action.table : undefined;
const within = (n: number, low: number, high: number): boolean => n >= low && n <= high;
const marked = (rule: Rule, value: number): boolean => rule.mark?.value === value;

/** Facts about each are from its source and its issues; see docs/verification-peers.md for what was measured. */
const SIGNATURES: readonly Signature[] = [
  {
    name: "multihome",
    rule: isOurs,
    gaps: () => [],
  },
  {
    name: "amazon-ec2-net-utils",
    trace: "ec2-net-utils",
    rule: (rule) =>
      rule.from !== undefined && table(rule) === rule.priority && within(rule.priority, 10_000, 11_999),
    gaps: () => [
      "has no rules for the primary interface, so its address answers neighbours of other interfaces past the gateways",
      "its tables know nothing of containers and tunnels",
      "deletes rules and routes that are not its own when it refreshes",
    ],
  },
  {
    name: "cloud-init",
    trace: "cloud-init",
    rule: (rule) =>
      rule.from !== undefined && within(table(rule) ?? 0, 101, 199) && within(rule.priority, 32_600, 32_765),
    gaps: ({ state }) =>
      state.rules[4].some((rule) => within(table(rule) ?? 0, 101, 199))
        ? [
            "has no rules for the primary interface",
            "gives secondary interfaces no IPv6 default in their tables",
            "does not know prefixes that are delegated to the host",
          ]
        : ["configures interfaces at first boot only, unless hotplug is enabled for it"],
  },
  {
    name: "nm-cloud-setup",
    trace: "nm-cloud-setup",
    // From 30400 on cloud-netconfig has rules as well.
    rule: (rule) => within(rule.priority, 30_200, 30_299) && table(rule) === rule.priority,
    gaps: () => [
      "does IPv4 only",
      "asks main's attached networks before an address's own gateway: neighbours of other interfaces are answered directly",
    ],
  },
  {
    name: "cloud-netconfig",
    trace: "cloud-netconfig",
    rule: (rule) => rule.priority === 30_399 && rule.suppressPrefixLength === 0,
    gaps: () => [
      "asks main's attached networks before an address's own gateway: neighbours of other interfaces are answered directly",
      "numbers its tables by interface index, which can change",
    ],
  },
  {
    name: "Google guest agent",
    trace: "google-guest-agent",
    gaps: () => ["configures secondary interfaces with no rules at all", "sets rp_filter=1"],
  },
  {
    name: "Amazon VPC CNI",
    trace: "vpc-cni",
    rule: (rule) => marked(rule, 0x80) && rule.mark?.mask === 0x80 && rule.priority === 1024,
    gaps: () => [
      "its tables for added interfaces know nothing of other containers and tunnels",
      "a socket bound to an added interface alone finds no gateway",
    ],
  },
  {
    name: "systemd-networkd",
    trace: "networkd",
    gaps: ({ traces }) =>
      traces?.has("networkd keeps foreign rules")
        ? ["deletes the routes of an interface from every table when it reconfigures it"]
        : [
            "deletes all rules that are not its own whenever it reconfigures any interface; set ManageForeignRoutingPolicyRules=no in networkd.conf",
            "deletes the routes of an interface from every table when it reconfigures it",
          ],
  },
  {
    name: "NetworkManager",
    trace: "NetworkManager",
    gaps: () => [
      "makes one default route an interface, in main, and no rules of its own accord",
      "replaces an interface's routes when it is reapplied",
    ],
  },
  {
    name: "Docker",
    trace: "docker",
    link: ({ name, kind }) => kind === "bridge" && /^(docker[0-9]+|br-[0-9a-f]{12})$/.test(name),
    gaps: () => ["its networks are in main alone: rules that do not ask main first lose them"],
  },
  {
    name: "Tailscale",
    trace: "tailscale",
    link: ({ name }) => /^tailscale[0-9]+$/.test(name),
    rule: (rule) => within(rule.priority, 5_210, 5_270) && table(rule) === 52,
    gaps: () => [
      "its rules come before all that have a higher number, ours included; with an exit node it takes all traffic",
    ],
  },
  {
    name: "WireGuard",
    link: ({ kind }) => kind === "wireguard",
    rule: (rule) => rule.not && rule.mark !== undefined && table(rule) === 51_820,
    gaps: ({ state }) =>
      [...state.rules[4], ...state.rules[6]].some((rule) => table(rule) === 51_820)
        ? [
            "a full tunnel: wg-quick's rule without a priority lands in front of rules that were there, and takes all traffic",
          ]
        : [],
  },
];
