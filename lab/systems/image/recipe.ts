import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** What a guest's image is made of: a Debian release, packages, and the files beside this one. */

export const SUITE = "bookworm";

/** Every network daemon and agent that tests live beside is in; a guest starts the one it is told to. */
const COMMON: readonly string[] = [
  ...["systemd", "systemd-sysv", "udev", "dbus", "libpam-systemd", "netbase", "usr-is-merged"],
  ...["iproute2", "nftables", "openssh-server", "iputils-ping", "procps", "kmod", "curl", "busybox-static"],
  ...["netplan.io", "network-manager", "amazon-ec2-net-utils", "cloud-init"],
];

/**
 * The images, and their packages. `npm test` makes the first, `npm run test:systems` the others too: "docker" also has
 * Docker, which starts at boot; "openrc" is run by sysvinit and OpenRC, and has no systemd.
 */
export const IMAGES = {
  common: COMMON,
  docker: [...COMMON, "docker.io"],
  openrc: [
    ...["sysvinit-core", "openrc", "initscripts", "ifupdown", "udev", "netbase", "usr-is-merged"],
    ...["iproute2", "nftables", "iputils-ping", "procps", "kmod"],
  ],
} as const;
export type ImageName = keyof typeof IMAGES;

export const SETTINGS = path.join(__dirname, "settings.sh");
export const FILES = path.join(__dirname, "files");

/** The recipe's name: another as soon as anything in it is another. */
export function recipeKey(image: ImageName): string {
  const hash = createHash("sha256").update(JSON.stringify([SUITE, IMAGES[image]]));
  for (const file of [SETTINGS, path.join(__dirname, "make.sh"), ...filesBelow(FILES)]) {
    hash.update(`\0${path.relative(__dirname, file)}\0${fs.statSync(file).mode & 0o111}\0`);
    hash.update(fs.readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(directory: string): string[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const name = path.join(directory, entry.name);
      return entry.isDirectory() ? filesBelow(name) : [name];
    })
    .sort();
}
