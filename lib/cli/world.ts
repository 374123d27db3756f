import { shown } from "../model/issue";
import { Address, formatAddress, parseAddress, sameAddress } from "../net/address";
import { contains } from "../net/prefix";
import { StagedHost } from "../prove/staged";
import { UserError } from "./io";

/** The two ends of an exchange as they were given, and the world if one was. */
export interface Asked {
  readonly from: string;
  readonly to: string;
  readonly world?: string;
}

/**
 * The world of a host that an exchange is in: the one that is named; or else the host's own, unless the host's end of the
 * exchange is an address of one further world alone.
 *
 * @throws UserError when no world is called so, several have the address, or the host's own has no interface
 */
export function worldOf(host: StagedHost, { from, to, world }: Asked): StagedHost {
  if (world !== undefined) return named(host, world);
  for (const [option, text] of [
    ["--from", from],
    ["--to", to],
  ] as const) {
    const parsed = parseAddress(text);
    if (!parsed.ok) break;
    const having = [host, ...host.worlds].filter((one) => owns(one, parsed.value));
    if (having.length === 0) continue;
    if (having.length === 1 || having[0] === host) return having[0];
    const names = having.map(({ name }) => name);
    throw new UserError(
      `${option}: ${formatAddress(parsed.value)} is an address of several worlds of ${host.name}: ` +
        `say by --world which: ${names.join(", ")}`,
    );
  }
  if (host.intent.interfaces.length > 0 || host.worlds.length === 0) return host;
  throw new UserError(
    `${host.name} has no interface of its own world: say by --world which: ${namesOf(host)}`,
  );
}

function named(host: StagedHost, name: string): StagedHost {
  const found = host.worlds.find((world) => world.name === name);
  if (found !== undefined) return found;
  throw new UserError(
    `--world: got ${shown(name)}; ` +
      (host.worlds.length === 0
        ? `${host.name} has no further worlds: leave --world out`
        : `the worlds of ${host.name} are ${namesOf(host)}; without --world it is the host's own`),
  );
}

function namesOf({ worlds }: StagedHost): string {
  return worlds.map(({ name }) => name).join(", ");
}

/** Whether an address is an interface's, or in a prefix that is delegated to one, or the host's identity. */
function owns({ intent: { interfaces, identities = [] } }: StagedHost, address: Address): boolean {
  return (
    identities.some((one) => sameAddress(one, address)) ||
    interfaces.some(
      ({ addresses, delegatedPrefixes }) =>
        addresses.some((own) => sameAddress(own.address, address)) ||
        delegatedPrefixes.some((prefix) => contains(prefix, address)),
    )
  );
}
