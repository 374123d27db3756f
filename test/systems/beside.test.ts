import { sleep } from "../../lab/fabric/processes";
import { Guest, Nic, Systems } from "../../lab/systems";
import { runMatrix } from "../../lab/traffic";
import { readdressed } from "./support/addresses";
import { Container, PUBLISHED } from "./support/container";
import { Report } from "./support/report";
import { dump, flowsOf, program, specOf } from "./support/host";
import { NEIGHBOURS, Neighbour } from "./support/neighbours";
import { LONG, describeOnImage } from "./support/systems";

/** Others on the same host, who put their own rules and routes there and refresh them when they like. */
describeOnImage("docker")("beside others", () => {
  let systems: Systems;
  const report = new Report("beside others");

  beforeAll(async () => {
    systems = await Systems.create();
  }, LONG);
  afterAll(async () => {
    report.print();
    await systems?.destroy();
  });

  describe.each(NEIGHBOURS)("$name", (neighbour: Neighbour) => {
    let guest: Guest;
    let nics: readonly [Nic, Nic];
    let container: Container;
    let before: string;

    const failing = async (): Promise<string[]> => {
      const flows = [...flowsOf(systems, guest, nics), ...container.flows(systems, nics)];
      const results = await runMatrix(flows);
      if (neighbour.policy?.trackConnections === true)
        results.push(...(await runMatrix(container.published(systems, nics), { port: PUBLISHED })));
      return results.filter(({ ok }) => !ok).map(({ flow }) => flow.name);
    };
    const wrong = async (): Promise<number> =>
      Object.values(await systems.network.wrong()).reduce((sum, { packets }) => sum + packets, 0);
    const ours = (verb: string): Promise<string> =>
      program(guest, nics, verb, specOf(nics, neighbour.policy));
    /** With nftables, but for how much has passed by its rules. */
    const all = async (): Promise<string> => (await dump(guest)) + (await guest.sh("nft -s list ruleset"));
    const signs = (): Promise<string> => guest.sh("ip rule; ip -6 rule; nft list ruleset");

    beforeAll(async () => {
      guest = systems.guest("host", "docker");
      nics = [systems.nic(0, "a"), systems.nic(1, "b")];
      guest.write(neighbour.files(nics));
      await guest.boot(nics);
      await guest.addressed();
      await neighbour.settle?.(guest, nics, systems);
      container = new Container(guest);
      await container.start();
      await sleep(3000);
      await guest.addressed();
      before = await all();
    }, LONG);
    afterAll(async () => {
      await container?.stop();
      if (guest !== undefined) await systems.remove(guest);
      systems.network.metadata.stop();
    });

    test(
      "is at work, and loses flows by itself",
      async () => {
        expect(await signs()).toMatch(neighbour.sign);
        const lost = await failing();
        report.add([neighbour.name, "by itself", "", "", lost.join(" ")]);
        expect(lost).toEqual(expect.arrayContaining([...neighbour.loses]));
      },
      LONG,
    );

    test(
      "is left as it was, byte for byte, when the plan is applied and removed",
      async () => {
        await ours("apply");
        await sleep(1000);
        await ours("remove");
        await guest.sh("rm -f /root/program");
        expect(await all()).toBe(before);
      },
      LONG,
    );

    test(
      "with the plan in force every flow goes right, and its own rules are there still",
      async () => {
        await ours("apply");
        await sleep(1500);
        expect(await failing()).toEqual([]);
        expect(await signs()).toMatch(neighbour.sign);
        report.add([neighbour.name, "with the plan", "", "", "none"]);
      },
      LONG,
    );

    (neighbour.policy?.trackConnections === true ? test : test.skip)(
      "without marks of connections what is published is lost, as by itself",
      async () => {
        await program(guest, nics, "apply");
        expect(await failing()).toEqual(["i>Bc", "a>Bc", "b>Ac"]);
        await ours("apply");
      },
      LONG,
    );

    test.each(neighbour.refreshes)(
      "after $name every flow goes right, and nothing has left by a wrong interface",
      async ({ name, run }) => {
        const then = await wrong();
        await run({ guest, nics, systems, container });
        await sleep(4000);
        const leaked = (await wrong()) - then;
        await readdressed(guest);
        const lost = await failing();
        report.add([neighbour.name, name, "", String(leaked), lost.join(" ") || "none"]);
        expect({ leaked, lost }).toEqual({ leaked: 0, lost: [] });
        expect(await guest.sh("sh /root/program verify")).toMatch(/flows are as planned/);
        expect(await signs()).toMatch(neighbour.sign);
      },
      LONG,
    );

    test(
      "without the plan again the host has only what the other has put there",
      async () => {
        await ours("remove");
        await guest.sh("rm -f /root/program");
        const of = /proto 77|multihome|700\d:|group 77|999[123]:/;
        const lines = (await all()).split("\n").filter((line) => of.test(line));
        expect(lines).toEqual([]);
        expect(before).not.toMatch(/multihome/);
      },
      LONG,
    );
  });
});
