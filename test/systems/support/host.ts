import { sleep } from "../../../lab/fabric/processes";
import { Guest, INTERNET, Nic, PEER, SUBNETS, Systems, addressIn } from "../../../lab/systems";
import { Agents, Flow, FloodReport } from "../../../lab/traffic";
import { HostSpec } from "../../../lib/model/spec";
import { planHost } from "../../../lib/plan";
import { renderProgram } from "../../../lib/render";

/** The plan's side of the usual guest. */
export function specOf(nics: readonly Nic[], policy: HostSpec["policy"] = {}): HostSpec {
  return {
    name: "guest",
    policy,
    interfaces: nics.map(({ mac, subnet, ipv4, ipv6 }) => ({
      name: subnet.name,
      match: { mac },
      addresses: [`${ipv4}/${subnet.ipv4.length}`, `${ipv6}/${subnet.ipv6.length}`],
      gateways: [subnet.ipv4.gateway, subnet.ipv6.gateway],
    })),
  };
}

const PROGRAM = "/root/program";

/** Runs a verb of the program of these interfaces; it must succeed. */
export async function program(
  guest: Guest,
  nics: readonly Nic[],
  verb: string,
  spec: HostSpec = specOf(nics),
): Promise<string> {
  await guest.sh(`cat >${PROGRAM}`, renderProgram(planHost(spec)));
  return guest.sh(`MULTIHOME_WAIT=5 sh ${PROGRAM} ${verb}`);
}

/** Milliseconds that a network daemon, or what keeps a plan in force, may take for its work on a busy machine. */
const PATIENCE = 20_000;

/** Has systemd-networkd set an interface up anew, until it has: its order comes back when that has not begun. */
export async function reconfigured(guest: Guest, { device }: Nic): Promise<void> {
  const leases = async (): Promise<number> =>
    (await guest.journal("-u", "systemd-networkd")).split(`${device}: DHCPv4 address `).length;
  const before = await leases();
  await guest.sh(`networkctl reconfigure ${device}`);
  await until(`${device} has another lease`, async () => (await leases()) > before);
  await guest.addressed();
}

/** Waits until the plan that was applied last is in force, as what keeps it so will see to. */
export async function inForce(guest: Guest): Promise<void> {
  let said = "";
  await until(
    () => `the plan is in force: ${said}`,
    async () => {
      const { status, stdout, stderr } = await guest.exec(["sh", PROGRAM, "verify"]);
      said = stdout + stderr;
      return status === 0;
    },
  );
}

async function until(what: string | (() => string), so: () => Promise<boolean>): Promise<void> {
  for (const began = Date.now(); !(await so()); await sleep(50)) {
    if (Date.now() - began > PATIENCE)
      throw new Error(`not within ${PATIENCE} ms: ${typeof what === "string" ? what : what()}`);
  }
}

/** Everything that may have been changed, as text: rules, routes, links, sysctls, files. */
export function dump(guest: Guest): Promise<string> {
  return guest.sh(`
    for f in -4 -6; do ip $f -N rule; ip $f -N route show table all; ip $f -N -o addr; done |
      sed 's/ expires [0-9]*sec//; s/valid_lft.*//'
    ip -N -o link
    cd /proc/sys/net && find ipv4/conf ipv6/conf -type f ! -name stable_secret | sort | xargs grep -H .
    find /etc /usr/local /var/lib -xdev ! -path '/var/lib/systemd*' ! -path '/var/lib/NetworkManager*' ! -path '/var/lib/docker*' \\
      ! -path '/var/lib/containerd*' | sort
    find /etc -xdev -type f | sort | xargs sha256sum`);
}

/** Every flow that a host with two interfaces has, both families: from and to it, by its own and by the other network. */
export function flowsOf(systems: Systems, guest: Guest, [a, b]: readonly [Nic, Nic]): Flow[] {
  const host = (name: "i" | "a" | "b"): string => systems.network.namespaceOf(name);
  const far = { ipv4: INTERNET.ipv4.address, ipv6: INTERNET.ipv6.address };
  return (["ipv4", "ipv6"] as const).flatMap((family): Flow[] => {
    const six = family === "ipv6" ? "6" : "";
    const to = (name: string, client: "i" | "a" | "b", nic: Nic): Flow => ({
      name: `${client}>${name}${six}`,
      client: host(client),
      server: guest.namespace,
      to: nic[family],
      protocol: "tcp",
    });
    const from = (name: string, nic: Nic, server: "i" | "a" | "b", address: string): Flow => ({
      name: `${name}${six}>${server}`,
      client: guest.namespace,
      from: nic[family],
      server: host(server),
      to: address,
      protocol: "tcp",
    });
    return [
      ...[
        to("A", "i", a),
        to("B", "i", b),
        to("A", "b", a),
        to("B", "a", b),
        to("A", "a", a),
        to("B", "b", b),
      ],
      ...[from("A", a, "i", far[family]), from("B", b, "i", far[family])],
      ...[from("A", a, "b", peer("b")[family]), from("B", b, "a", peer("a")[family])],
    ];
  });
}

const peer = (name: "a" | "b"): { ipv4: string; ipv6: string } => addressIn(SUBNETS[name], PEER);

/** What became of a flow while something happened. */
export interface Watched extends FloodReport {
  readonly name: string;
}

/** Datagrams a second. */
const RATE = 100;

/** Datagrams from the Internet and both networks to every address of the guest, while something happens. */
export class Watch {
  private readonly agents = new Agents();
  private floods: { name: string; report: Promise<FloodReport>; halt: () => Promise<void> }[] = [];

  async start(systems: Systems, guest: Guest, nics: readonly [Nic, Nic]): Promise<void> {
    const flows = flowsOf(systems, guest, nics).filter(({ server }) => server === guest.namespace);
    for (const { to } of flows) await this.agents.in(guest.namespace).serve("udp", to, 9);
    // Until every agent runs and is answered, nothing may happen: a loss before the first answer would be no gap.
    await Promise.all(
      flows.map(({ client, to }) =>
        this.agents.in(client).probe({ protocol: "udp", to, port: 9, timeout: 5000 }),
      ),
    );
    this.floods = flows.map(({ name, client, to }) => ({
      name,
      ...this.agents.in(client).flood({ to, port: 9, rate: RATE, duration: 120_000 }),
    }));
  }

  async stop(): Promise<Watched[]> {
    const watched = await Promise.all(
      this.floods.map(async ({ name, report, halt }) => {
        await halt();
        const all = await report;
        return { name, ...all, longestGap: Math.max(all.longestGap, (all.longestLoss * 1000) / RATE) };
      }),
    );
    await this.agents.close();
    return watched;
  }
}
