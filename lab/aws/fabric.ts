import type { CloudState } from "../cloud/state";

/** What the provider needs of the fabric; lab/fabric is the real one. */
export interface Fabric {
  /** Makes the machine as the cloud says. Answers the SSH host public keys of all instances by id. */
  realize(cloud: CloudState): Promise<{ hostPublicKeys: Record<string, string> }>;
}
