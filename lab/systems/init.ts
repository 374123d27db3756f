/** How a guest is dealt with, by what its first process is. */
export interface Init {
  /** Succeeds once all is up that starts at boot. */
  readonly isUp: readonly string[];
  readonly reboot: readonly string[];
}

export const SYSTEMD: Init = {
  isUp: ["systemctl", "is-active", "--quiet", "multi-user.target"],
  reboot: ["systemctl", "reboot", "--no-block"],
};

/** Of the image "openrc". */
export const OPENRC: Init = {
  // The runlevel is named when its services begin to start; the directory is there until they have.
  isUp: ["sh", "-c", '[ "$(rc-status --runlevel)" = default ] && [ ! -e /run/openrc/rc.starting ]'],
  reboot: ["reboot"],
};
