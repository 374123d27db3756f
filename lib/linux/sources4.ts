import { Address } from "../net/address";
import { contains, prefixOf } from "../net/prefix";
import { lookup4 } from "./fib4";
import { ANY_DEVICE, Answer, CompiledHop, CompiledRoute, Device, Model, Probe } from "./model";
import { LinkAddress, Scope, Table } from "./state";
import { setting4 } from "./sysctl";

/**
 * IPv4: the address a device lends to a packet that has none (net/ipv4/devinet.c, inet_select_addr): the first
 * primary address in the subnet of the gateway, else the device's first primary address of a fitting scope, else the
 * first of any device in the same VRF.
 */
export function selectSource4(
  model: Model,
  device: Device,
  gateway: Address | undefined,
  scope: number,
): Address | undefined {
  const localnet = setting4(model, device, "route_localnet") === 1 ? Scope.link : Scope.host;
  let chosen: Address | undefined;
  for (const candidate of device.addresses[4]) {
    if (candidate.secondary || Math.min(candidate.scope, localnet) > scope) continue;
    if (gateway === undefined || isAttached(candidate, gateway)) return candidate.address;
    chosen ??= candidate.address;
  }
  if (chosen !== undefined) return chosen;
  if (device.l3mdev >= 0) {
    const master = firstOf(model.devices[device.l3mdev], scope);
    if (master !== undefined) return master;
  }
  for (const other of model.devices) {
    if (other.l3mdev !== device.l3mdev) continue;
    const found = firstOf(other, scope);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstOf(device: Device, scope: number): Address | undefined {
  return device.addresses[4].find(
    (candidate) => !candidate.secondary && candidate.scope !== Scope.link && candidate.scope <= scope,
  )?.address;
}

function isAttached(candidate: LinkAddress, address: Address): boolean {
  return contains(prefixOf(candidate.peer ?? candidate.address, candidate.length), address);
}

/** The source of a packet without one that takes this route (fib_result_prefsrc). */
export function routeSource4(model: Model, route: CompiledRoute, hop: CompiledHop): Address | undefined {
  if (route.source !== undefined) return route.source;
  const { scope } = route;
  let source = hop.lent.get(scope);
  if (source === undefined && !hop.lent.has(scope)) {
    const device = model.devices[hop.device];
    const gateway = hop.via?.family === 4 ? hop.via : undefined;
    source = device && selectSource4(model, device, gateway, scope);
    hop.lent.set(scope, source);
  }
  return source;
}

const localProbe = new Probe();
const localAnswer = new Answer();

/** The device that owns an address, as the kernel sees it (__ip_dev_find); ANY_DEVICE when it is not ours. */
export function ownerOf4(model: Model, address: number): number {
  const owner = model[4].own4.get(address);
  if (owner !== undefined) return owner;
  // As long as local and main are one table, local routes of main count as well.
  const local = model[4].merged ?? model[4].tables.get(Table.local);
  if (local === undefined) return ANY_DEVICE;
  localProbe.dst4 = address;
  localAnswer.clear();
  lookup4(model, local, localProbe, localAnswer);
  if (localAnswer.status !== "ok" || localAnswer.route!.type !== "local") return ANY_DEVICE;
  return localAnswer.route!.hops[localAnswer.hop].device;
}
