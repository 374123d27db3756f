/** The lab's second kind of host: a real Debian with systemd and a network daemon, on a cloud that checks sources. */
export { Guest } from "./guest";
export type { Files } from "./guest";
export { ensureImage, imageRoot } from "./image/image";
export type { ImageName } from "./image/recipe";
export { OPENRC, SYSTEMD } from "./init";
export { metadataOf } from "./metadata";
export { MANAGERS, managerFiles } from "./managers";
export type { Manager } from "./managers";
export type { Nic } from "./nic";
export { INTERNET, PEER, SUBNETS, addressIn } from "./plan";
export { Systems } from "./systems";
export { whyNoSystems } from "./available";
