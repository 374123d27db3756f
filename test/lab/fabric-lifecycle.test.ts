import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { realize } from "../../lab/fabric";
import { attach } from "../labmodel/world";
import {
  TestLab,
  describeFabric,
  loader,
  namespacesLike,
  processesLike,
  realizeScript,
} from "./support/fabric";

jest.setTimeout(60_000);

/** Realizes in a process of its own, which kills itself when it has started that many commands. */
function dies(lab: TestLab, dieAt: number): void {
  const cloudFile = path.join(lab.directory, "cloud.json");
  fs.writeFileSync(cloudFile, JSON.stringify(lab.world.cloud));
  const args = [...loader, realizeScript, cloudFile, lab.options.labDir!, String(dieAt)];
  expect(spawnSync(process.execPath, args, { encoding: "utf8" })).toMatchObject({
    signal: "SIGKILL",
    stderr: "",
  });
}

describeFabric("labs", () => {
  it("live side by side, with the same addresses, and end alone", async () => {
    const [one, two] = [new TestLab("f"), new TestLab("g")];
    try {
      await Promise.all([one, two].map((lab) => (lab.world.twoEnis(), lab.realize())));
      const flow = (lab: TestLab) => lab.fromInternet("198.51.100.10", "10.0.1.10");
      expect(await one.works(flow(one))).toEqual([true]);
      await one.tearDown();
      expect(namespacesLike(`${one.name}-`)).toEqual([]);
      expect(await two.works(flow(two))).toEqual([true]);
    } finally {
      await Promise.all([one.tearDown(), two.tearDown()]);
    }
    expect(namespacesLike(`${two.name}-`)).toEqual([]);
  });

  it("of one name in two directories are refused, and the first is not touched", async () => {
    const lab = new TestLab("h");
    try {
      lab.world.twoEnis();
      await lab.realize();
      const other = realize(lab.world.cloud, { labDir: path.join(lab.directory, "elsewhere") });
      await expect(other).rejects.toThrow(
        /network namespaces of that name exist that .*elsewhere.* does not record/,
      );
      expect(await lab.realize()).toBe(0);
      expect(await lab.works(lab.fromInternet("198.51.100.10", "10.0.1.10"))).toEqual([true]);
    } finally {
      await lab.tearDown();
    }
  });

  it("merge calls that wait, and realize the last", async () => {
    const lab = new TestLab("i");
    try {
      lab.world.twoEnis();
      const first = realize(structuredClone(lab.world.cloud), lab.options);
      lab.world.cloud.networkInterfaces["eni-0b"].privateIps.push("10.0.2.12");
      const second = realize(structuredClone(lab.world.cloud), lab.options);
      lab.world.cloud.networkInterfaces["eni-0b"].privateIps.push("10.0.2.13");
      const third = realize(structuredClone(lab.world.cloud), lab.options);
      await Promise.all([first, second, third]);
      expect(await lab.realize()).toBe(0);
    } finally {
      await lab.tearDown();
    }
  });

  describe.each([1, 4, 12, 20, 28, 36])("whose process is killed at command %i of their making", (dieAt) => {
    const lab = new TestLab("j");
    afterEach(() => lab.tearDown());

    it("are repaired by the next call, and leave nothing when taken down, also without their record", async () => {
      lab.world.twoEnis();
      dies(lab, dieAt);
      await lab.realize();
      expect(await lab.works(lab.fromInternet("198.51.100.10", "10.0.1.10"))).toEqual([true]);
      expect(await lab.realize()).toBe(0);
      await lab.agents.close();

      fs.rmSync(lab.options.labDir!, { recursive: true });
      await lab.tearDown();
      expect(namespacesLike(`${lab.name}-`)).toEqual([]);
      expect(processesLike(lab.directory)).toEqual([]);
    });
  });

  it("whose change was interrupted are repaired, also back to what they were", async () => {
    const lab = new TestLab("l");
    try {
      lab.world.twoEnis();
      await lab.realize();
      const before = structuredClone(lab.world.cloud);
      const { cloud } = lab.world;
      lab.world.subnet(3);
      lab.world.eni("eni-0d", 3, 10, ["i-0a", 2]);
      lab.world.eni("eni-0e", 1, 30, ["i-0c", 1]);
      attach(cloud.networkInterfaces["eni-0b"], "i-0c", 2);
      for (const dieAt of [2, 4, 6, 8]) {
        dies(lab, dieAt);
        await realize(before, lab.options);
        expect(namespacesLike(`${lab.name}-eni`).length).toBe(3);
        expect(lab.run("i-0a", "ip", "-br", "link").match(/^ens\d+/gm)).toEqual(["ens5", "ens6"]);
        const toB = lab.between("i-0c", "10.0.2.20", "i-0a", "10.0.2.10");
        expect(await lab.works(toB)).toEqual([true]);
      }
    } finally {
      await lab.tearDown();
    }
  });

  it("are repaired when somebody has deleted a namespace", async () => {
    const lab = new TestLab("m");
    try {
      lab.world.twoEnis();
      await lab.realize();
      execFileSync("ip", ["netns", "del", lab.at("eni-0b")]);
      await lab.realize();
      expect(await lab.works(lab.between("i-0c", "10.0.2.20", "i-0a", "10.0.2.10"))).toEqual([true]);
      expect(await lab.realize()).toBe(0);
    } finally {
      await lab.tearDown();
    }
  });

  it("killed over their making are taken down whole", async () => {
    const lab = new TestLab("k");
    try {
      lab.world.twoEnis();
      dies(lab, 40);
      expect(namespacesLike(`${lab.name}-`).length).toBeGreaterThan(0);
    } finally {
      await lab.tearDown();
    }
    expect(namespacesLike(`${lab.name}-`)).toEqual([]);
    expect(processesLike(lab.directory)).toEqual([]);
  });
});
