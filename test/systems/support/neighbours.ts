import * as fs from "node:fs";
import * as path from "node:path";
import { Files, Guest, Nic, Systems, imageRoot, managerFiles, metadataOf } from "../../../lab/systems";
import { HostSpec } from "../../../lib/model/spec";
import { Container } from "./container";

/** A host with Docker and a container, and somebody else. */
interface Inhabited {
  readonly guest: Guest;
  readonly nics: readonly [Nic, Nic];
  readonly systems: Systems;
  readonly container: Container;
}

/** Somebody else who configures routing on the same host, and how it comes and goes. */
export interface Neighbour {
  readonly name: string;
  readonly files: (nics: readonly [Nic, Nic]) => Files;
  /** Once the guest has its addresses. */
  readonly settle?: (guest: Guest, nics: readonly [Nic, Nic], systems: Systems) => Promise<unknown>;
  /** What it does again and again, with something changed; by name. */
  readonly refreshes: readonly {
    readonly name: string;
    readonly run: (host: Inhabited) => Promise<unknown>;
  }[];
  /** What the plan needs besides, beside it. */
  readonly policy?: HostSpec["policy"];
  /** A rule or table that shows that it is at work, in `ip rule` or `nft list ruleset`. */
  readonly sign: RegExp;
  /** Flows that do not work without the plan, among others. */
  readonly loses: readonly string[];
}

const UNIT_FILE = "usr/lib/systemd/network/80-ec2.network";

/** The package's own file, for the guest's kind of interfaces. */
function ec2Network(): string {
  const text = fs.readFileSync(path.join(imageRoot() as string, UNIT_FILE), "utf8");
  return text.replace(/^Driver=.*$/m, "Name=ens*");
}

const everyInterface = (nics: readonly Nic[], command: (device: string) => string): string =>
  nics.map(({ device }) => command(device)).join("\n");

const ec2NetUtils: Neighbour = {
  name: "amazon-ec2-net-utils 2.3.0",
  files: () => ({ ...managerFiles("networkd", []), [UNIT_FILE]: ec2Network() }),
  settle: async (guest, nics, systems) => {
    await systems.network.metadata.say(metadataOf(nics));
    // As its udev rules do when an interface comes.
    await guest.sh(everyInterface(nics, (device) => `systemctl start policy-routes@${device}.service`));
  },
  refreshes: [
    {
      name: "its refresh, nothing changed",
      run: ({ guest, nics }) =>
        guest.sh(everyInterface(nics, (device) => `systemctl start refresh-policy-routes@${device}.service`)),
    },
    {
      name: "its refresh, one address more",
      run: async ({ guest, nics, systems }) => {
        const [a, b] = nics;
        await systems.network.metadata.say(
          metadataOf([a, { ...b, secondary: [b.ipv4.replace(/\d+$/, "77")] }]),
        );
        await guest.sh(`systemctl start refresh-policy-routes@${b.device}.service`);
      },
    },
  ],
  sign: /lookup 10001/,
  // Its DHCP leaves no route to the second subnet in main, so that what the other tools lose is right.
  loses: ["c>B"],
};

/** What cloud-init of 2026-08 has netplan render on EC2 for a secondary interface (DataSourceEc2.py): no priorities. */
function cloudInitYaml({ device, mac, ipv4, ipv6, subnet, secondary }: Nic, table: number): string {
  const addresses = [ipv4, ...secondary, ipv6];
  return `network:
  version: 2
  ethernets:
    ${device}:
      dhcp4: true
      dhcp6: true
      dhcp-identifier: mac
      dhcp4-overrides: {route-metric: 200, use-hostname: false}
      dhcp6-overrides: {route-metric: 200, use-hostname: false}
      routes:
      - {table: ${table}, to: 0.0.0.0/0, via: ${subnet.ipv4.gateway}}
      - {table: ${table}, to: ${subnet.ipv4.net}/${subnet.ipv4.length}, scope: link}
      - {table: ${table}, to: "${subnet.ipv6.net}/${subnet.ipv6.length}", scope: link}
      routing-policy:
${addresses.map((address) => `      - {table: ${table}, from: "${address}"}`).join("\n")}
# ${mac}
`;
}

const CLOUD_INIT = "etc/netplan/60-cloud-init.yaml";

const cloudInit: Neighbour = {
  name: "cloud-init's rules for EC2, by netplan",
  files: (nics) => ({
    ...managerFiles("netplan", nics),
    [CLOUD_INIT]: { secret: cloudInitYaml(nics[1], 101) },
  }),
  refreshes: [
    { name: "`netplan apply`", run: ({ guest }) => guest.sh("netplan apply") },
    {
      name: "its hotplug with another address, and `netplan apply`",
      run: ({ guest, nics: [, b] }) =>
        guest.sh(
          `cat >/${CLOUD_INIT}; netplan apply`,
          cloudInitYaml({ ...b, secondary: [b.ipv4.replace(/\d+$/, "77")] }, 102),
        ),
    },
  ],
  sign: /lookup 10[12]/,
  loses: ["b>A", "i>B6", "b>A6", "c>B"],
};

const restarted = (guest: Guest): Promise<unknown> =>
  guest.sh("systemctl restart docker && docker version >/dev/null");

const docker: Neighbour = {
  name: "Docker 20.10",
  files: (nics) => managerFiles("networkd", nics),
  // What Docker leads to a container must go back by where it came in.
  policy: { trackConnections: true },
  refreshes: [
    { name: "another container", run: ({ container }) => container.renew() },
    {
      name: "a restart of its daemon, and another container",
      run: async ({ guest, container }) => {
        await restarted(guest);
        await container.renew();
      },
    },
    {
      name: "a reboot, and another container",
      run: async ({ guest, container }) => {
        await container.stop();
        await guest.reboot();
        await guest.addressed();
        await container.renew();
      },
    },
    {
      name: "a network of its own that comes and goes",
      run: ({ guest }) => guest.sh("docker network create other && docker network rm other"),
    },
  ],
  sign: /chain DOCKER-USER/,
  loses: ["b>A", "b>A6", "i>Bc", "b>Ac"],
};

/** On every one of these hosts there are Docker and a container as well. */
export const NEIGHBOURS: readonly Neighbour[] = [ec2NetUtils, cloudInit, docker];
