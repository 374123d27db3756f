import { Family } from "../net/address";
import { LinuxState } from "./state";

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
