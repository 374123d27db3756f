import { BAND } from "../../model/numbers";
import { PlanRule } from "../../model/plan";
import { PackedPrefixes, bitOf, commonBits, prefixAt } from "../../net/packed";
import { Prefix, formatPrefix } from "../../net/prefix";

/**
 * The first rules of a band: what cannot be ours leaves at once. One of them is the switch's target, so there is
 * always one, if only a nop.
 *
 *   not from Q iif lo goto devices    Q: the longest prefix that holds all sources
 *
 * turns away sockets without a source, forwarded packets, and most of what is foreign, for the price of the one
 * rule that must be there anyway. The two questions stand alone where the other would be wrong:
 *
 * - A forwarded packet can only have a source of ours if it is in a prefix delegated to the host: one that claims an
 *   address of the host itself is dropped on input (RFC 1812 5.3.8; net/ipv4/fib_frontend.c). So `iif lo` ("sent by
 *   the host") may be asked only where nothing is delegated. The kernel's reverse path check of packets for
 *   the host asks with `iif lo` too, so it sees the rules.
 * - Where Q holds 0.0.0.0, IPv4's "no source yet", it does not tell it from a source. In IPv6 no prefix holds "none".
 *
 * @param forwards whether forwarded packets may carry a source of ours
 * @param long whether a walk through the dispatch rules costs more than one more rule
 */
export function guardRules(table: PackedPrefixes, forwards: boolean, long: boolean): PlanRule[] {
  const elsewhere = { kind: "goto", priority: BAND.devices } as const;
  const common = commonPrefix(table);
  const tells = tellsApart(common);
  const rules: PlanRule[] = [];
  if (tells || !forwards) {
    rules.push({
      priority: BAND.anchor,
      not: true,
      ...(tells && { from: formatPrefix(common) }),
      ...(!forwards && { iif: "lo" }),
      action: elsewhere,
    });
  }
  if (!tells && table.family === 4 && long) {
    rules.push({ priority: BAND.anchor + rules.length, from: "0.0.0.0/32", action: elsewhere });
  }
  return rules.length > 0 ? rules : [{ priority: BAND.anchor, action: { kind: "nop" } }];
}

/**
 * Few prefixes that hold all entries, ascending, of which none holds IPv4's "no source yet", and none everything: the
 * longest prefix that does, or else those of the two halves into which it falls.
 *
 * @example of 10.0.1.10 and 10.0.2.10: 10.0.0.0/22; of 10.0.1.10 and 192.0.2.10: both
 */
export function coversOf(table: PackedPrefixes, first = 0, last = table.size - 1): string[] {
  const common = commonPrefix(table, first, last);
  if (first === last || tellsApart(common)) return [formatPrefix(common)];
  let right = first + 1;
  while (bitOf(table, right, common.length) === 0) right++;
  return [...coversOf(table, first, right - 1), ...coversOf(table, right, last)];
}

/** Whether a socket without a source is outside. */
function tellsApart({ family, value, length }: Prefix): boolean {
  return length > 0 && (family === 6 || value !== 0n);
}

/** The longest prefix that holds these entries. */
function commonPrefix(table: PackedPrefixes, first = 0, last = table.size - 1): Prefix {
  const { lengths } = table;
  return prefixAt(table, first, Math.min(lengths[first], lengths[last], commonBits(table, first, last)));
}
