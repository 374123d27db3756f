import { sleep } from "../../lab/fabric/processes";
import { Guest, MANAGERS, Manager, Nic, Systems } from "../../lab/systems";
import { Agents, runMatrix } from "../../lab/traffic";
import { EVENTS, Event } from "./support/events";
import { Watch, Watched, dump, flowsOf, program } from "./support/host";
import { LONG, describeOnSystems } from "./support/systems";

/** Milliseconds in which a host must be as it was, whatever befell it. */
const HEALED = 2000;

/** What anybody may do to a host, whichever daemon it has. */
const ANYWHERE: readonly Event[] = [
  { name: "`ip rule flush`", happen: (guest) => guest.sh("ip rule flush; ip -6 rule flush") },
  {
    name: "our tables are flushed",
    happen: (guest) =>
      guest.sh(`for f in -4 -6; do ip $f -o route show table all proto 77 | sed -n 's/.* table \\([0-9]*\\).*/\\1/p' |
        sort -u | while read -r t; do ip $f route flush table $t; done; done`),
  },
];

describeOnSystems("a plan that is kept in force", () => {
  let systems: Systems;
  beforeAll(async () => {
    systems = await Systems.create();
  }, LONG);
  afterAll(() => systems?.destroy());

  const wrong = async (): Promise<number> =>
    Object.values(await systems.network.wrong()).reduce((sum, { packets }) => sum + packets, 0);

  async function failing(guest: Guest, nics: readonly [Nic, Nic]): Promise<string[]> {
    const results = await runMatrix(flowsOf(systems, guest, nics));
    return results.filter(({ ok }) => !ok).map(({ flow }) => flow.name);
  }

  const worst = (watched: readonly Watched[]): Watched =>
    watched.reduce((a, b) => (b.longestGap > a.longestGap ? b : a));

  describe.each(MANAGERS)("under %s", (manager: Manager) => {
    let guest: Guest;
    let nics: readonly [Nic, Nic];
    let pristine: string;

    beforeAll(async () => {
      ({ guest, nics } = await systems.boot("host", manager));
      // Agents' and daemons' last words of the boot.
      await sleep(1500);
      pristine = await dump(guest);
      await program(guest, nics, "apply");
      // From now on it knows of its new setting.
      if (manager !== "NetworkManager") await guest.sh("systemctl restart systemd-networkd");
      await sleep(1500);
      // Leases that it has just given up may take a moment on a busy machine: all must be well twice running.
      for (let i = 0, well = 0; i < 20 && well < 2; i++) {
        well = (await failing(guest, nics)).length === 0 ? well + 1 : 0;
        await sleep(1000);
      }
    }, LONG);
    afterAll(async () => {
      if (guest !== undefined) await systems.remove(guest);
    });

    test("every flow works", async () => expect(await failing(guest, nics)).toEqual([]), LONG);

    test.each([...EVENTS[manager], ...ANYWHERE].map((event) => [title(event), event] as const))(
      "%s: healed in 2 s, and nothing has left by a wrong interface",
      async (_, event) => {
        await guest.addressed();
        const before = await wrong();
        const watch = new Watch();
        await watch.start(systems, guest, nics);
        await sleep(300);
        const began = Date.now();
        await event.happen(guest, nics[event.on ?? 1]);
        const took = Date.now() - began;
        await sleep(HEALED + 500);
        const watched = await watch.stop();
        const { name, longestGap } = worst(watched);
        const leaked = (await wrong()) - before;
        const gap = Math.round(longestGap);
        process.stderr.write(
          `${manager}: ${title(event)}: longest gap ${gap} ms (${name}), ${leaked} leaked\n`,
        );
        expect({ leaked, failing: await failing(guest, nics) }).toEqual({ leaked: 0, failing: [] });
        expect(longestGap).toBeLessThan(HEALED + took);
      },
      LONG,
    );

    test(
      "nothing is done, or said, while nothing is wrong",
      async () => {
        await sleep(1500);
        const said = await guest.journal("-u", "multihome-monitor");
        const heard = await guest.sh("timeout 3 ip monitor link rule route; true");
        expect(heard).toBe("");
        expect(await guest.journal("-u", "multihome-monitor")).toBe(said);
        expect(await guest.sh("systemctl is-active multihome-monitor")).toBe("active\n");
      },
      LONG,
    );

    test(
      "a reboot while it is called: every flow works again, and nothing has left by a wrong interface",
      async () => {
        const before = await wrong();
        const callers = new Agents();
        const calls = flowsOf(systems, guest, nics)
          .filter(({ server }) => server === guest.namespace)
          .map(({ client, to }) => callers.in(client).flood({ to, port: 9, rate: 50, duration: 60_000 }));
        const took = await guest.reboot();
        const addressed = await guest.addressed();
        await sleep(500);
        await Promise.all(calls.map(({ halt }) => halt()));
        await Promise.all(calls.map(({ report }) => report));
        await callers.close();
        const leaked = (await wrong()) - before;
        process.stderr.write(
          `${manager}: reboot ${took} ms, addresses ${addressed} ms later, ${leaked} leaked\n`,
        );
        expect({ leaked, failing: await failing(guest, nics) }).toEqual({ leaked: 0, failing: [] });
      },
      LONG,
    );

    test(
      "removed, the host is what it was before",
      async () => {
        await program(guest, nics, "remove");
        await guest.sh("rm -rf /root/program /etc/systemd/network/*.d");
        expect(withoutPorts(await dump(guest))).toBe(withoutPorts(pristine));
      },
      LONG,
    );
  });
});

function title({ name, on }: Event): string {
  return on === undefined ? name : `${name}, interface ${on + 1}`;
}

/** The numbers of devices are others after a reboot; an address that DHCP has taken over from us keeps its flag. */
const withoutPorts = (text: string): string =>
  text
    .replace(/^(\d+): (ens\d+)@if\d+/gm, "$2")
    .replace(/ nodad dynamic/g, " dynamic")
    .replace(/link-netnsid \d+/g, "")
    .replace(/^\d+: (?=lo|ens)/gm, "");
