import { Guest, Nic, Systems } from "../../../lab/systems";
import { runMatrix } from "../../../lab/traffic";
import { dump, flowsOf, inForce, program, reconfigured, specOf } from "../support/host";
import { LONG, describeOnSystems } from "../support/systems";

/** The main job on a real Debian under systemd-networkd, with a control for each step. All else is in ../. */
describeOnSystems("a real system", () => {
  let systems: Systems;
  let guest: Guest;
  let nics: readonly [Nic, Nic];

  beforeAll(async () => {
    systems = await Systems.create();
    ({ guest, nics } = await systems.boot("host", "networkd"));
  }, LONG);
  afterAll(() => systems?.destroy());

  const failing = async (): Promise<string[]> =>
    (await runMatrix(flowsOf(systems, guest, nics))).filter(({ ok }) => !ok).map(({ flow }) => flow.name);

  test(
    "loses flows as it comes, by its source check",
    async () => {
      expect(await failing()).toEqual(
        [4, 6].flatMap((f) => {
          const six = f === 6 ? "6" : "";
          return [`i>B${six}`, `b>A${six}`, `a>B${six}`, `B${six}>i`, `A${six}>b`, `B${six}>a`];
        }),
      );
      const wrong = Object.values(await systems.network.wrong());
      expect(wrong.every(({ packets }) => packets > 0)).toBe(true);
    },
    LONG,
  );

  test(
    "is refused with nothing to keep it; has every flow when it is applied in spite of that, and with nothing to keep it loses them again when networkd sets a link up anew",
    async () => {
      const before = await dump(guest);
      await expect(program(guest, nics, "apply", specOf(nics, { persistence: "none" }))).rejects.toThrow(
        /systemd-networkd removes rules .* policy\.persistence is none, .* ManageForeignRoutingPolicyRules=no/,
      );
      await guest.sh("rm /root/program");
      expect(await dump(guest)).toBe(before);
      await program(guest, nics, "apply", specOf(nics, { persistence: "volatile" }));
      expect(await failing()).toEqual([]);
      await reconfigured(guest, nics[1]);
      expect(await failing()).not.toEqual([]);
    },
    LONG,
  );

  test(
    "kept in force, has every flow after the same, and after a reboot",
    async () => {
      await program(guest, nics, "apply");
      await reconfigured(guest, nics[1]);
      await inForce(guest);
      expect(await failing()).toEqual([]);
      await guest.reboot();
      await guest.addressed();
      await inForce(guest);
      expect(await failing()).toEqual([]);
    },
    LONG,
  );

  test(
    "what somebody takes away of what keeps it, while that is installed, the next apply installs",
    async () => {
      const link = "/etc/systemd/system/multi-user.target.wants/multihome-restore.service";
      await program(guest, nics, "remove");
      await guest.sh(
        "cat >/usr/local/bin/systemctl && chmod 755 /usr/local/bin/systemctl",
        `#!/bin/sh
/usr/bin/systemctl "$@" || exit
[ "$1" != daemon-reload ] || rm -f ${link}
`,
      );
      await program(guest, nics, "apply");
      await guest.sh("rm /usr/local/bin/systemctl");
      await expect(program(guest, nics, "verify")).rejects.toThrow(`${link} is missing`);
      await program(guest, nics, "apply");
      expect(await program(guest, nics, "verify")).toMatch(/^\d+ flows are as planned\n$/);
    },
    LONG,
  );
});
