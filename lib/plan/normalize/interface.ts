import { HostInterface, Match } from "../../model/host";
import { FAMILIES, Family } from "../../net/address";
import { Prefix, comparePrefixes } from "../../net/prefix";
import { attachedSubnets, readAddresses, readDelegatedPrefixes, readSubnets } from "./addresses";
import { readGateways } from "./gateways";
import { Link } from "./hops";
import { readMatch } from "./match";
import { AddressesByFamily, Pools } from "./pool";
import { Problems, at } from "./problems";
import { readRoutes } from "./routes";
import { readName, readObject } from "./shape";

const FIELDS = ["name", "match", "addresses", "delegatedPrefixes", "gateways", "subnets", "routes"];

/** What could be read of an interface: complete when no problem was noted. */
export interface Draft extends Omit<HostInterface, "name" | "match" | "addresses"> {
  readonly name: string | undefined;
  readonly match: Match | undefined;
  /** In the order in which they were given. */
  readonly addresses: AddressesByFamily;
}

/**
 * One interface of a spec, parsed and checked by itself. What is wrong is noted in `problems`.
 *
 * @param thorough see {@link readAddresses}
 */
export function readInterface(
  value: unknown,
  path: string,
  problems: Problems,
  pools: Pools,
  thorough: boolean,
): Draft | undefined {
  const start = problems.count;
  const fields = readObject(value, path, problems, FIELDS);
  if (fields === undefined) return undefined;
  const misspelt = problems.count > start;
  const name = readName(fields["name"], at(path, "name"), problems);
  const before = problems.count;
  const addresses = readAddresses(fields, path, problems, pools, thorough);
  const delegatedPrefixes = readDelegatedPrefixes(fields, path, problems);
  const declared = readSubnets(fields, path, problems);
  const families = new Set<Family>();
  for (const family of FAMILIES) if (addresses[family].size > 0) families.add(family);
  for (const { family } of delegatedPrefixes) families.add(family);
  const clean = problems.count === before;
  const link: Link = {
    addresses,
    subnets: attachedSubnets(addresses, declared),
    families,
    complete: clean && families.size > 0,
  };
  if (families.size === 0 && clean && !misspelt) {
    problems.add(path, "has no source address", 'Give at least one of "addresses" or "delegatedPrefixes"');
  }
  if (link.complete) checkFamilies(declared, at(path, "subnets"), families, problems);
  const gateways = readGateways(fields, path, problems, link);
  const routes = readRoutes(fields, path, problems, link);
  const match = readMatch(fields, path, problems, link);
  return {
    name,
    match,
    addresses,
    delegatedPrefixes: delegatedPrefixes.sort(comparePrefixes),
    gateways,
    subnets: link.subnets,
    routes,
  };
}

/** A subnet of a family without a source would be ignored, and what is ignored is misunderstood. */
function checkFamilies(
  subnets: readonly Prefix[],
  path: string,
  families: ReadonlySet<Family>,
  problems: Problems,
): void {
  subnets.forEach(({ family }, i) => {
    if (families.has(family)) return;
    problems.add(
      at(path, i),
      `an IPv${family} subnet, but no IPv${family} source`,
      "Add an address of that family, or leave the subnet out",
    );
  });
}
