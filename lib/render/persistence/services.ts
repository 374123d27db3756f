import { Plan, PlanWorld } from "../../model/plan";
import { RenderedFile } from "../file";
import { nameToken } from "../token";

/**
 * Drop-ins for systemd that have units run in their worlds (systemd.exec(5), NetworkNamespacePath=). They are in a unit's
 * own directory, so that they hold wherever the unit comes from; a unit whose world is not there does not start.
 *
 * @example serviceFiles(plan)[0].path // "etc/systemd/system/nginx.service.d/50-multihome-world.conf"
 */
export function serviceFiles(plan: Plan): RenderedFile[] {
  return plan.worlds.flatMap((world) =>
    world.services.map((unit) => ({
      path: `etc/systemd/system/${unit}.d/50-multihome-world.conf`,
      text: dropIn(world, unit),
      mode: 0o644,
    })),
  );
}

function dropIn({ name, resolver }: PlanWorld, unit: string): string {
  const world = nameToken(name);
  return [
    "[Unit]",
    "Wants=multihome-restore.service",
    "After=multihome-restore.service",
    "",
    `[${unit.endsWith(".socket") ? "Socket" : "Service"}]`,
    `NetworkNamespacePath=/run/netns/${world}`,
    // systemd does not look there by itself, as ip netns exec does.
    ...(resolver === undefined ? [] : [`BindReadOnlyPaths=/etc/netns/${world}/resolv.conf:/etc/resolv.conf`]),
    "",
  ].join("\n");
}
