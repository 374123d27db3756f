import { formatAddress, formatPrefix, parseAddress, parsePrefix } from "../../../lib/net";
import { CloudState } from "../../cloud/state";

/**
 * Refuses a cloud whose texts are not what they stand for. They become words of `ip` and `nft` batches, where a blank
 * or a line break would make two commands of one; and the comparison of models needs one spelling for one thing.
 *
 * @throws Error with every problem, each by its path
 */
export function checkCloud(cloud: CloudState): void {
  const problems: string[] = [];
  const report = (path: string, value: unknown, allowed: string) => {
    problems.push(`${path}: got ${JSON.stringify(value)}; allowed is ${allowed}`);
  };
  const address = (path: string, text: string) => {
    const parsed = parseAddress(text);
    if (!parsed.ok || formatAddress(parsed.value) !== text)
      report(path, text, "an address, in canonical form");
  };
  const prefix = (path: string, text: string | undefined, family?: 4 | 6) => {
    if (text === undefined) return;
    const parsed = parsePrefix(text);
    const right = parsed.ok && formatPrefix(parsed.value) === text && (family ?? parsed.value.family);
    if (!parsed.ok || right !== parsed.value.family) {
      report(path, text, `${family === undefined ? "a" : `an IPv${family}`} prefix, in canonical form`);
    }
  };
  const matches = (path: string, text: string, pattern: RegExp, allowed: string) => {
    if (!pattern.test(text)) report(path, text, allowed);
  };

  for (const [id, vpc] of Object.entries(cloud.vpcs)) {
    vpc.cidrBlocks.forEach(({ cidrBlock }, i) => prefix(`vpcs.${id}.cidrBlocks[${i}]`, cidrBlock, 4));
    prefix(`vpcs.${id}.ipv6CidrBlock`, vpc.ipv6CidrBlock, 6);
  }
  for (const [id, subnet] of Object.entries(cloud.subnets)) {
    prefix(`subnets.${id}.cidrBlock`, subnet.cidrBlock, 4);
    prefix(`subnets.${id}.ipv6CidrBlock`, subnet.ipv6CidrBlock, 6);
  }
  for (const [id, { routes }] of Object.entries(cloud.routeTables)) {
    routes.forEach(({ destination }, i) => prefix(`routeTables.${id}.routes[${i}].destination`, destination));
  }
  for (const [id, { rules }] of Object.entries(cloud.securityGroups)) {
    rules.forEach(({ peer, protocol, fromPort, toPort }, i) => {
      const path = `securityGroups.${id}.rules[${i}]`;
      if (peer.kind === "cidr") prefix(`${path}.peer.cidr`, peer.cidr);
      matches(
        `${path}.protocol`,
        protocol,
        /^(-1|tcp|udp|icmp|icmpv6|[0-9]{1,3})$/,
        "a protocol's name or number",
      );
      for (const [name, port] of Object.entries({ fromPort, toPort })) {
        if (!Number.isInteger(port) || port < -1 || port > 65535)
          report(`${path}.${name}`, port, "-1 to 65535");
      }
    });
  }
  for (const [id, eni] of Object.entries(cloud.networkInterfaces)) {
    const path = `networkInterfaces.${id}`;
    matches(
      `${path}.macAddress`,
      eni.macAddress,
      /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
      "a MAC address, in lower case",
    );
    eni.privateIps.forEach((text, i) => address(`${path}.privateIps[${i}]`, text));
    eni.ipv6Addresses.forEach((text, i) => address(`${path}.ipv6Addresses[${i}]`, text));
    eni.ipv4Prefixes.forEach((text, i) => prefix(`${path}.ipv4Prefixes[${i}]`, text, 4));
    eni.ipv6Prefixes.forEach((text, i) => prefix(`${path}.ipv6Prefixes[${i}]`, text, 6));
  }
  for (const [id, { publicIp, association }] of Object.entries(cloud.eips)) {
    address(`eips.${id}.publicIp`, publicIp);
    if (association !== undefined) address(`eips.${id}.association.privateIp`, association.privateIp);
  }
  for (const [name, { publicKey }] of Object.entries(cloud.keyPairs)) {
    matches(`keyPairs.${name}.publicKey`, publicKey, /^[^\r\n]+$/, "one line of authorized_keys");
  }
  if (problems.length > 0) throw new Error(`the lab's cloud cannot be realized:\n  ${problems.join("\n  ")}`);
}
