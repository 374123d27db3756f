import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { MANAGEMENT, machineFiles, whyNoMachines } from "../../../lab/systems/vm/files";
import { Machine } from "../../../lab/systems/vm/machine";
import { HostSpec } from "../../../lib/model/spec";
import { planHost } from "../../../lib/plan";
import { renderProgram } from "../../../lib/render";
import { Namespace, Namespaces } from "../../kernel/support/netns";

/**
 * Three networks with the same addresses on one machine with a kernel of its own, which has VRFs: two in a VRF each, one
 * in a namespace. What each world's host on the network got is counted there.
 *
 *     ens5 --- front   192.168.1.1      ens7 --- blue    10.0.0.1   VRF
 *     ens6 --- red     10.0.0.1   VRF   ens8 --- green   10.0.0.1   namespace
 */

const NETS = ["front", "red", "blue", "green"] as const;
type Net = (typeof NETS)[number];
const WORLDS = NETS.slice(1);
const MAC = (i: number): string => `02:5e:00:00:77:0${i}`;
const SPEC: HostSpec = {
  name: "guest",
  interfaces: [
    {
      name: "front",
      match: { mac: MAC(0) },
      addresses: [`${MANAGEMENT.address}/${MANAGEMENT.length}`],
      gateways: [MANAGEMENT.gateway],
    },
    ...WORLDS.map((name, i) => ({
      name,
      match: { mac: MAC(i + 1) },
      addresses: ["10.0.0.10/24", "fd00:a::10/64"],
      gateways: ["10.0.0.1", "fe80::1"],
    })),
  ],
  policy: {
    worlds: WORLDS.map((name) => ({
      name: `w-${name}`,
      kind: name === "green" ? ("netns" as const) : ("vrf" as const),
      interfaces: [name],
    })),
  },
};
const PROGRAM = renderProgram(planHost(SPEC));
/** The same with one more address of each family on every world's interface. */
const MORE = renderProgram(
  planHost({
    ...SPEC,
    interfaces: SPEC.interfaces.map((one) =>
      one.name === "front"
        ? one
        : { ...one, addresses: [...one.addresses!, "10.0.0.11/24", "fd00:a::11/64"] },
    ),
  }),
);
/** The same addresses, far beyond each network's gateway. */
const FAR = { 4: "203.0.113.5", 6: "2001:db8:f::5" };
/** Milliseconds a test with an emulated machine may take. */
const LONG = 500_000;

/** An ip that does something once before it first starts after a commit. */
const between = (act: string): string => `#!/bin/sh
if [ ! -e /root/met ] && ! cmp -s /var/lib/multihome/committed /root/committed; then
  : >/root/met
  ${act}
fi
exec $(PATH=\${PATH#*:} command -v ip) "$@"
`;

const reason = whyNoMachines();
if (reason !== undefined) process.stderr.write(`virtual machines cannot be had: ${reason}\n`);

(reason === undefined ? describe : describe.skip)("worlds on a kernel with VRFs", () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
  const namespaces = new Namespaces("worldvm");
  const peers = {} as Record<Net, Namespace>;
  let machine: Machine;
  let pristine: string;

  beforeAll(async () => {
    const fabric = namespaces.create("fabric");
    NETS.forEach((name, i) => {
      const peer = (peers[name] = namespaces.create(name));
      const front = name === "front";
      fabric.ip(`link add ${name} type bridge forward_delay 0 mcast_snooping 0`);
      fabric.ip(`link set ${name} up`);
      fabric.ip(`tuntap add dev tap${i} mode tap`);
      fabric.ip(`link set tap${i} master ${name} up`);
      namespaces.connect([fabric, `to${name}`], [peer, "eth0"]);
      fabric.ip(`link set to${name} master ${name}`);
      peer.ip(`addr add ${front ? MANAGEMENT.gateway : "10.0.0.1"}/24 dev eth0`);
      peer.ip("addr add fe80::1/64 dev eth0 nodad");
      if (!front) peer.ip("addr add fd00:a::1/64 dev eth0 nodad");
      for (const far of Object.values(FAR)) peer.ip(`addr add ${far} dev lo`);
    });
    const nics = NETS.map((_, i) => ({ tap: `tap${i}`, mac: MAC(i) }));
    const network = { namespace: fabric.name, operator: peers.front.name, nics };
    machine = new Machine(machineFiles(), network, directory);
    process.stdout.write(`virtual machine: sshd answers ${await machine.boot()} ms after power-on\n`);
    pristine = await dump();
  }, LONG);
  afterAll(async () => {
    await machine?.stop();
    await namespaces.destroy();
    fs.rmSync(directory, { recursive: true, force: true });
  }, LONG);

  /** But for the rule of VRFs, which the kernel makes once a boot, and would not again. */
  const dump = (): Promise<string> =>
    machine.sh(`for f in -4 -6; do ip $f -N rule | grep -v '^1000:'; ip $f -N route show table all; done | sort
      ip -br link | sort; ip -br addr; ip netns; find /etc /var/lib/multihome /usr/local | sort`);

  /** Echo requests that each network's host has got so far, of both families. */
  function received(net: Net): number {
    const count = (file: string, pattern: RegExp): number =>
      Number(pattern.exec(peers[net].ok("cat", `/proc/net/${file}`))?.[1]);
    const [names, values] = peers[net]
      .ok("cat", "/proc/net/snmp")
      .split("\n")
      .filter((line) => line.startsWith("Icmp: "));
    return (
      Number(values.split(" ")[names.split(" ").indexOf("InEchos")]) +
      count("snmp6", /^Icmp6InEchos\s+(\d+)/m)
    );
  }

  /** What arrives where when one world speaks: ten to its gateway, ten beyond, half of them in each family. */
  async function spoken(net: Net): Promise<Record<string, number>> {
    const enter = net === "front" ? "" : net === "green" ? "ip netns exec w-green" : `ip vrf exec w-${net}`;
    const near = net === "front" ? [MANAGEMENT.gateway] : ["10.0.0.1", "fd00:a::1"];
    const far = net === "front" ? [FAR[4]] : Object.values(FAR);
    const before = NETS.map(received);
    const heard = await machine.sh(
      [...near, ...far]
        .map((to) => `${enter} ping -q -c5 -i0.2 -W5 ${to} | grep -o '[0-9]* received'`)
        .join("\n"),
    );
    expect(heard).toBe("5 received\n".repeat(near.length + far.length));
    return Object.fromEntries(NETS.map((name, i) => [name, received(name) - before[i]]));
  }

  async function allAsPlanned(): Promise<void> {
    expect(await machine.sh("sh /root/program verify")).toMatch(/^\d+ flows are as planned\n$/);
    for (const net of NETS) {
      const expected = Object.fromEntries(
        NETS.map((name) => [name, name !== net ? 0 : net === "front" ? 10 : 20]),
      );
      expect([net, await spoken(net)]).toEqual([net, expected]);
    }
    // From outside, what is another world's, or the host's own, is not reached through a world.
    const before = NETS.map(received);
    for (const net of WORLDS) {
      peers[net].ip(`route replace ${MANAGEMENT.address} via 10.0.0.10`);
      expect(peers[net].run(["ping", "-c3", "-i0.2", "-W1", MANAGEMENT.address]).stdout).toContain(
        "0 received",
      );
      // Its own address it is, and sshd is not behind it.
      expect(peers[net].run(["ping", "-c3", "-i0.2", "-W5", "10.0.0.10"]).stdout).toContain("3 received");
      const connect = ["curl", "-sS", "-m", "5", "telnet://10.0.0.10:22"];
      // Refused; what is lost on the way ends with 28.
      expect(peers[net].run(connect, { timeout: 20_000 }).status).toBe(7);
    }
    expect(NETS.map(received)).toEqual(before);
  }

  test(
    "one table has room for one of networks with the same addresses: the others get nothing",
    async () => {
      await machine.sh(
        `for d in ens6 ens7 ens8; do ip link set $d up; ip addr add 10.0.0.10/24 dev $d; done`,
      );
      const before = WORLDS.map(received);
      await machine.run("ping -q -c5 -i0.2 -W1 10.0.0.1");
      expect(WORLDS.map((net, i) => received(net) - before[i])).toEqual([5, 0, 0]);
      await machine.sh(`for d in ens6 ens7 ens8; do ip addr flush dev $d; ip link set $d down; done`);
    },
    LONG,
  );

  test(
    "each reaches its own network, and no packet gets to another",
    async () => {
      await machine.sh("cat >/root/program", PROGRAM);
      await machine.sh("MULTIHOME_WAIT=20 sh /root/program apply");
      expect(await machine.sh("ip -br link show type vrf | wc -l; ip netns")).toMatch(/^2\nw-green/);
      await allAsPlanned();
    },
    LONG,
  );

  test(
    "applied again, it does nothing",
    async () => {
      const heard = await machine.sh(`ip monitor link rule route address >/tmp/heard & sleep 1
      sh /root/program apply 2>&1; sleep 1; kill $!; cat /tmp/heard`);
      expect(heard).toBe("");
      expect(await machine.sh("sh /root/program status")).toContain("drift: no");
    },
    LONG,
  );

  test.each([
    [
      "the lookup of the host's own addresses",
      "more",
      "ip rule del priority 1001",
      "ip -N rule show priority 1001",
    ],
    [
      "a setting",
      "program",
      "echo 0 >/proc/sys/net/ipv4/conf/ens7/arp_ignore",
      "cat /proc/sys/net/ipv4/conf/ens7/arp_ignore",
    ],
  ])(
    "%s, taken away between a commit and the last look, is had again by the next apply",
    async (_, plan, act, told) => {
      await machine.sh("cat >/root/more", MORE);
      await machine.sh("mkdir -p /root/bin && cat >/root/bin/ip", between(act));
      // In one session, which may not get through meanwhile; and the monitor is not to be quicker.
      const said = await machine.sh(`systemctl stop multihome-monitor
        printf '#!/bin/sh\n' >/root/bin/systemctl; chmod 755 /root/bin/*; rm -f /root/met
        cp /var/lib/multihome/committed /root/committed; ${told} >/root/before
        PATH=/root/bin:$PATH sh /root/${plan} apply 2>/dev/null; echo $?
        ${told} | cmp -s - /root/before; echo $?
        sh /root/${plan} status | grep drift
        sh /root/${plan} apply 2>/dev/null; echo $?
        ${told} | cmp -s - /root/before; echo $?
        sh /root/${plan} status | grep drift
        sh /root/${plan} verify >/dev/null; echo $?`);
      expect(said.trim().split("\n")).toEqual(["0", "1", "drift: yes", "0", "0", "drift: no", "0"]);
    },
    LONG,
  );

  /** Echo requests, 20 a second, to each address of the guest; those of a network are of a length of their own. */
  const length = (net: Net): number => 60 + 8 * NETS.indexOf(net);
  function pings() {
    const started = NETS.flatMap((net) =>
      (net === "front" ? [MANAGEMENT.address] : ["10.0.0.10", "fd00:a::10"]).map((to) => ({
        net,
        ping: peers[net].start(["ping", "-n", "-i", "0.05", "-s", String(length(net)), to]),
      })),
    );
    for (const net of NETS)
      expect(
        peers[net].run(["nft", "-f", "-"], {
          input: `table inet watch {
            counter wrong { }
            chain in {
              type filter hook input priority 0;
              icmp type echo-reply meta length != ${length(net) + 28} counter name wrong
              icmpv6 type echo-reply meta length != ${length(net) + 48} counter name wrong
            }
          }\n`,
        }).status,
      ).toBe(0);
    return {
      /** By network: answers, requests without one among those before the last answered, and answers of others. */
      async end() {
        const heard = await Promise.all(
          started.map(async ({ net, ping }) => {
            const all = (await ping.stop("SIGINT")).matchAll(/bytes from .* icmp_seq=(\d+)/g);
            const seen = new Set([...all].map(([, seq]) => Number(seq)));
            return { net, answers: seen.size, lost: Math.max(0, ...seen) - seen.size };
          }),
        );
        return NETS.map((net) => {
          const own = heard.filter((one) => one.net === net);
          const wrong = /packets (\d+)/.exec(
            peers[net].ok("nft", "list", "counter", "inet", "watch", "wrong"),
          );
          peers[net].ok("nft", "delete", "table", "inet", "watch");
          const sum = (of: (one: (typeof own)[number]) => number) => own.reduce((n, one) => n + of(one), 0);
          return { net, answers: sum((o) => o.answers), lost: sum((o) => o.lost), wrong: Number(wrong?.[1]) };
        });
      },
    };
  }

  test(
    "plans alternate under load: nothing is lost in any network, nor does it come into another; control: without an address",
    async () => {
      await machine.sh("cat >/root/more", MORE);
      const load = pings();
      await machine.sh("sh /root/more apply && sh /root/program apply");
      const results = await load.end();
      process.stdout.write(
        `worlds of a virtual machine under load, 2 applies: ${results
          .map(
            ({ net, answers, lost, wrong }) => `${net} ${lost} of ${answers + lost} lost, ${wrong} of others`,
          )
          .join("; ")}\n`,
      );
      for (const { net, answers, lost, wrong } of results) {
        expect([net, lost, wrong]).toEqual([net, 0, 0]);
        expect(answers).toBeGreaterThan(50);
      }
      const control = pings();
      await machine.sh(
        "sleep 1; ip -4 addr flush dev ens6; sleep 1; ip addr add 10.0.0.10/24 dev ens6; sh /root/program apply; sleep 1",
      );
      const [, red] = await control.end();
      expect(red.lost).toBeGreaterThan(5);
      expect(await machine.sh("sh /root/program verify")).toMatch(/^\d+ flows are as planned\n$/);
    },
    LONG,
  );

  test(
    "all of it is there again after a reboot",
    async () => {
      process.stdout.write(
        `virtual machine: sshd answers ${await machine.reboot()} ms after the order to reboot\n`,
      );
      await machine.sh(
        `until systemctl is-active -q multihome-restore; do
           [ $(cut -d. -f1 /proc/uptime) -lt 180 ] || { journalctl -u 'multihome*'; exit 1; }
           sleep 1
         done`,
      );
      await allAsPlanned();
    },
    LONG,
  );

  test(
    "removal gives every interface back, and leaves nothing",
    async () => {
      expect(await machine.sh("sh /root/program remove 2>&1")).toBe("");
      expect(await dump()).toBe(pristine);
    },
    LONG,
  );
});
