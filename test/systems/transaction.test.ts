import { sleep } from "../../lab/fabric/processes";
import { Guest, Nic, Systems } from "../../lab/systems";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { HostSpec } from "../../lib/model/spec";
import { specOf } from "./support/host";
import { LONG, describeOnSystems } from "./support/systems";

/** Milliseconds in which a rollback must be done after what has caused it. */
const SOON = 5000;

describeOnSystems("a change under systemd", () => {
  let systems: Systems;
  let guest: Guest;
  let nics: readonly [Nic, Nic];
  let before: string;

  beforeAll(async () => {
    systems = await Systems.create();
    ({ guest, nics } = await systems.boot("host", "networkd"));
    const good = specOf(nics);
    const other: HostSpec = {
      ...good,
      interfaces: good.interfaces.map((one) => ({ ...one, gateways: [], routes: [] })),
    };
    await guest.sh("cat >/root/good", renderProgram(planHost(good)));
    await guest.sh("cat >/root/other", renderProgram(planHost(other)));
    await guest.sh("MULTIHOME_WAIT=10 sh /root/good apply");
    before = await dump();
  }, LONG);
  afterAll(() => systems?.destroy());

  const dump = (): Promise<string> =>
    guest.sh(`for f in -4 -6; do ip $f -N rule; ip $f -N route show table all proto 77; done
      for i in ${nics.map(({ device }) => device).join(" ")}; do ip -N -o addr show dev $i | sed 's/valid_lft.*//'; done
      cat /var/lib/multihome/committed`);
  const generation = async (): Promise<unknown> =>
    JSON.parse(await guest.sh("sh /root/good status --json"))["generation"];
  const rolledBack = async (): Promise<{ id: string; reason: string } | null> =>
    JSON.parse(await guest.sh("sh /root/good status --json"))["rolledBack"];

  /** Leaves the other plan pending; its unit. */
  async function pending(seconds: number): Promise<string> {
    const said = await guest.sh(`sh /root/other apply --confirm-within ${seconds} --json`);
    expect(JSON.parse(said)).toMatchObject({ pending: true, secondsLeft: seconds });
    expect(await generation()).toBe(1);
    return `multihome-${JSON.parse(said)["id"]}.service`;
  }

  /** Waits until the host is as before the change of a unit; why it was rolled back. */
  async function back(unit: string, patience: number): Promise<string | undefined> {
    const began = Date.now();
    while ((await generation()) !== 0) {
      if (Date.now() - began > patience) throw new Error(`it is not rolled back after ${patience} ms`);
      await sleep(50);
    }
    // The generation is back before what else was changed is, and the last change told.
    const told = async (): Promise<boolean> => unit.includes((await rolledBack())?.id ?? "none");
    for (let i = 0; i < 50 && !(await told()); i++) await sleep(50);
    expect(await dump()).toBe(before);
    return (await rolledBack())?.reason;
  }

  /** No unit of a change is left, not even one that has failed. */
  const quiet = async (): Promise<void> => {
    const units = `systemctl list-units --no-legend --all 'multihome-${"[0-9a-f]".repeat(8)}.*'`;
    for (let i = 0; i < 50 && (await guest.sh(units)) !== ""; i++) await sleep(100);
    expect(await guest.sh(units)).toBe("");
    // Nor a complaint of one that found its work done.
    expect(await guest.sh("journalctl -o cat | grep 'cannot open /run/multihome' || true")).toBe("");
  };

  test("an apply leaves no unit behind", quiet, LONG);

  test(
    "is watched over by a unit of its own, which ends with the confirmation",
    async () => {
      const unit = await pending(60);
      expect(await guest.sh(`systemctl is-active ${unit}`)).toBe("active\n");
      const group = await guest.sh(`systemctl show -P ControlGroup ${unit}`);
      expect(group).toContain("/system.slice/");
      await guest.sh("sh /root/good confirm");
      await quiet();
      expect(await generation()).toBe(1);
      await guest.sh("sh /root/good apply");
      await quiet();
      before = await dump();
    },
    LONG,
  );

  test.each([
    ["its process is killed", "systemctl kill --kill-who=main -s KILL"],
    ["all of it is killed", "systemctl kill --kill-who=all -s KILL"],
    ["it is stopped", "systemctl stop"],
    ["its process is stopped for good, and ended by systemd's own clock", "systemctl kill -s STOP"],
  ])(
    "is rolled back when %s",
    async (what, command) => {
      const unit = await pending(5);
      const began = Date.now();
      await guest.sh(`${command} ${unit}`);
      // systemd gives a unit that is killed by its clock 90 seconds more than it should need.
      await back(unit, what.includes("clock") ? 150_000 : SOON);
      process.stderr.write(`rolled back ${Date.now() - began} ms after: ${what}\n`);
      await quiet();
    },
    LONG,
  );

  test(
    "is rolled back at its deadline, to the second",
    async () => {
      const unit = await pending(8);
      const began = Date.now();
      const reason = await back(unit, 8000 + SOON);
      process.stderr.write(`rolled back ${Date.now() - began} ms after, of 8000\n`);
      expect(reason).toBe("it was not confirmed within 8 s");
      await quiet();
    },
    LONG,
  );

  test(
    "that is pending at a reboot is gone after it; what was committed is in force",
    async () => {
      await pending(3600);
      await guest.reboot();
      await guest.addressed();
      for (let i = 0; i < 100 && !(await inForce()); i++) await sleep(100);
      expect(await inForce()).toBe(true);
    },
    LONG,
  );

  const inForce = async (): Promise<boolean> =>
    (await guest.exec(["sh", "/root/good", "verify"])).status === 0;
});
