import { HostInterface } from "../../model/host";
import { Family } from "../../net/address";
import { comparePrefixes } from "../../net/prefix";
import { attachedSubnets, primaryFirst, readAddresses, readPrefixes } from "./addresses";
import { readGateways } from "./gateways";
import { readMatch } from "./match";
import { Problems, at } from "./problems";
import { readRoutes } from "./routes";
import { readName, readObject } from "./shape";

const FIELDS = ["name", "match", "addresses", "delegatedPrefixes", "gateways", "subnets", "routes"];

/** One interface of a spec, parsed and checked by itself. What is wrong is noted in `problems`. */
export function normalizeInterface(
  value: unknown,
  path: string,
  problems: Problems,
): HostInterface | undefined {
  const before = problems.issues.length;
  const fields = readObject(value, path, problems, FIELDS);
  if (fields === undefined) return undefined;
  const name = readName(fields["name"], at(path, "name"), problems);
  const addresses = readAddresses(fields, path, problems);
  const delegatedPrefixes = readPrefixes(fields, "delegatedPrefixes", path, problems);
  const declared = readPrefixes(fields, "subnets", path, problems);
  if (addresses.length === 0 && delegatedPrefixes.length === 0 && problems.issues.length === before) {
    problems.add(path, "has no source address", 'Give at least one of "addresses" or "delegatedPrefixes"');
  }
  const subnets = attachedSubnets(addresses, declared);
  const families = new Set<Family>([
    ...addresses.map((a) => a.address.family),
    ...delegatedPrefixes.map((p) => p.family),
  ]);
  const gateways = readGateways(fields, path, problems, { addresses, subnets, families });
  const routes = readRoutes(fields, path, problems, { subnets, families });
  const match = readMatch(fields, path, problems, addresses);
  if (problems.issues.length > before || name === undefined || match === undefined) return undefined;
  return {
    name,
    match,
    addresses: primaryFirst(addresses),
    delegatedPrefixes: [...delegatedPrefixes].sort(comparePrefixes),
    gateways,
    subnets,
    routes,
  };
}
