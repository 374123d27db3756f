import { Intent, IntentInterface, LinuxState, Proof, PropertyId, Rule, describeRule } from "../linux";
import { SpecError } from "../model/issue";
import { DEFAULT_NUMBERS } from "../model/numbers";
import { Plan } from "../model/plan";
import { HostSpec, InterfaceSpec } from "../model/spec";
import { Family, FAMILIES, formatAddress, isLinkLocal } from "../net/address";
import { contains, formatPrefix, prefixOf, samePrefix } from "../net/prefix";
import { planHost } from "../plan";
import { proveStaged, stageOn } from "../prove/staged";
import { withoutOurs } from "./ours";

/** The HOST.json that would make a host right, tried on the host's own state. */
export interface Cure {
  readonly spec: HostSpec;
  /** Rules of others that stand in front of ours and take what is ours: they have to go first. */
  readonly remove: readonly string[];
  /** Whether the host with this plan on it, and without those rules, is proved symmetric. */
  readonly verdict: Proof["verdict"];
  /** Why not, or why no plan can be made of it. */
  readonly problems: readonly string[];
}

const CURED: readonly PropertyId[] = ["P1", "P2", "P3", "P4", "P5", "P6"];

/** Proposes a host and proves what would become of it; in place of what a program of ours has put on it before. */
export function findCure(before: LinuxState, intent: Intent, name: string): Cure {
  const state = withoutOurs(before);
  const spec = proposeHost(state, intent, name);
  try {
    return tried(state, intent, spec, planHost(spec));
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const problems = error.issues.map(({ path, problem, fix }) => `${path}: ${problem}. ${fix}.`);
    return { spec, remove: [], verdict: "unknown", problems };
  }
}

function tried(state: LinuxState, intent: Intent, spec: HostSpec, plan: Plan): Cure {
  const named = intent.interfaces.map((iface, i) => ({ ...iface, name: spec.interfaces[i].name }));
  const devices = Object.fromEntries(named.map(({ name, device }) => [name, device]));
  const without = (gone: ReadonlySet<Rule>): LinuxState => ({
    ...state,
    rules: {
      4: state.rules[4].filter((rule) => !gone.has(rule)),
      6: state.rules[6].filter((rule) => !gone.has(rule)),
    },
  });
  const gone = new Set<Rule>();
  for (;;) {
    const staged = stageOn(without(gone), plan, { ...intent, interfaces: named }, devices);
    const proof = proveStaged(staged, { properties: CURED });
    const inTheWay = proof.results
      .flatMap(({ witnesses }) => witnesses.map(({ outcome }) => outcome))
      .flatMap((outcome) => (outcome?.kind === "route" && outcome.rule !== undefined ? [outcome.rule] : []))
      .filter(({ priority }) => priority > 0 && priority < DEFAULT_NUMBERS.priorityBase);
    if (inTheWay.length === 0) return report(spec, gone, proof, state);
    inTheWay.forEach((rule) => gone.add(rule));
  }
}

function report(spec: HostSpec, gone: ReadonlySet<Rule>, proof: Proof, state: LinuxState): Cure {
  const remove = ([4, 6] as const).flatMap((family) =>
    state.rules[family]
      .filter((rule) => gone.has(rule))
      .map((rule) => `ip -${family} rule del priority ${describeRule(rule).replace(":", "")}`),
  );
  const shown = proof.results.flatMap(({ witnesses }) =>
    witnesses.map(({ packet, got }) => `${packet}: ${got}`),
  );
  const unsure = proof.verdict === "unknown" ? proof.reasons : [];
  const problems = [...temporary(state), ...new Set(shown), ...unsure];
  return { spec, remove, verdict: proof.verdict, problems };
}

/**
 * The host as its owner could write it for us: what its own dumps say of its interfaces. It is found by link-layer
 * address and by address where there are such, and never by the name of the device alone, which can change.
 */
function proposeHost(state: LinuxState, intent: Intent, name: string): HostSpec {
  return {
    name: validName(name, "this-host"),
    interfaces: intent.interfaces.map((iface) => proposeInterface(state, iface)),
  };
}

function proposeInterface(state: LinuxState, iface: IntentInterface): InterfaceSpec {
  const mac = state.links.find(({ name }) => name === iface.device)?.mac;
  const lasting = iface.addresses.filter(({ address }) => !isPassing(state, address.value));
  const addresses = lasting.map(({ address, length }) => `${formatAddress(address)}/${length}`);
  const gateways = FAMILIES.flatMap((family) => gatewayOf({ ...iface, addresses: lasting }, family) ?? []);
  const implied = lasting.map(({ address, length }) => prefixOf(address, length));
  const subnets = iface.subnets.filter((subnet) => !implied.some((one) => samePrefix(one, subnet)));
  const unique = mac !== undefined && state.links.filter((link) => link.mac === mac).length === 1;
  return {
    name: validName(iface.device, `nic-${iface.device.replace(/[^A-Za-z0-9._-]/g, "-")}`),
    ...(unique && { match: { mac } }),
    addresses,
    ...(gateways.length > 0 && { gateways }),
    ...(subnets.length > 0 && { subnets: subnets.map(formatPrefix) }),
    ...(iface.routes.length > 0 && {
      routes: iface.routes.map(({ to, via }) => ({
        to: formatPrefix(to),
        ...(via && { via: formatAddress(via) }),
      })),
    }),
  };
}

function temporary({ addresses }: LinuxState): string[] {
  return addresses
    .filter(({ address, secondary }) => address.family === 6 && secondary)
    .map(
      ({ address, link }) =>
        `${formatAddress(address)} is temporary (RFC 8981), and no plan can hold it: set use_tempaddr=0 on ${link}`,
    );
}

/** An address that comes and goes by itself (RFC 8981): nothing to plan with. */
function isPassing(state: LinuxState, value: bigint): boolean {
  return state.addresses.some(
    ({ address, secondary }) => address.family === 6 && address.value === value && secondary,
  );
}

function gatewayOf(
  iface: IntentInterface,
  family: Family,
): NonNullable<InterfaceSpec["gateways"]>[number] | undefined {
  const gateway = iface.gateways[family];
  if (gateway === undefined || !iface.addresses.some(({ address }) => address.family === family))
    return undefined;
  const text = formatAddress(gateway);
  const reachable = isLinkLocal(gateway) || iface.subnets.some((subnet) => contains(subnet, gateway));
  return reachable ? text : { address: text, onLink: true };
}

function validName(name: string, otherwise: string): string {
  return /^[A-Za-z][A-Za-z0-9._-]{0,30}$/.test(name) ? name : otherwise;
}
