import type { CloudState, NetworkInterface } from "../cloud/state";
import { INTERNET_HOST, addContainer, namespaceOf } from "../fabric";
import type { Flow } from "../traffic";

/** Who is on the stage: the host under test, a neighbour on each of its subnets, and the Internet. */
export interface Scene {
  readonly lab: string;
  readonly cloud: CloudState;
  /** Instance ids. */
  readonly host: string;
  readonly frontNeighbour: string;
  readonly backNeighbour: string;
  /** Namespace of a container on the host. */
  readonly container: string;
}

export async function setScene(
  lab: string,
  cloud: CloudState,
  actors: { host: string; frontNeighbour: string; backNeighbour: string },
): Promise<Scene> {
  return { lab, cloud, ...actors, container: await addContainer(lab, actors.host) };
}

/**
 * The flows that the seed's two situations are about, and those a cure must not harm. "front" is the interface that
 * main's default route leaves by; "back" is the other.
 */
export function flowsOf(scene: Scene): Flow[] {
  const { lab, cloud } = scene;
  const front = interfaceOf(cloud, scene.host, 0);
  const back = interfaceOf(cloud, scene.host, 1);
  const internet = namespaceOf(lab, "internet");
  const host = namespaceOf(lab, "instance", scene.host);
  const nearFront = namespaceOf(lab, "instance", scene.frontNeighbour);
  const nearBack = namespaceOf(lab, "instance", scene.backNeighbour);
  const v4 = (eni: NetworkInterface): string => eni.privateIps[0];
  const v6 = (eni: NetworkInterface): string => eni.ipv6Addresses[0];
  const world4 = INTERNET_HOST[4][0];
  const world6 = INTERNET_HOST[6][0];
  const neighbour = (id: string): NetworkInterface => interfaceOf(cloud, id, 0);
  const tcp = (
    name: string,
    client: string,
    from: string | undefined,
    server: string,
    to: string,
    listen?: string,
  ) =>
    ({ name, client, server, to, protocol: "tcp", ...(from && { from }), ...(listen && { listen }) }) as Flow;
  return [
    tcp("the Internet to front", internet, world4, host, publicIpOf(cloud, front), v4(front)),
    tcp("the Internet to back", internet, world4, host, publicIpOf(cloud, back), v4(back)),
    tcp("the Internet to back, IPv6", internet, world6, host, v6(back)),
    tcp("back to the Internet", host, v4(back), internet, world4),
    tcp("a neighbour of back to front", nearBack, v4(neighbour(scene.backNeighbour)), host, v4(front)),
    tcp("a neighbour of back to front, IPv6", nearBack, v6(neighbour(scene.backNeighbour)), host, v6(front)),
    tcp("a neighbour of front to back", nearFront, v4(neighbour(scene.frontNeighbour)), host, v4(back)),
    tcp("a neighbour of front to front", nearFront, v4(neighbour(scene.frontNeighbour)), host, v4(front)),
    tcp("front to a neighbour of back", host, v4(front), nearBack, v4(neighbour(scene.backNeighbour))),
    tcp("a container to front", scene.container, undefined, host, v4(front)),
    tcp("a container to back", scene.container, undefined, host, v4(back)),
  ];
}

/** A sentence about ENIs with their ids said as what they are here. */
export function named(scene: Scene, sentence: string | undefined): string | undefined {
  const names: [string, string][] = [
    [interfaceOf(scene.cloud, scene.host, 0).id, "front"],
    [interfaceOf(scene.cloud, scene.host, 1).id, "back"],
    [interfaceOf(scene.cloud, scene.frontNeighbour, 0).id, "the neighbour of front"],
    [interfaceOf(scene.cloud, scene.backNeighbour, 0).id, "the neighbour of back"],
  ];
  return names.reduce((text, [id, name]) => text?.replace(id, name), sentence);
}

function interfaceOf(cloud: CloudState, instanceId: string, deviceIndex: number): NetworkInterface {
  const found = Object.values(cloud.networkInterfaces).find(
    (eni) => eni.attachment?.instanceId === instanceId && eni.attachment.deviceIndex === deviceIndex,
  );
  if (found === undefined) throw new Error(`${instanceId} has no interface at device index ${deviceIndex}`);
  return found;
}

function publicIpOf(cloud: CloudState, eni: NetworkInterface): string {
  const eip = Object.values(cloud.eips).find((e) => e.association?.networkInterfaceId === eni.id);
  if (eip === undefined) throw new Error(`${eni.id} has no Elastic IP`);
  return eip.publicIp;
}
