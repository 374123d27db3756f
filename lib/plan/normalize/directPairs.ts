import { shown } from "../../model/issue";
import { compareText } from "../order";
import { readInterfaceName } from "./interfaceName";
import { Problems, at } from "./problems";
import { readList, readObject } from "./shape";

/**
 * Pairs of interfaces of which the first's sources reach the second's subnets directly; sorted.
 *
 * @param names the names that interfaces have; undefined when they could not be told
 */
export function readDirectPairs(
  value: unknown,
  list: string,
  problems: Problems,
  names: readonly string[] | undefined,
): { from: string; to: string }[] {
  const pairs = new Map<string, { from: string; to: string }>();
  readList(value, list, problems, 'pairs {"from", "to"} of interface names').forEach((item, i) => {
    const where = at(list, i);
    const pair = readObject(item, where, problems, ["from", "to"]);
    if (pair === undefined) return;
    const from = readInterfaceName(pair["from"], at(where, "from"), problems, names);
    const to = readInterfaceName(pair["to"], at(where, "to"), problems, names);
    if (from === undefined || to === undefined) return;
    const key = JSON.stringify([from, to]);
    if (from === to) {
      const fix = "Own subnets are always reached directly; leave the pair out";
      problems.add(where, `pairs ${shown(from)} with itself`, fix);
    } else if (pairs.has(key)) {
      problems.add(where, `the pair ${shown(from)} to ${shown(to)} is given twice`, "Leave one of them out");
    } else {
      pairs.set(key, { from, to });
    }
  });
  return [...pairs.values()].sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to));
}
