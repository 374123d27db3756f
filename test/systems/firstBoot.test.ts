import { gzipSync } from "node:zlib";
import { sleep } from "../../lab/fabric/processes";
import { Files, Guest, INTERNET, Nic, Systems, managerFiles, metadataOf } from "../../lab/systems";
import { runMatrix } from "../../lab/traffic";
import { planHost } from "../../lib/plan";
import { planFleet } from "../../lib/plan/fleet";
import { renderCloudInit } from "../../lib/render/cloudInit";
import { renderFleetProgram, renderFleetUserData } from "../../lib/render/cloudInit/fleet";
import { flowsOf, program, specOf } from "./support/host";
import { LONG, describeOnSystems } from "./support/systems";

/** What the first service finds when it starts: the way from the second interface's address. */
const FOUND = "/var/lib/found";

const FIRST_SERVICE = (nic: Nic): string => `[Unit]
Description=A service that listens on all addresses
Before=ssh.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c '{ ip -o route get ${INTERNET.ipv4.address} from ${nic.ipv4}; ip -o -6 route get ${INTERNET.ipv6.address} from ${nic.ipv6}; } >>${FOUND} 2>&1'
`;

/** A machine whose real cloud-init finds user data on its disk (data source NoCloud). */
const cloudInit = (userData: string | Uint8Array, nic: Nic): Files => ({
  // Hides the file by which the image switches it off.
  "etc/cloud/cloud-init.disabled": { link: "/nowhere" },
  "etc/cloud/cloud.cfg.d/99-lab.cfg": "datasource_list: [NoCloud]\nnetwork: {config: disabled}\n",
  "var/lib/cloud/seed/nocloud/meta-data": "instance-id: i-0123456789abcdef0\n",
  "var/lib/cloud/seed/nocloud/user-data": userData,
  "etc/systemd/system/first.service": FIRST_SERVICE(nic),
  "etc/systemd/system/multi-user.target.wants/first.service": { link: "/etc/systemd/system/first.service" },
});

describeOnSystems("a machine that gets its plan as user data", () => {
  let systems: Systems;
  let guest: Guest;
  let nics: readonly [Nic, Nic];

  beforeAll(async () => {
    systems = await Systems.create();
  }, LONG);
  afterAll(() => systems?.destroy());
  beforeEach(() => {
    guest = systems.guest("first");
    nics = [systems.nic(0, "a"), systems.nic(1, "b")];
  });
  afterEach(() => systems.remove(guest));

  const userData = (): Uint8Array => gzipSync(renderCloudInit(planHost(specOf(nics))), { level: 9 });
  const write = (data: string | Uint8Array): void =>
    guest.write({ ...managerFiles("networkd", nics), ...cloudInit(data, nics[1]) });
  const devices = async (): Promise<string[]> =>
    (await guest.sh(`cat ${FOUND}`)).match(/(?<= dev )\S+|unreachable/g) ?? [];
  const failing = async (): Promise<string[]> =>
    (await runMatrix(flowsOf(systems, guest, nics))).filter(({ ok }) => !ok).map(({ flow }) => flow.name);

  test(
    "without any, routes by the wrong interface when its first service starts",
    async () => {
      write("#cloud-config\n{}\n");
      await guest.boot(nics);
      await guest.addressed();
      expect(await devices()).toEqual(["ens5", "ens5"]);
      expect(await failing()).not.toEqual([]);
    },
    LONG,
  );

  test(
    "routes symmetrically before its first service starts, and after a reboot by what is committed then",
    async () => {
      expect(userData().length).toBeLessThan(16_384);
      write(userData());
      await guest.boot(nics);
      expect(await devices()).toEqual(["ens6", "ens6"]);
      await guest.exec(["cloud-init", "status", "--wait"]);
      expect(await guest.sh("cat /var/log/cloud-init.log")).not.toMatch(/Boothooks script .* error/);
      expect(await failing()).toEqual([]);

      // A later change, as it comes by SSH: the user data is old from now on.
      const [a, b] = nics;
      const later = specOf(nics);
      later.interfaces[0].routes = [{ to: "203.0.113.0/24", via: a.subnet.ipv4.gateway }];
      await program(guest, nics, "apply", later);
      await guest.reboot();
      await guest.addressed();
      const said = await guest.sh(
        "cat /var/log/multihome-first-boot.log; journalctl -o short-precise -u 'multihome-*'",
      );
      expect({ said, devices: await devices() }).toEqual({ said, devices: ["ens6", "ens6", "ens6", "ens6"] });
      expect(await guest.sh("ip route show table all proto 77")).toContain("203.0.113.0/24");
      expect(await failing()).toEqual([]);
      expect(b.device).toBe("ens6");
    },
    2 * LONG,
  );

  test(
    "waits for an interface that is attached when it has long been starting",
    async () => {
      write(userData());
      const booted = guest.boot([nics[0]]);
      await sleep(5000);
      await guest.plug(nics[1]);
      await booted;
      expect(await devices()).toEqual(["ens6", "ens6"]);
      await guest.addressed();
      expect(await failing()).toEqual([]);
    },
    LONG,
  );

  test(
    "of a fleet finds its addresses by the metadata service before its first service starts, and keeps its plan",
    async () => {
      // The lab's subnets have different routers in IPv6, and those of a fleet the same.
      const interfaces = nics.map((nic) => ({ name: nic.subnet.name, deviceIndex: nic.index }));
      const fleet = planFleet({ name: "guest", interfaces }, "fe80::1");
      const told = Object.entries(metadataOf(nics)).filter(([key]) => !key.includes("ipv6"));
      await systems.network.metadata.say(Object.fromEntries(told));
      write(gzipSync(renderFleetUserData(fleet, "file:///opt/fleet.sh"), { level: 9 }));
      guest.write({ "opt/fleet.sh": renderFleetProgram(fleet) });
      await guest.boot(nics);
      systems.network.metadata.stop();
      expect((await devices())[0]).toBe("ens6");
      await guest.addressed();
      expect((await failing()).filter((flow) => !flow.includes("6"))).toEqual([]);
      expect(await guest.sh("systemctl is-active multihome-monitor")).toBe("active\n");
      await guest.reboot();
      await guest.addressed();
      expect((await failing()).filter((flow) => !flow.includes("6"))).toEqual([]);
    },
    2 * LONG,
  );

  test(
    "starts without the plan when an interface never comes, and says so",
    async () => {
      write(userData());
      const began = Date.now();
      const booted = guest.boot([nics[0]]).catch((error: unknown) => error);
      await sleep(75_000);
      await booted;
      await guest.sh("until systemctl is-active -q multi-user.target; do sleep 1; done");
      expect(Date.now() - began).toBeLessThan(100_000);
      const said = await guest.sh("cat /var/log/multihome-first-boot.log");
      expect(said).toMatch(/multihome: interface b: no device has mac/);
      expect(said).toMatch(/multihome: the plan is not in force/);
    },
    2 * LONG,
  );
});
