import { Intent, LinuxState } from "../linux";
import { Host, HostInterface } from "../model/host";
import { Issue, SpecError, shown } from "../model/issue";
import { formatAddress, sameAddress } from "../net/address";
import { formatPrefix } from "../net/prefix";
import { Devices, intentOf } from "../prove/intent";
import { OtherDevice, Survey, UNMANAGED_LONGER_THAN, marksOf, othersOf } from "./survey";

/**
 * A host's description laid over its dumps: each interface is found as the program finds it, by its link-layer address,
 * device name or address, all of which must agree.
 *
 * @throws SpecError naming each interface that is not on the host
 */
export function bind(state: LinuxState, host: Host): Survey {
  const issues: Issue[] = [];
  const devices: Record<string, string> = {};
  for (const iface of host.interfaces) {
    const found = devicesOf(state, iface);
    if (found.length === 1) devices[iface.name] = found[0];
    else {
      const problem =
        found.length === 0
          ? `no device of the host that was read is ${wanted(iface)}`
          : `${found.join(" and ")} both are ${wanted(iface)}`;
      issues.push({
        // By its name: a host has its interfaces in another order than the file it was read from.
        path: `interface ${iface.name}, match`,
        problem,
        fix: "Read the host that is described, or correct match",
      });
    }
  }
  if (issues.length > 0) throw new SpecError(`host ${shown(host.name)}`, issues);
  const intent: Intent = {
    ...intentOf(host, devices as Devices),
    unmanagedLongerThan: UNMANAGED_LONGER_THAN,
    foreignMarks: marksOf(state),
  };
  const others = othersOf(state, Object.values(devices));
  if (intent.unmanagedRoutes !== "ignore") return { intent, others, notes: [] };
  return { intent, others: [], notes: others.map(ignored) };
}

function ignored({ device, reaches }: OtherDevice): string {
  const [first, ...more] = reaches.map(formatPrefix);
  return (
    `${device} leads to ${first}${more.length === 0 ? "" : ` and ${more.length} more`}, which nothing from the interfaces' ` +
    `addresses reaches: policy.unmanagedRoutes is "ignore"`
  );
}

function devicesOf(state: LinuxState, { match }: HostInterface): string[] {
  return state.links
    .filter(({ loopback }) => !loopback)
    .filter(({ mac }) => match.mac === undefined || mac === match.mac)
    .filter(({ name }) => match.ifname === undefined || name === match.ifname)
    .map(({ name }) => name)
    .filter(
      (name) =>
        match.address === undefined ||
        state.addresses.some(({ link, address }) => link === name && sameAddress(address, match.address!)),
    );
}

function wanted({ match }: HostInterface): string {
  return [
    ...(match.mac === undefined ? [] : [`the one with the MAC ${match.mac}`]),
    ...(match.ifname === undefined ? [] : [`called ${shown(match.ifname)}`]),
    ...(match.address === undefined ? [] : [`the one that carries ${formatAddress(match.address)}`]),
  ].join(" and ");
}
