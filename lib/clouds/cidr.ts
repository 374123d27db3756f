import { shown } from "../model/issue";
import { widthOf } from "../net/address";
import { Prefix, formatPrefix, parsePrefix } from "../net/prefix";

/**
 * The n-th subnet of a block, counted from 0, for programs that divide a network.
 *
 * @param block prefix text, IPv4 or IPv6
 * @param length prefix length of the subnets
 * @throws Error when the block is no prefix, or has no such subnet
 * @example cidrSubnet("2001:db8:e000::/56", 64, 1) // "2001:db8:e000:1::/64"
 */
export function cidrSubnet(block: string, length: number, n: number): string {
  const parsed = parsePrefix(block);
  if (!parsed.ok) throw new Error(`cidrSubnet: got the block ${shown(block)}: ${parsed.reason}`);
  const { family, value, length: outer } = parsed.value;
  const width = widthOf(family);
  if (!Number.isSafeInteger(length) || length < outer || length > width) {
    throw new Error(
      `cidrSubnet: got the length ${shown(length)}; ${block} has subnets of ${outer} to ${width}`,
    );
  }
  const count = 1n << BigInt(length - outer);
  if (!Number.isSafeInteger(n) || n < 0 || BigInt(n) >= count) {
    throw new Error(
      `cidrSubnet: got the number ${shown(n)}; the subnets of length ${length} of ${block} are 0 to ${count - 1n}`,
    );
  }
  const subnet: Prefix = { family, value: value + (BigInt(n) << BigInt(width - length)), length };
  return formatPrefix(subnet);
}
