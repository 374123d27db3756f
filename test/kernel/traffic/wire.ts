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

/** Where a packet is put in. */
export interface Frame {
  /** The device it is sent out of, at the other end of the host's. */
  readonly device: string;
  /** The link-layer address of the host's device. */
  readonly mac: string;
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

  /** @param how by sockets, or as frames out of a device: to be put into the host that is at its other end */
  constructor(
    namespace: Namespace,
    private readonly how: "send" | "put" = "send",
  ) {
    this.process = namespace.start(["perl", SCRIPT, how]);
  }

  /** Sends them one after the other; for each its number, and "ok" or the name of the error. */
  async send(packets: readonly (Packet & Partial<Frame>)[]): Promise<{ id: number; answer: string }[]> {
    const ids = packets.map(() => ++serial);
    const lines = packets.map((p, i) =>
      [
        ...(this.how === "put" ? [p.device, p.mac] : []),
        p.to.includes(":") ? 6 : 4,
        p.protocol ?? "udp",
        p.from ?? "-",
        p.sourcePort ?? "-",
        p.to,
        p.port ?? 9,
        ...(this.how === "put" ? [] : [p.mark ?? "-"]),
        p.tos ?? "-",
        ...(this.how === "put" ? [] : [p.user ?? "-"]),
        ids[i],
      ].join(" "),
    );
    this.process.child.stdin?.write(lines.map((line) => `${line}\n`).join(""));
    await this.process.until((stdout) => stdout.split("\n").length > packets.length, 30_000);
    const answers = this.process.stdout.split("\n");
    // What is kept would be looked through again each time.
    this.process.stdout = answers.slice(packets.length).join("\n");
    return ids.map((id, i) => ({ id, answer: answers[i] }));
  }
}

/** Sees what comes into a namespace, and by which device. */
export class Sniffer {
  private constructor(private readonly process: Background) {}

  static async open(namespace: Namespace): Promise<Sniffer> {
    const process = namespace.start(["perl", SCRIPT, "see"]);
    await process.until((stdout) => stdout.startsWith("ready\n"));
    return new Sniffer(process);
  }

  /** All that came in since the last time, when nothing more comes. */
  async seen(): Promise<Seen[]> {
    this.process.child.stdin?.write("\n");
    await this.process.until((stdout) => stdout.includes("\nend\n"), 30_000);
    const { stdout } = this.process;
    const end = stdout.indexOf("\nend\n");
    const lines = stdout.slice(0, end).split("\n");
    this.process.stdout = stdout.slice(end + 4);
    return lines.flatMap((line) => {
      const [device, from, to, protocol, sourcePort, destinationPort, id] = line.split(" ");
      if (id === undefined) return [];
      const numbers = { protocol: +protocol, sourcePort: +sourcePort, destinationPort: +destinationPort };
      return [{ device, from, to, ...numbers, ...(id !== "-" && { id: +id }) }];
    });
  }
}
