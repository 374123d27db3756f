import { ChildProcess, spawn } from "node:child_process";
import * as readline from "node:readline";
import { inNamespace } from "../../../lab/fabric/run";
import { Guest, Nic } from "../../../lab/systems";

/**
 * When a guest has its addresses, as its kernel tells: until then nobody can have it send from them, and its network daemon
 * alone decides how long that takes.
 */
export class Addresses {
  private readonly child: ChildProcess;
  private readonly absent = new Set<string>();
  /** When the last of them came back, in milliseconds since 1970; 0 when none was ever gone. */
  complete = 0;

  constructor(guest: Guest, nics: readonly Nic[]) {
    const own = new Set(nics.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]));
    const [program, ...args] = inNamespace(guest.namespace, ["ip", "-o", "monitor", "address"]);
    this.child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
    readline.createInterface({ input: this.child.stdout! }).on("line", (line) => {
      const address = /^(?:Deleted )?\d+: \S+ +inet6? ([^ /]+)/.exec(line)?.[1];
      if (address === undefined || !own.has(address)) return;
      // A tentative one is not there yet.
      if (/^Deleted | tentative /.test(line)) this.absent.add(address);
      else if (this.absent.delete(address)) this.complete = Date.now();
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill();
    await ended;
  }
}

/**
 * Waits until a guest has its addresses. systemd-networkd 252 that is told twice within a moment to set a link up anew, as by
 * `netplan apply`, may take away the address that it has just been given: it holds that it has it, or its routes fail and with
 * them the link, until it is started anew, with a plan of ours and without. So it is then, as an administrator would.
 *
 * @returns whether it had to be
 */
export async function readdressed(guest: Guest): Promise<boolean> {
  try {
    await guest.addressed();
    return false;
  } catch (error) {
    const said = await guest.journal("-u", "systemd-networkd");
    const lacking = (await guest.unaddressed()).map((missing) => missing.split(" "));
    for (const [device, address] of lacking) {
      const protocol = address.includes(":") ? "DHCPv6" : "DHCP(v4)?";
      const lease = new RegExp(`${device}: (${protocol} (address|lease lost)|Failed).*`, "g");
      const last = said.match(lease)?.at(-1) ?? "";
      if (!last.includes(` ${address}/`) && !last.endsWith("Failed")) throw error;
    }
    await guest.sh("systemctl restart systemd-networkd");
    await guest.addressed();
    return true;
  }
}
