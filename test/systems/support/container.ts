import { Runner } from "../../../lab/fabric/run";
import { labName } from "../../../lab/systems/names";
import { Guest, INTERNET, Nic, Systems } from "../../../lab/systems";
import { Flow } from "../../../lab/traffic";

/** Docker's own choice for the first container on its bridge. */
const ADDRESS = "172.17.0.2";
/** The container's port that is published on every address of its host. */
export const PUBLISHED = 7008;

/** busybox is all that is in the image of the containers: no registry is needed, or reached. */
const IMAGE = `
  d=$(mktemp -d) && mkdir $d/bin && cp /bin/busybox $d/bin && ln -s busybox $d/bin/sleep
  tar -C $d -c . | docker import - box >/dev/null && rm -r $d`;

const RUN = `docker run --detach --name ct --publish ${PUBLISHED}:${PUBLISHED} box /bin/sleep 86400`;

/** A container of the guest's Docker: Debian's docker.io, which its image starts at boot. */
export class Container {
  readonly namespace = labName("ct");
  private readonly runner = new Runner(undefined);

  constructor(private readonly guest: Guest) {}

  /** Makes the image, and the container. */
  async start(): Promise<void> {
    await this.guest.sh(IMAGE);
    await this.renew();
  }

  /** Another container in place of the one that was there, or of none. */
  async renew(): Promise<void> {
    await this.stop();
    await this.guest.sh(`docker rm --force ct >/dev/null 2>&1; ${RUN}`);
    const pid = await this.guest.sh("docker inspect --format '{{.State.Pid}}' ct");
    await this.runner.ok([
      "ip",
      "netns",
      "attach",
      this.namespace,
      String(this.guest.processId(Number(pid))),
    ]);
  }

  /** Forgets its namespace, by which traffic of the tests is made in it; it runs on. */
  async stop(): Promise<void> {
    await this.runner.run(["ip", "netns", "del", this.namespace]);
  }

  /** From the container to both addresses of its host, and out by the host's masquerade. */
  flows(systems: Systems, [a, b]: readonly [Nic, Nic]): Flow[] {
    const flow = (name: string, server: string, to: string): Flow => ({
      ...{ name, client: this.namespace, server, to, protocol: "tcp" },
    });
    return [
      flow("c>A", this.guest.namespace, a.ipv4),
      flow("c>B", this.guest.namespace, b.ipv4),
      flow("c>i", systems.network.namespaceOf("i"), INTERNET.ipv4.address),
    ];
  }

  /**
   * To the published port by every address of the host, from everywhere: IPv4 by DNAT, IPv6 by Docker's own proxy. To be
   * tried at {@link PUBLISHED}.
   */
  published(systems: Systems, [a, b]: readonly [Nic, Nic]): Flow[] {
    return (["ipv4", "ipv6"] as const).flatMap((family) =>
      (["i", "a", "b"] as const).flatMap((client) =>
        [a, b].map((nic): Flow => ({
          name: `${client}>${nic === a ? "A" : "B"}c${family === "ipv6" ? "6" : ""}`,
          client: systems.network.namespaceOf(client),
          server: this.namespace,
          to: nic[family],
          listen: ADDRESS,
          protocol: "tcp",
        })),
      ),
    );
  }
}
