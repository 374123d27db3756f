import { Family } from "../net/address";
import { Device, Model } from "./model";
import { LinuxState } from "./state";

/** How the sysctls of IPv4 that routing reads are combined. */
const HOW4 = {
  rp_filter: "max",
  accept_local: "or",
  src_valid_mark: "or",
  route_localnet: "or",
  send_redirects: "or",
  forwarding: "own",
  bc_forwarding: "own",
} as const;

/** A sysctl of IPv4 as it counts for a device. Undefined where a value that decides was not read. */
export function setting4(model: Model, device: Device, key: keyof typeof HOW4): number | undefined {
  const { settings, link } = device;
  let value = settings.get(key);
  if (value === undefined && !settings.has(key)) {
    value = combined(model.state, 4, link.name, key, HOW4[key]);
    settings.set(key, value);
  }
  return value;
}

/**
 * Interface sysctls count together with those of "all" in ways that differ from one to the next
 * (include/linux/inetdevice.h; Documentation/networking/ip-sysctl.rst): the larger, either of the two, or the
 * interface's alone. Undefined where a value that decides was not read.
 */
export function combined(
  state: LinuxState,
  family: Family,
  device: string,
  key: string,
  how: "or" | "max" | "own",
): number | undefined {
  const own = state.sysctls[`ipv${family}/conf/${device}/${key}`];
  if (how === "own") return own;
  const all = state.sysctls[`ipv${family}/conf/all/${key}`];
  if (how === "or") {
    if (own || all) return 1;
    return own === undefined || all === undefined ? undefined : 0;
  }
  return own === undefined || all === undefined ? undefined : Math.max(own, all);
}
