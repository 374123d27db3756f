import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { withLock } from "../../lab/fabric/lock";
import { identify, isAlive, sleep } from "../../lab/fabric/processes";

describe("the lock of a lab", () => {
  let directory: string;
  beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), "lab-lock-"))));
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  it("lets one at a time in, and is given back also after a failure", async () => {
    let inside = 0;
    const body = async () => {
      expect(++inside).toBe(1);
      await sleep(5);
      inside--;
    };
    await expect(withLock(directory, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await Promise.all(Array.from({ length: 10 }, () => withLock(directory, body)));
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it("is taken from a process that is no more", async () => {
    const dead = spawnSync("true").pid;
    fs.writeFileSync(path.join(directory, "lock"), JSON.stringify({ pid: dead, startTime: "1" }));
    await expect(withLock(directory, () => Promise.resolve("in"))).resolves.toBe("in");
  });

  it("is taken from a process whose pid another process has now", async () => {
    fs.writeFileSync(path.join(directory, "lock"), JSON.stringify({ pid: process.pid, startTime: "1" }));
    await expect(withLock(directory, () => Promise.resolve("in"))).resolves.toBe("in");
  });

  it("is not taken from a process that is alive", async () => {
    const lock = path.join(directory, "lock");
    fs.writeFileSync(lock, JSON.stringify(identify(process.pid)));
    let entered = false;
    const waiting = withLock(directory, () => Promise.resolve((entered = true)));
    await sleep(100);
    expect(entered).toBe(false);
    fs.rmSync(lock);
    await waiting;
  });
});

describe("processes", () => {
  it("are known by pid and start time", () => {
    const own = identify(process.pid)!;
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, startTime: "1" })).toBe(false);
    expect(identify(spawnSync("true").pid)).toBeUndefined();
  });
});
