import { parseInterfaceAddress } from "../../net/prefix";
import { plainAddress, withAddress } from "../kernel-state";
import { LinuxState, linkNamed } from "../state";
import { SCOPES } from "./names";
import { Refused, Words } from "./words";

/** `link set [dev] DEV group N`. */
export function applyLink(state: LinuxState, words: Words): LinuxState {
  if (!words.take("set")) throw new Refused("of ip link only set is modelled");
  words.take("dev");
  const name = words.next("a device");
  if (linkNamed(state, name) === undefined) throw new Refused(`there is no device ${name}`);
  if (!words.take("group")) throw new Refused("of ip link set only group is modelled");
  const group = words.named("group", { default: 0 });
  if (!words.done) throw new Refused(`${words.next("")} is not modelled here`);
  return { ...state, links: state.links.map((link) => (link.name === name ? { ...link, group } : link)) };
}

/** `address add ADDRESS/LENGTH dev DEV [scope S] [noprefixroute] [nodad]`. */
export function applyAddress(state: LinuxState, words: Words): LinuxState {
  if (!words.take("add") && !words.take("replace")) throw new Refused("of ip address only add is modelled");
  const text = words.next("an address");
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) throw new Refused(`${text}: ${parsed.reason}`, "unreadable");
  let device: string | undefined;
  let scope: number | undefined;
  let noPrefixRoute = false;
  while (!words.done) {
    const word = words.next("an attribute");
    if (word === "dev") device = words.next("dev");
    else if (word === "scope") scope = words.named("scope", SCOPES, 255);
    else if (word === "noprefixroute") noPrefixRoute = true;
    else if (word !== "nodad") throw new Refused(`address attribute ${word} is not modelled`);
  }
  if (device === undefined || linkNamed(state, device) === undefined) throw new Refused("no such device");
  const plain = plainAddress(device, parsed.value.address, parsed.value.length);
  const { address } = plain;
  if (
    state.addresses.some(
      (a) => a.link === device && a.address.family === address.family && a.address.value === address.value,
    )
  ) {
    return state;
  }
  return withAddress(state, { ...plain, noPrefixRoute, scope: scope ?? plain.scope });
}
