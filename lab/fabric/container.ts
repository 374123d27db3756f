import { namespaceOf } from "./names";
import { Runner, inNamespace } from "./run";
import { FabricOptions } from "./types";

/** The container's address, and the bridge it is behind: Docker's defaults. */
export const CONTAINER = { address: "172.17.0.2", bridge: "docker0", gateway: "172.17.0.1", length: 16 };

/**
 * Puts a container on an instance, as Docker would: bridge docker0, forwarding on. It goes with its instance. One an
 * instance.
 *
 * @returns the name of the container's network namespace
 */
export async function addContainer(
  lab: string,
  instanceId: string,
  options: FabricOptions = {},
): Promise<string> {
  const runner = new Runner(options.onCommand);
  const instance = namespaceOf(lab, "instance", instanceId);
  const container = namespaceOf(lab, "container", instanceId);
  const batch = (namespace: string, lines: string[]) =>
    runner.ok(["ip", "-n", namespace, "-batch", "-"], lines.map((line) => `${line}\n`).join(""));
  await runner.ok(["ip", "netns", "add", container]);
  await batch(instance, [
    `link add ${CONTAINER.bridge} type bridge`,
    `address add ${CONTAINER.gateway}/${CONTAINER.length} broadcast + dev ${CONTAINER.bridge}`,
    `link add veth0 master ${CONTAINER.bridge} type veth peer name eth0 netns ${container}`,
    "link set veth0 up",
    `link set ${CONTAINER.bridge} up`,
  ]);
  await batch(container, [
    "link set lo up",
    `address add ${CONTAINER.address}/${CONTAINER.length} dev eth0`,
    "link set eth0 up",
    `route add default via ${CONTAINER.gateway}`,
  ]);
  await runner.ok(inNamespace(instance, ["tee", "/proc/sys/net/ipv4/ip_forward"]), "1\n");
  return container;
}
