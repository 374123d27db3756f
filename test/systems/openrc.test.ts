import { sleep } from "../../lab/fabric/processes";
import { Guest, Nic, OPENRC, Systems } from "../../lab/systems";
import { runMatrix } from "../../lab/traffic";
import { openrcFiles } from "../../lib/render/persistence";
import { dump, flowsOf, program } from "./support/host";
import { LONG, describeOnImage } from "./support/systems";

/** A Debian that is run by sysvinit and OpenRC, its network by ifupdown, with the services of `render --to openrc`. */
describeOnImage("openrc")("a host that is run by OpenRC", () => {
  let systems: Systems;
  let guest: Guest;
  let nics: readonly [Nic, Nic];
  let before: string;

  beforeAll(async () => {
    systems = await Systems.create();
    guest = systems.guest("host", "openrc", OPENRC);
    nics = [systems.nic(0, "a"), systems.nic(1, "b")];
    guest.write({ "etc/network/interfaces": interfacesFile(nics) });
    await guest.boot(nics);
    await guest.addressed();
    before = await state();
  }, LONG);
  afterAll(() => systems?.destroy());

  /** A reboot gives the other ends of its cables other numbers. */
  const state = async (): Promise<string> => (await dump(guest)).replace(/@if\d+/g, "");
  const failing = async (): Promise<string[]> =>
    (await runMatrix(flowsOf(systems, guest, nics))).filter(({ ok }) => !ok).map(({ flow }) => flow.name);
  const wrong = async (): Promise<number> =>
    Object.values(await systems.network.wrong()).reduce((sum, { packets }) => sum + packets, 0);
  const monitors = async (): Promise<number> =>
    Number(await guest.sh("ps ax | grep -c '[i]p -N -o monitor' || :"));
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; !(await what()); i++) {
      if (i > 300) throw new Error("it does not come to that");
      await sleep(100);
    }
  };

  test(
    "loses flows by itself, and is told of the services when a plan is applied",
    async () => {
      expect(await failing()).toEqual(expect.arrayContaining(["i>B", "b>A", "i>B6", "b>A6"]));
      await guest.sh("cat >/root/program", "");
      await program(guest, nics, "apply");
      expect(await failing()).toEqual([]);
      const { stderr } = await guest.exec([
        "sh",
        "-c",
        "rm /var/lib/multihome/observed; sh /root/program apply",
      ]);
      expect(stderr).toMatch(/unless its OpenRC has the services of 'multihome render --to openrc'/);
    },
    LONG,
  );

  test(
    "has them added and started, says no more, and is healed by the one",
    async () => {
      for (const { path: name, text, mode } of openrcFiles())
        await guest.sh(`cat >/${name} && chmod ${mode.toString(8)} /${name}`, text);
      await guest.sh("rc-update add multihome-close sysinit && rc-update add multihome default");
      await guest.sh("rc-service multihome start");
      const { stderr } = await guest.exec([
        "sh",
        "-c",
        "rm /var/lib/multihome/observed; sh /root/program apply",
      ]);
      expect(stderr).toBe("");
      await until(async () => (await monitors()) === 1);
      await guest.sh("ip rule flush protocol 77; ip -6 rule flush protocol 77");
      await until(async () => (await guest.sh("ip rule")).includes(`from ${nics[1].ipv4}`));
      await sleep(1000);
      expect(await failing()).toEqual([]);
    },
    LONG,
  );

  test(
    "supervises it: another comes when it is killed, and none is left when it is stopped",
    async () => {
      const first = await guest.sh("cat /run/multihome/monitor");
      await guest.sh("read -r pid _ </run/multihome/monitor && kill -9 $pid");
      await until(async () => (await guest.sh("cat /run/multihome/monitor")) !== first);
      await until(async () => (await monitors()) === 1);
      await guest.sh("ip rule flush protocol 77");
      await until(async () => (await guest.sh("ip rule")).includes(`from ${nics[1].ipv4}`));
      await guest.sh("rc-service multihome stop");
      await until(async () => (await monitors()) === 0);
      await until(async () => (await guest.sh("ps ax | grep '[m]ultihome/' || :")) === "");
      expect(await failing()).toEqual([]);
      await guest.sh("rc-service multihome start");
    },
    LONG,
  );

  test(
    "has its plan in force again after a reboot, and nothing has left by a wrong interface",
    async () => {
      const then = await wrong();
      await guest.reboot();
      await guest.addressed();
      await guest.sh("rc-service multihome-close status && rc-service multihome status");
      await until(async () => (await guest.exec(["sh", "/var/lib/multihome/run", "verify"])).status === 0);
      expect(await failing()).toEqual([]);
      expect((await wrong()) - then).toBe(0);
      await until(async () => (await monitors()) === 1);
    },
    LONG,
  );

  test(
    "is without a plan, and left as it was, when it is removed",
    async () => {
      await guest.sh("sh /var/lib/multihome/run remove");
      await guest.sh(
        "rc-service multihome stop; rc-update del multihome; rc-update del multihome-close sysinit",
      );
      await guest.sh("rm /root/program /etc/init.d/multihome /etc/init.d/multihome-close");
      await until(async () => (await monitors()) === 0);
      expect(await state()).toBe(before);
      await guest.reboot();
      await guest.addressed();
      expect(await guest.sh("ip rule; ip -6 rule")).not.toMatch(/proto|unreachable/);
    },
    LONG,
  );
});

/** As an administrator of a Debian without systemd writes it. */
function interfacesFile(nics: readonly Nic[]): string {
  const one = ({ device, index, ipv4, ipv6, subnet }: Nic): string => `
auto ${device}
iface ${device} inet static
  address ${ipv4}/${subnet.ipv4.length}
${index === 0 ? `  gateway ${subnet.ipv4.gateway}\n` : ""}iface ${device} inet6 static
  address ${ipv6}/${subnet.ipv6.length}
  dad-attempts 0
  accept_ra 1
`;
  return `auto lo\niface lo inet loopback\n${nics.map(one).join("")}`;
}
