import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { CloudStore } from "../../lab/cloud/store";
import { realize, sshLogins } from "../../lab/fabric";
import { Command, ConfigValue, Lab, RunResult, startLab, stopLab } from "../../lab/run";
import { FleetHost, Shape, fleetCloud, fleetHost } from "./fleet";
import { scratch } from "./native";

/** Hosts that start at the same time: each waits for its server to listen, and has 20 s for it. */
const AT_ONCE = 20;

/** A lab with hosts in it, and one stack that puts things on them. */
export class FleetLab {
  private lab!: Lab;
  private readonly list: readonly FleetHost[];
  private readonly key = path.join(scratch(), "key");

  constructor(
    private readonly name: string,
    readonly hosts: number,
    readonly shape: Shape,
  ) {
    this.list = Array.from({ length: hosts }, (_, i) => fleetHost(i, shape));
  }

  async start(): Promise<void> {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", this.key]);
    const publicKey = fs.readFileSync(`${this.key}.pub`, "utf8").trim();
    await stopLab(this.name);
    this.lab = await startLab(this.name);
    const labDir = path.dirname(this.lab.dir);
    const store = new CloudStore(this.name, this.lab.dir);
    for (let count = Math.min(AT_ONCE, this.hosts); ; count = Math.min(count + AT_ONCE, this.hosts)) {
      const cloud = fleetCloud(this.name, this.list.slice(0, count), publicKey);
      await store.update(() => ({ cloud, result: undefined }));
      await realize(cloud, { labDir });
      if (count === this.hosts) return;
    }
  }

  async stop(): Promise<void> {
    await stopLab(this.name);
  }

  /** @param env of the engine */
  run(
    program: string,
    command: Command,
    config: Record<string, ConfigValue>,
    env: Record<string, string> = {},
  ): Promise<RunResult> {
    const privateKey = { secret: fs.readFileSync(this.key, "utf8") };
    const fixed = { hosts: this.hosts, shape: this.shape, privateKey };
    return this.lab.run({ program, stackName: "fleet", command, config: { ...fixed, ...config }, env });
  }

  /** Connections that the hosts have taken since they were made. */
  logins(): number {
    const labDir = path.dirname(this.lab.dir);
    return this.list.reduce((sum, { id }) => sum + sshLogins(this.name, id, { labDir }), 0);
  }

  /** The checkpoint of the stack, in the backend's directory. */
  checkpoint(): string {
    const found = fs
      .readdirSync(this.lab.dir, { recursive: true, encoding: "utf8" })
      .filter((name) => /stacks\/multihome\/fleet\.json$/.test(name));
    if (found.length !== 1) throw new Error(`the stack's state: found ${found.join(", ") || "none"}`);
    return fs.readFileSync(path.join(this.lab.dir, found[0]), "utf8");
  }
}
