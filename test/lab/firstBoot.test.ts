import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { inNamespace, namespaceOf, sshLogins } from "../../lab/fabric";
import { startLab, stopLab } from "../../lab/run";
import { describeFabric } from "./support/fabric";

/** The example as it is, through the real engine: a host that has its plan at its first boot, and that nobody logs in to. */
jest.setTimeout(180_000);

const NAME = "fst-e2e";

describeFabric("the example first-boot", () => {
  afterAll(() => stopLab(NAME));

  test("routes symmetrically without a single login", async () => {
    await stopLab(NAME);
    const lab = await startLab(NAME);
    const example = path.join(__dirname, "../../examples/first-boot");
    const up = await lab.run({ program: example, stackName: "dev", command: "up", config: {} });
    expect(up.outputs).toMatchObject({
      verdict: "proved",
      gatewayBySource: { "10.0.1.10": "10.0.1.1", "10.0.2.10": "10.0.2.1" },
    });
    const instance = String(up.outputs["instanceId"]);
    const way = (from: string): string => {
      const question = ["ip", "route", "get", "192.0.2.1", "from", from];
      const [program, ...args] = inNamespace(namespaceOf(NAME, "instance", instance), question);
      return / via (\S+) /.exec(spawnSync(program, args, { encoding: "utf8" }).stdout)?.[1] ?? "none";
    };
    // The update ends when the instance runs; its boot goes on, and waits for the second interface.
    const began = Date.now();
    while (way("10.0.2.10") !== "10.0.2.1" && Date.now() - began < 90_000) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect([way("10.0.1.10"), way("10.0.2.10")]).toEqual(["10.0.1.1", "10.0.2.1"]);
    expect(sshLogins(NAME, instance, { labDir: path.dirname(lab.dir) })).toBe(0);
    await lab.run({ program: example, stackName: "dev", command: "destroy", config: {} });
    expect(lab.cloud().instances).toEqual({});
  });
});
