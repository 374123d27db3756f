import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ENVIRONMENT, inNamespace } from "../fabric/run";
import { Nic } from "./nic";
import { METADATA } from "./plan";

/** What EC2's metadata service tells an instance about its interfaces: texts by path below meta-data/. */
export function metadataOf(nics: readonly Nic[]): Record<string, string> {
  const entries = nics.flatMap((nic) => {
    const key = (name: string): string => `network/interfaces/macs/${nic.mac}/${name}`;
    const { ipv4, ipv6 } = nic.subnet;
    const of = (six: boolean): string[] => nic.secondary.filter((address) => address.includes(":") === six);
    return [
      [key("device-number"), String(nic.index)],
      [key("interface-id"), `eni-${nic.mac.replaceAll(":", "")}`],
      [key("local-ipv4s"), [nic.ipv4, ...of(false)].join("\n")],
      [key("ipv6s"), [nic.ipv6, ...of(true)].join("\n")],
      [key("subnet-ipv4-cidr-block"), `${ipv4.net}/${ipv4.length}`],
      [key("subnet-ipv6-cidr-blocks"), `${ipv6.net}/${ipv6.length}`],
    ];
  });
  const macs = nics.map(({ mac }) => `${mac}/`).join("\n");
  return {
    mac: nics[0].mac,
    "network/interfaces/macs/": macs,
    ...(Object.fromEntries(entries) as Record<string, string>),
  };
}

/** The metadata service of a cloud with one guest that asks. */
export class Metadata {
  private server: ChildProcess | undefined;

  /** @param directory for its file; there already */
  constructor(
    private readonly router: string,
    private readonly directory: string,
  ) {}

  /** From now on it says this; starts it when it does not run yet. */
  async say(texts: Readonly<Record<string, string>>): Promise<void> {
    fs.writeFileSync(this.file, JSON.stringify(texts));
    this.server ??= await this.start();
  }

  stop(): void {
    this.server?.kill("SIGKILL");
    this.server = undefined;
  }

  private get file(): string {
    return path.join(this.directory, "metadata.json");
  }

  private start(): Promise<ChildProcess> {
    const [program, ...args] = inNamespace(this.router, [
      ...["setpriv", "--pdeathsig", "KILL", process.execPath],
      ...[path.join(__dirname, "metadata-server.js"), METADATA, this.file],
    ]);
    const server = spawn(program, args, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "ignore"] });
    return new Promise((resolve, reject) => {
      server.stdout.once("data", () => resolve(server));
      server.once("close", (status) => reject(new Error(`the metadata service ended with status ${status}`)));
    });
  }
}
