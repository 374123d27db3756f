import { shown } from "../../model/issue";
import { LOCAL_PRIORITY, Numbers } from "../../model/numbers";
import { HostModel, WorldKind } from "../../model/spec";
import { Entry } from "./distinct";
import { Policy } from "./policy";
import { Problems, at } from "./problems";

/**
 * What worlds say about interfaces, all of which have been read: contradictions with the rest of the host.
 *
 * @param members the world of each interface that is in one
 */
export function checkWorlds(
  { worlds, directPairs, hostModel }: Policy,
  entries: readonly Entry[],
  members: ReadonlyMap<string, string>,
  numbers: Numbers,
  problems: Problems,
): void {
  if (worlds.length === 0) return;
  for (const { path, draft } of entries) {
    const world = members.get(draft.name ?? "");
    if (world !== undefined) checkMatch(draft.match ?? {}, at(path, "match"), world, problems);
  }
  directPairs.forEach(({ from, to }) => {
    if (members.get(from) === members.get(to)) return;
    const problem = `the pair ${shown(from)} to ${shown(to)} crosses worlds, and nothing passes between those`;
    problems.add("policy.directPairs", problem, "Leave it out, or put both interfaces into one world");
  });
  const vrfs = worlds.filter(({ kind }) => kind === WorldKind.Vrf);
  for (const { path, name } of vrfs) {
    if (hostModel === HostModel.Strong) {
      const problem = `the strong host model is not to be had in a VRF (policy.hostModel is "strong")`;
      problems.add(at(path, "kind"), problem, 'Set "kind" to "netns", or "hostModel" to "symmetric"');
    }
    const device = entries.find(({ draft }) => draft.match?.ifname === name);
    if (device !== undefined) {
      const problem = `the VRF's device would be called ${shown(name)}, as ${device.path} is`;
      problems.add(at(path, "name"), problem, "Give the world another name");
    }
  }
  if (vrfs.length > 0 && numbers.priorityBase <= LOCAL_PRIORITY) {
    const problem = `got ${numbers.priorityBase}, so our rules would come before those that tell VRFs apart (${vrfs[0].path})`;
    problems.add("numbers.priorityBase", problem, `Give more than ${LOCAL_PRIORITY}`);
  }
}

/** A device loses its addresses when it is moved, and has none after a reboot. */
function checkMatch(match: object, path: string, world: string, problems: Problems): void {
  const found = "mac" in match || "ifname" in match;
  if (found && !("address" in match)) return;
  problems.add(
    path,
    `the interface is in world ${shown(world)} (policy.worlds), where its device has no address before we come`,
    found ? 'Leave "address" out' : 'Give "match" with a "mac" or an "ifname"',
  );
}
