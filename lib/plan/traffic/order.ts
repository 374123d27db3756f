import { Otherwise } from "../../model/spec";
import { Traffic } from "../../model/traffic";
import { FAMILIES } from "../../net/address";
import { boxesOf, intersects, isCovered, placesOf } from "./space";

/** The policies in the order in which they decide: those before the rules for sources, then those after. */
export function inOrder(traffic: readonly Traffic[]): Traffic[] {
  return [...traffic.filter((t) => t.beforeSources), ...traffic.filter((t) => !t.beforeSources)];
}

/**
 * Earlier policies that leave nothing to a policy; empty when something is left. One that passes on what its
 * interfaces cannot carry leaves that.
 *
 * @param earlier in the order in which they decide
 */
export function shadowedBy(policy: Traffic, earlier: readonly Traffic[]): string[] {
  const final = earlier.filter((t) => t.otherwise !== Otherwise.Next);
  const places = placesOf([policy, ...final]);
  const takers = new Set<string>();
  for (const family of policy.families) {
    const taken = final.map((t) => ({ name: t.name, boxes: boxesOf(t, family, places) }));
    for (const box of boxesOf(policy, family, places)) {
      const near = taken.filter((t) => t.boxes.some((b) => intersects(b, box)));
      const alone = near.find((t) => isCovered(box, t.boxes));
      if (alone !== undefined) takers.add(alone.name);
      else if (isCovered(box, near.flatMap((t) => t.boxes))) near.forEach((t) => takers.add(t.name));
      else return [];
    } // prettier-ignore
  }
  return [...takers];
}

/** Earlier policies that decide otherwise about packets which a policy matches as well. */
export function overlapsOf(policy: Traffic, earlier: readonly Traffic[]): string[] {
  const places = placesOf([policy, ...earlier]);
  return earlier
    .filter((t) => !sameDecision(t, policy))
    .filter((t) =>
      FAMILIES.some((family) => {
        const boxes = boxesOf(t, family, places);
        return boxesOf(policy, family, places).some((box) => boxes.some((b) => intersects(b, box)));
      }),
    )
    .map((t) => t.name);
}

function sameDecision(a: Traffic, b: Traffic): boolean {
  const decision = ({ use, weights, otherwise }: Traffic): string =>
    JSON.stringify([use, weights, otherwise]);
  return decision(a) === decision(b);
}
