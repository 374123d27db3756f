import { sleep } from "../../lab/fabric/processes";
import { Guest, MANAGERS, Manager, Nic, Systems } from "../../lab/systems";
import { Agents, runMatrix } from "../../lab/traffic";
import { slowness } from "../kernel/support/slowness";
import { Addresses, readdressed } from "./support/addresses";
import { EVENTS, Event } from "./support/events";
import { Watch, Watched, dump, flowsOf, program, specOf } from "./support/host";
import { Report } from "./support/report";
import { LONG, describeOnSystems } from "./support/systems";

/** Milliseconds in which a host must be as it was, whatever befell it. */
const HEALED = 2000;

/** How often each event happens; more finds what happens seldom. */
const TIMES = Number(process.env.SYSTEMS_REPEAT ?? 1);

/** What anybody may do to a host, whichever daemon it has. */
const ANYWHERE: readonly Event[] = [
  { name: "`ip rule flush`", happen: (guest) => guest.sh("ip rule flush; ip -6 rule flush") },
  {
    name: "our tables are flushed",
    happen: (guest) =>
      guest.sh(`for f in -4 -6; do ip $f -o route show table all proto 77 | sed -n 's/.* table \\([0-9]*\\).*/\\1/p' |
        sort -u | while read -r t; do ip $f route flush table $t; done; done`),
  },
  {
    name: "unplugged, and plugged in again after 1 s",
    on: 1,
    happen: async (guest, nic) => {
      await guest.unplug(nic);
      await sleep(1000);
      await guest.plug(nic);
    },
  },
];

/** What has systemd-networkd set a link up anew, where it has not read our setting yet. */
const SET_UP: Readonly<Partial<Record<Manager, string>>> = {
  networkd: "`networkctl reload`, the interface's file changed",
  netplan: "`netplan apply`",
};

describeOnSystems("a plan that is kept in force", () => {
  let systems: Systems;
  const report = new Report("kept in force", [
    "host",
    "event",
    "took",
    "gap",
    "after it",
    "after addresses",
    "in",
    "leaked",
  ]);

  beforeAll(async () => {
    systems = await Systems.create();
  }, LONG);
  afterAll(async () => {
    report.print();
    await systems?.destroy();
  });

  const wrong = async (): Promise<number> =>
    Object.values(await systems.network.wrong()).reduce((sum, { packets }) => sum + packets, 0);

  async function failing(guest: Guest, nics: readonly [Nic, Nic]): Promise<string[]> {
    const results = await runMatrix(flowsOf(systems, guest, nics));
    return results.filter(({ ok }) => !ok).map(({ flow }) => flow.name);
  }

  const worst = (watched: readonly Watched[]): Watched =>
    watched.reduce((a, b) => (b.longestGap > a.longestGap ? b : a));

  /** What became of every flow, over an event and the time to heal. */
  async function watched(manager: Manager, guest: Guest, nics: readonly [Nic, Nic], event: Event) {
    await guest.addressed();
    const before = await wrong();
    const watch = new Watch();
    const addresses = new Addresses(guest, nics);
    await watch.start(systems, guest, nics);
    await sleep(300);
    const began = Date.now();
    let [over, forgotten, all] = [began, false, [] as Watched[]];
    try {
      await event.happen(guest, nics[event.on ?? 1]);
      over = Date.now();
      // Whatever its daemon takes to have its addresses again.
      await sleep(HEALED * slowness() + 500);
      while ((await guest.unaddressed()).length > 0) {
        forgotten ||= await readdressed(guest);
        await sleep(HEALED * slowness() + 500);
      }
    } finally {
      all = await watch.stop();
      await addresses.stop();
    }
    const { name, longestGap } = worst(all);
    // What came through without a gap worth the name had none when it was over.
    const gaps = all.filter((flow) => flow.longestGap > 100).map(({ resumed }) => resumed);
    const resumed = Math.max(over, ...gaps);
    const leaked = (await wrong()) - before;
    const since = { event: resumed - over, addresses: resumed - Math.max(over, addresses.complete) };
    const times = [over - began, Math.round(longestGap), since.event, Math.max(0, since.addresses)];
    const what = `${title(event)}${forgotten ? ", which networkd has forgotten an address over" : ""}`;
    report.add([manager, what, ...times.map((ms) => `${ms} ms`), name, String(leaked)]);
    return { ...since, leaked };
  }

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
      await well();
    }, LONG);
    afterAll(async () => {
      if (guest !== undefined) await systems.remove(guest);
    });

    /** Leases that it has just given up may take a moment on a busy machine: all must be well twice running. */
    async function well(): Promise<void> {
      for (let i = 0, times = 0; i < 20 && times < 2; i++) {
        await sleep(1000);
        // From an address that is not there nobody can be served.
        await readdressed(guest);
        times = (await failing(guest, nics)).length === 0 ? times + 1 : 0;
      }
    }

    test("every flow works", async () => expect(await failing(guest, nics)).toEqual([]), LONG);

    (manager in SET_UP ? test : test.skip)(
      "what systemd-networkd removes before it has read our setting is held back until it is there again",
      async () => {
        const event = EVENTS[manager].find(({ name }) => name === SET_UP[manager])!;
        const unread = { ...event, name: `${event.name}, before networkd has read our setting` };
        const { leaked } = await watched(manager, guest, nics, unread);
        expect({ leaked, failing: await failing(guest, nics) }).toEqual({ leaked: 0, failing: [] });
        // From now on it knows of it.
        await guest.sh("systemctl restart systemd-networkd");
        await well();
      },
      LONG,
    );

    test.each([...EVENTS[manager], ...ANYWHERE].map((event) => [title(event), event] as const))(
      "%s: healed in 2 s, and nothing has left by a wrong interface",
      async (_, event) => {
        for (let i = 0; i < TIMES; i++) {
          const { addresses, leaked } = await watched(manager, guest, nics, event);
          expect({ leaked, failing: await failing(guest, nics) }).toEqual({ leaked: 0, failing: [] });
          expect(addresses).toBeLessThan(HEALED * slowness());
        }
      },
      LONG * TIMES,
    );

    test(
      "nothing is done, or said, while nothing is wrong",
      async () => {
        await sleep(1500);
        const said = await guest.journal("-u", "multihome-monitor");
        const heard = await guest.sh("timeout 3 ip monitor link rule route; true");
        expect(heard).toBe("");
        expect(await guest.sh("sh /root/program apply 2>&1")).toBe("");
        expect(await guest.journal("-u", "multihome-monitor")).toBe(said);
        expect(await guest.sh("systemctl is-active multihome-monitor")).toBe("active\n");
      },
      LONG,
    );

    test(
      "what has been taken from the units is told, and put back by the next apply",
      async () => {
        const unit = "/etc/systemd/system/multihome-restore.service";
        await guest.sh(`rm ${unit}`);
        expect(await guest.sh("sh /root/program status")).toMatch(/^drift: yes$/m);
        const { status, stdout } = await guest.exec(["sh", "/root/program", "verify"]);
        expect([status, stdout]).toEqual([1, expect.stringContaining(unit)]);
        await program(guest, nics, "apply");
        expect(await guest.sh(`sh /root/program status; systemctl is-enabled multihome-restore`)).toMatch(
          /^drift: no\nkept: yes\nenabled$/m,
        );
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
        await sleep(1000);
        await Promise.all(calls.map(({ halt }) => halt()));
        await Promise.all(calls.map(({ report }) => report));
        await callers.close();
        const leaked = (await wrong()) - before;
        report.add([manager, "reboot", `${took + addressed} ms`, "", "", "", "", String(leaked)]);
        expect({ leaked, failing: await failing(guest, nics) }).toEqual({ leaked: 0, failing: [] });
      },
      LONG,
    );

    test(
      "a boot without one interface: the others' flows work, and all when it comes",
      async () => {
        await guest.unplug(nics[1]);
        await guest.reboot();
        await sleep(1000);
        const own = await runMatrix(flowsOf(systems, guest, nics).filter(({ name }) => !name.includes("B")));
        expect(own.filter(({ ok }) => !ok).map(({ flow }) => flow.name)).toEqual([]);
        expect(await guest.sh("systemctl is-active multihome-restore")).toBe("active\n");
        await guest.plug(nics[1]);
        const addressed = await guest.addressed();
        await sleep(HEALED * slowness());
        expect(await failing(guest, nics)).toEqual([]);
        report.add([manager, "an interface comes after the boot", `${addressed} ms`]);
      },
      LONG,
    );

    test(
      "removed, the host is what it was before",
      async () => {
        await program(guest, nics, "remove");
        await guest.sh("rm -rf /root/program /etc/systemd/network/*.d");
        expect(withoutPorts(await dump(guest))).toBe(withoutPorts(pristine));
        expect(await guest.sh("systemctl list-units --all --plain --no-legend 'multihome*'")).toBe("");
      },
      LONG,
    );
  });

  test(
    "a host that says persistence: volatile keeps nothing, and takes away what was kept",
    async () => {
      const { guest, nics } = await systems.boot("none", "networkd");
      try {
        await program(guest, nics, "apply");
        await program(guest, nics, "apply", specOf(nics, { persistence: "volatile" }));
        expect(await guest.sh("find /etc /var/lib -name '*multihome*' -o -path '*/multihome/*' | sort")).toBe(
          ["", "/committed", "/observed", "/program.1", "/restore"]
            .map((file) => `/var/lib/multihome${file}\n`)
            .join(""),
        );
        expect(await guest.sh("ip rule | grep -Ec '^(999[123]|1):|goto 1$' ; true")).toBe("0\n");
        expect(await failing(guest, nics)).toEqual([]);
      } finally {
        await systems.remove(guest);
      }
    },
    LONG,
  );
});

function title({ name, on }: Event): string {
  return on === undefined ? name : `${name}, interface ${on + 1}`;
}

/**
 * The numbers of devices are others after a reboot, and the kernel lists routes that are equal in the order in which their
 * links came up; an address that DHCP has taken over from us keeps its flag.
 */
const withoutPorts = (text: string): string =>
  text
    .replace(/^(\d+): (ens\d+)@if\d+/gm, "$2")
    .replace(/ nodad dynamic/g, " dynamic")
    .replace(/link-netnsid \d+/g, "")
    .replace(/^\d+: (?=lo|ens)/gm, "")
    .split("\n")
    .sort()
    .join("\n");
