import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { Background, Namespace } from "../support/netns";

const SCRIPT = path.join(__dirname, "wire.pl");

/** Whether this machine has what packets are sent and seen with. */
export function canWire(): boolean {
  return spawnSync("perl", ["-MSocket", "-e", "1"]).status === 0;
}

/** A packet to send; what is left out is the kernel's to choose. */
export interface Packet {
  readonly to: string;
  readonly from?: string;
  /** Default: "udp". */
  readonly protocol?: "udp" | "tcp" | "icmp";
  readonly sourcePort?: number;
  /** Default: 9. */
  readonly port?: number;
  readonly mark?: number;
  /** The DS field: four times the code point. */
  readonly tos?: number;
  readonly user?: number;
}

/** A packet as it comes in. */
export interface Seen {
  readonly device: string;
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Its number, of those of a sender of ours. */
  readonly id?: number;
}

let serial = 0;

/** Sends packets from a namespace. */
export class Sender {
  private readonly process: Background;
  private answers = 0;

  constructor(namespace: Namespace) {
    this.process = namespace.start(["perl", SCRIPT, "send"]);
  }

  /** Sends them one after the other; for each its number, and "ok" or the name of the error. */
  async send(packets: readonly Packet[]): Promise<{ id: number; answer: string }[]> {
    const ids = packets.map(() => ++serial);
    const lines = packets.map((p, i) =>
      [
        p.to.includes(":") ? 6 : 4,
        p.protocol ?? "udp",
        p.from ?? "-",
        p.sourcePort ?? "-",
        p.to,
        p.port ?? 9,
        p.mark ?? "-",
        p.tos ?? "-",
        p.user ?? "-",
        ids[i],
      ].join(" "),
    );
    this.process.child.stdin?.write(lines.map((line) => `${line}\n`).join(""));
    const end = this.answers + packets.length;
    await this.process.until((stdout) => stdout.split("\n").length > end, 30_000);
    const answers = this.process.stdout.split("\n").slice(this.answers, end);
    this.answers = end;
    return ids.map((id, i) => ({ id, answer: answers[i] }));
  }
}

/** Sees what comes into a namespace, and by which device. */
export class Sniffer {
  private read = 0;

  private constructor(private readonly process: Background) {}

  static async open(namespace: Namespace): Promise<Sniffer> {
    const process = namespace.start(["perl", SCRIPT, "see"]);
    await process.until((stdout) => stdout.startsWith("ready\n"));
    return new Sniffer(process);
  }

  /** All that came in since the last time, when nothing more comes. */
  async seen(): Promise<Seen[]> {
    this.process.child.stdin?.write("\n");
    await this.process.until((stdout) => stdout.indexOf("\nend\n", this.read) >= 0, 30_000);
    const end = this.process.stdout.indexOf("\nend\n", this.read);
    const lines = this.process.stdout.slice(this.read, end).split("\n");
    this.read = end + 4;
    return lines.flatMap((line) => {
      const [device, from, to, protocol, sourcePort, destinationPort, id] = line.split(" ");
      if (id === undefined) return [];
      const numbers = { protocol: +protocol, sourcePort: +sourcePort, destinationPort: +destinationPort };
      return [{ device, from, to, ...numbers, ...(id !== "-" && { id: +id }) }];
    });
  }
}
