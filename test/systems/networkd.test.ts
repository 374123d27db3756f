import { sleep } from "../../lab/fabric/processes";
import { Guest, Nic, Systems, managerFiles } from "../../lab/systems";
import { Flow, runMatrix } from "../../lab/traffic";
import { HOST_CAPTURE_COMMAND, readHostCapture } from "../../lib/doctor/capture";
import { prove } from "../../lib/linux";
import { HostSpec } from "../../lib/model/spec";
import { buildPlan, normalize } from "../../lib/plan";
import { intentOf } from "../../lib/prove/intent";
import { networkdFiles } from "../../lib/render/networkd";
import { EVENTS } from "./support/events";
import { Watch, dump, flowsOf, specOf } from "./support/host";
import { LONG, describeOnSystems } from "./support/systems";

const FURTHER = ["10.91.2.77", "fd91:0:0:2::4d"];

/** The plan rendered for systemd-networkd, on a real one, with nothing of ours running. */
describeOnSystems("a plan in systemd-networkd's own words", () => {
  let systems: Systems;
  let guest: Guest;
  let nics: readonly [Nic, Nic];
  let spec: HostSpec;

  beforeAll(async () => {
    systems = await Systems.create();
    guest = systems.guest("native");
    nics = [systems.nic(0, "a"), { ...systems.nic(1, "b"), secondary: FURTHER }];
    spec = hostOf(nics);
    const files = networkdFiles(buildPlan(normalize(spec)), "10-@.network");
    guest.write({
      ...managerFiles("networkd", nics),
      ...Object.fromEntries(files.map(({ path, text }) => [path, text])),
    });
    await guest.boot(nics);
    await guest.addressed();
    await settled();
  }, LONG);
  afterAll(() => systems?.destroy());

  const wrong = async (): Promise<number> =>
    Object.values(await systems.network.wrong()).reduce((sum, { packets }) => sum + packets, 0);

  const failing = async (): Promise<string[]> =>
    (await runMatrix(flows())).filter(({ ok }) => !ok).map(({ flow }) => flow.name);

  /** Those of the first addresses, and of those that the plan alone brings. */
  function flows(): Flow[] {
    const [a, b] = nics;
    const further = { ...b, ipv4: FURTHER[0], ipv6: FURTHER[1] };
    const more = flowsOf(systems, guest, [a, further]).filter(
      ({ from, to }) => FURTHER.includes(from ?? "") || FURTHER.includes(to),
    );
    return [...flowsOf(systems, guest, nics), ...more.map((flow) => ({ ...flow, name: `${flow.name}'` }))];
  }

  /** Until networkd is done with every link, at most 10 s. */
  async function settled(): Promise<void> {
    for (let i = 0; i < 50; i++) {
      const list = await guest.sh("networkctl list --no-legend --no-pager");
      if (nics.every(({ device }) => new RegExp(` ${device} +\\S+ +\\S+ +configured`).test(list))) return;
      await sleep(200);
    }
    throw new Error(
      `networkd is not done\n${await guest.sh("networkctl list; networkctl status ens5 ens6 -n 40")}`,
    );
  }

  test(
    "is taken as it is: networkd complains of nothing in the files",
    async () => {
      const said = await guest.journal("-u", "systemd-networkd");
      expect(said).toMatch(/ens6: Gained carrier/);
      // The name that DHCP gives is polkit's to allow, which starts when it may.
      const ofFiles = said.replace(/.*Could not set hostname.*/g, "");
      expect(ofFiles).not.toMatch(/50-multihome|Unknown|Failed|Could not|Invalid|ignoring/i);
    },
    LONG,
  );

  test("is in force after the boot: every flow works", async () => expect(await failing()).toEqual([]), LONG);

  test(
    "is proved of the host as it then is, for every packet",
    async () => {
      const { state } = readHostCapture(await guest.sh(HOST_CAPTURE_COMMAND));
      expect(state.gaps).toEqual([]);
      const devices = Object.fromEntries(spec.interfaces.map(({ name, match }) => [name, match!.ifname!]));
      const proof = prove(state, intentOf(normalize(spec), devices), {
        properties: ["P1", "P2", "P3", "P4", "P5", "P6", "P9"],
      });
      expect(proof.results.filter(({ verdict }) => verdict !== "proved")).toEqual([]);
      expect(proof.verdict).toBe("proved");
    },
    LONG,
  );

  test(
    "fails closed: a source whose table is empty leaves by no other interface",
    async () => {
      const before = await wrong();
      const tables = await guest.sh(
        "ip -o -6 route show table all proto 77; ip -o route show table all proto 77",
      );
      for (const table of new Set(tables.match(/(?<=table )\d+/g))) {
        await guest.sh(`ip route flush table ${table}; ip -6 route flush table ${table}`);
      }
      const lost = await failing();
      expect(lost).toEqual(expect.arrayContaining(["i>A", "i>B", "i>A6", "i>B6"]));
      expect(await wrong()).toBe(before);
      await guest.sh(`networkctl reconfigure ${nics[0].device} ${nics[1].device}`);
      await settled();
      await guest.addressed();
    },
    LONG,
  );

  test.each(EVENTS.networkd.map((event) => [`${event.name}${event.on ? ", second interface" : ""}`, event]))(
    "every flow works again after %s",
    async (name, event) => {
      await guest.addressed();
      await settled();
      const before = await wrong();
      const watch = new Watch();
      await watch.start(systems, guest, nics);
      await event.happen(guest, nics[event.on ?? 1]);
      await sleep(3000);
      await settled();
      const longest = Math.max(...(await watch.stop()).map(({ longestGap }) => longestGap));
      const leaked = (await wrong()) - before;
      process.stderr.write(`native: ${name}: longest gap ${Math.round(longest)} ms, ${leaked} leaked\n`);
      expect(await failing()).toEqual([]);
    },
    LONG,
  );

  test(
    "taken off, leaves nothing of ours",
    async () => {
      await guest.sh(
        `rm -r /etc/systemd/network/*.network.d /etc/sysctl.d/50-multihome.conf; networkctl reload`,
      );
      await sleep(1000);
      await settled();
      const ours = /proto(col)? 77|suppress_(prefix|ifgroup)|10\.91\.2\.77|unreachable|group 77/;
      const lines = (await dump(guest)).split("\n");
      // A network's file has no word for "the group as it was".
      expect(lines.flatMap((line) => ours.exec(line)?.[0] ?? [])).toEqual(["group 77", "group 77"]);
    },
    LONG,
  );

  test(
    "and is what made the difference: without it flows are lost, by the source check",
    async () => {
      const results = await runMatrix(flowsOf(systems, guest, nics));
      expect(results.filter(({ ok }) => !ok).map(({ flow }) => flow.name)).toEqual(
        expect.arrayContaining(["i>B", "b>A", "i>B6", "b>A6"]),
      );
    },
    LONG,
  );
});

function hostOf(nics: readonly [Nic, Nic]): HostSpec {
  const host = specOf(nics);
  return {
    ...host,
    interfaces: host.interfaces.map((iface, i) => ({
      ...iface,
      match: { ...iface.match, ifname: nics[i].device },
      addresses: [
        ...iface.addresses!,
        ...nics[i].secondary.map((address) => `${address}/${address.includes(":") ? 64 : 24}`),
      ],
    })),
  };
}
