import { Host } from "../model/host";
import { BAND, CONNECTION_MASK, capacityOf } from "../model/numbers";
import { PlanConnection, PlanRule } from "../model/plan";
import { Family } from "../net/address";
import { allocateSlots } from "./allocate";
import { blockOf, interfacesOf } from "./sources";

/** The mark of each interface's connections; none when they are not tracked. */
export function buildConnections({ interfaces, trackConnections }: Host): PlanConnection[] {
  if (!trackConnections) return [];
  const { unit, values } = capacityOf(CONNECTION_MASK);
  const places = allocateSlots(
    interfaces.map((i) => i.name),
    [],
    values,
  );
  return interfaces.map(({ name }) => ({
    interface: name,
    mark: unit * ((places.get(name) as number) + 1),
  }));
}

/**
 * The rules by which replies go back the way their connection came in: what nftables has marked goes to the block of
 * that interface, all else past them, for the price of one rule. What still comes in by that very interface is no reply
 * but a request, which carries the mark for the sake of the reverse path check: that asks the other way round.
 *
 * @param next where lookups without a mark go on
 */
export function connectionRules(
  host: Host,
  family: Family,
  slots: ReadonlyMap<string, number>,
  connections: readonly PlanConnection[],
  next: number,
): PlanRule[] {
  if (connections.length === 0) return [];
  const mask = CONNECTION_MASK;
  const names = interfacesOf(host, family).map((i) => i.name);
  return [
    { priority: BAND.marks, mark: { value: 0, mask }, action: { kind: "goto", priority: next } },
    ...connections
      .filter((c) => names.includes(c.interface))
      .flatMap((c): PlanRule[] => {
        const mark = { value: c.mark, mask };
        const incoming = { interface: c.interface };
        const block = blockOf(slots.get(c.interface) as number);
        return [
          { priority: BAND.marked, incoming, mark, action: { kind: "goto", priority: next } },
          { priority: BAND.marked, mark, action: { kind: "goto", priority: block } },
        ];
      }),
  ];
}
