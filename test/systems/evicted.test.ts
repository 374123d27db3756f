import * as path from "node:path";
import { sleep } from "../../lab/fabric/processes";
import { Guest, Manager, Nic, Systems } from "../../lab/systems";
import { runMatrix } from "../../lab/traffic";
import { HostSpec } from "../../lib/model/spec";
import { planHost } from "../../lib/plan";
import { persistenceFiles } from "../../lib/render/persistence";
import { dump, flowsOf, program, specOf } from "./support/host";
import { LONG, describeOnSystems } from "./support/systems";

/** Beside systemd-networkd a plan does not last that nothing puts back: refused, unless networkd has been told or the user has. */
describeOnSystems("a plan that somebody on the host would take away", () => {
  let systems: Systems;
  let guest: Guest;
  let nics: readonly [Nic, Nic];

  beforeAll(async () => {
    systems = await Systems.create();
  }, LONG);
  afterAll(() => systems?.destroy());

  const boot = async (manager: Manager): Promise<void> => {
    ({ guest, nics } = await systems.boot("host", manager));
  };
  /** The last line of what it says; "" when it is applied. */
  const applied = async (policy: HostSpec["policy"]): Promise<string> => {
    const before = await dump(guest);
    try {
      await program(guest, nics, "apply", specOf(nics, policy));
    } catch (error) {
      await guest.sh("rm /root/program");
      expect(await dump(guest)).toBe(before);
      return String(error);
    }
    await program(guest, nics, "remove");
    await guest.sh("rm /root/program");
    expect(await dump(guest)).toBe(before);
    return "";
  };
  const REFUSED = (why: string): RegExp =>
    new RegExp(`systemd-networkd removes rules that it has not made, as these, and ${why}, so nothing`);

  test(
    "is refused under systemd-networkd, with the host as it was, and applied when either has been told",
    async () => {
      await boot("networkd");
      try {
        expect(await applied({ persistence: "none" })).toMatch(REFUSED("policy.persistence is none"));
        expect(await applied({ persistence: "volatile" })).toBe("");
        expect(await applied({})).toBe("");
        const file = "/etc/systemd/networkd.conf.d/foreign.conf";
        await guest.sh(`mkdir -p ${file.replace(/\/[^/]*$/, "")}
          printf '[Network]\\nManageForeignRoutingPolicyRules = yes\\n' >${file}`);
        expect(await applied({ persistence: "none" })).toMatch(REFUSED("policy.persistence is none"));
        await guest.sh(`printf '[Network]\\nManageForeignRoutingPolicyRules = no\\n' >${file}`);
        expect(await applied({ persistence: "none" })).toBe("");
        await guest.sh(`rm ${file}; mount --bind /etc/systemd/system /etc/systemd/system
          mount -o remount,bind,ro /etc/systemd/system`);
        expect(await applied({})).toMatch(REFUSED("/etc/systemd/system cannot be written"));
        expect(await applied({ persistence: "volatile" })).toBe("");
      } finally {
        await systems.remove(guest);
      }
    },
    LONG,
  );

  test(
    "is kept in force by the units that are rendered for it, over a reboot too",
    async () => {
      await boot("networkd");
      try {
        const policy = { persistence: "none" } as const;
        const flows = flowsOf(systems, guest, nics);
        const failing = async (): Promise<number> => (await runMatrix(flows)).filter(({ ok }) => !ok).length;
        for (const { path: file, text, mode } of persistenceFiles(planHost(specOf(nics, policy))))
          await guest.sh(
            `mkdir -p /${path.dirname(file)}; cat >/${file}; chmod ${mode.toString(8)} /${file}`,
            text,
          );
        await guest.sh(
          "systemctl daemon-reload; systemctl enable -q multihome-close multihome-restore multihome-monitor",
        );
        expect(await failing()).not.toBe(0);
        await program(guest, nics, "apply", specOf(nics, policy));
        expect(await failing()).toBe(0);
        await guest.reboot();
        await guest.addressed();
        await sleep(500);
        expect(await failing()).toBe(0);
        expect(await guest.sh("systemctl is-active multihome-monitor")).toBe("active\n");
        await program(guest, nics, "remove", specOf(nics, policy));
        expect(await failing()).not.toBe(0);
      } finally {
        await systems.remove(guest);
      }
    },
    LONG,
  );

  test(
    "is applied under NetworkManager, which leaves rules alone",
    async () => {
      await boot("NetworkManager");
      try {
        expect(await applied({ persistence: "none" })).toBe("");
      } finally {
        await systems.remove(guest);
      }
    },
    LONG,
  );
});
