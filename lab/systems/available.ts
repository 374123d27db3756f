import { insideUserNamespace, privilege, programPath } from "../fabric/privilege";
import { imageRoot } from "./image/image";
import { ImageName } from "./image/recipe";

/** What is run, and the package that has it. */
const PROGRAMS: Record<string, string> = {
  "systemd-nspawn": "systemd-container",
  dnsmasq: "dnsmasq-base",
  setpriv: "util-linux",
};

/** Why real systems cannot be had here, for people; undefined when they can. */
export function whyNoSystems(image: ImageName = "common"): string | undefined {
  const { how, reason } = privilege();
  if (how !== "root" || insideUserNamespace()) return `root of the machine is needed: ${reason}`;
  const missing = Object.keys(PROGRAMS).filter((name) => programPath(name) === undefined);
  if (missing.length > 0) {
    return `not found on PATH: ${missing.map((name) => `${name} (package ${PROGRAMS[name]})`).join(", ")}`;
  }
  return imageRoot(image) === undefined
    ? "the image is not made; node scripts/setup.js systems makes it"
    : undefined;
}
