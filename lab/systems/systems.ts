import * as fs from "node:fs";
import * as path from "node:path";
import { Guest } from "./guest";
import { imageRoot } from "./image/image";
import { ImageName } from "./image/recipe";
import { Init, SYSTEMD } from "./init";
import { Manager, managerFiles } from "./managers";
import { macOf } from "./names";
import { Network } from "./network";
import { Nic, nicOf } from "./nic";
import { SUBNETS } from "./plan";
import { directoryOf, sweep } from "./sweep";

/** A cloud with guests, of one process. */
export class Systems {
  readonly network = new Network(path.join(directoryOf(), "network"));
  private readonly guests: Guest[] = [];
  private made = 0;

  /** Builds the cloud; clears away first what killed processes have left. */
  static async create(): Promise<Systems> {
    await sweep();
    const systems = new Systems();
    try {
      await systems.network.build();
      return systems;
    } catch (error) {
      await systems.destroy();
      throw error;
    }
  }

  /**
   * A guest that is off, with an empty disk.
   *
   * @param init what the image is run by
   */
  guest(name: string, imageName: ImageName = "common", init: Init = SYSTEMD): Guest {
    const image = imageRoot(imageName);
    if (image === undefined) throw new Error("the image is not made; node scripts/setup.js systems makes it");
    const guest = new Guest(name, this.network, image, path.join(directoryOf(), name), init);
    this.guests.push(guest);
    this.made++;
    return guest;
  }

  /** The usual guest: two interfaces, on subnets a and b, configured by a daemon. Booted, with all addresses. */
  async boot(name: string, manager: Manager): Promise<{ guest: Guest; nics: readonly [Nic, Nic] }> {
    const guest = this.guest(name);
    const nics: [Nic, Nic] = [this.nic(0, "a"), this.nic(1, "b")];
    try {
      guest.write(managerFiles(manager, nics));
      await guest.boot(nics);
      await guest.addressed();
      return { guest, nics };
    } catch (error) {
      await this.remove(guest);
      throw error;
    }
  }

  /** An interface of the guest made last, on a subnet. */
  nic(index: number, subnet: keyof typeof SUBNETS): Nic {
    return nicOf(index, macOf(this.made, index), SUBNETS[subnet], 9 + this.made);
  }

  /** Takes one guest away before the others. */
  async remove(guest: Guest): Promise<void> {
    this.guests.splice(this.guests.indexOf(guest), 1);
    await guest.destroy();
  }

  async destroy(): Promise<void> {
    for (const guest of [...this.guests]) await this.remove(guest);
    await this.network.destroy();
    fs.rmSync(directoryOf(), { recursive: true, force: true });
  }
}
