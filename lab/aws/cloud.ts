import { isDeepStrictEqual } from "node:util";
import type { CloudState } from "../cloud/state";
import type { CloudStore } from "../cloud/store";
import { AwsError } from "./api/error";
import { Action, apply } from "./api/transition";
import type { Fabric } from "./fabric";

/** What the fabric is to realize: the keys are its own answer. */
function withoutHostKeys(cloud: CloudState): CloudState {
  const instances = Object.entries(cloud.instances).map(([id, instance]) => [
    id,
    { ...instance, hostPublicKey: "" },
  ]);
  return { ...cloud, instances: Object.fromEntries(instances) };
}

/** The lab's AWS endpoint: calls change the stored cloud, then the machine follows. */
export class Cloud {
  constructor(
    private readonly store: CloudStore,
    private readonly fabric: Fabric,
  ) {}

  /** The cloud as it is now. */
  read(): CloudState {
    return this.store.read();
  }

  /**
   * The region this cloud is in: the first that is asked for, for as long as anything is there.
   *
   * @throws Error when the cloud already is in another region
   */
  async useRegion(region: string): Promise<string> {
    const { result } = await this.store.update((cloud) => {
      const empty =
        Object.keys(cloud.vpcs).length +
          Object.keys(cloud.eips).length +
          Object.keys(cloud.keyPairs).length ===
        0;
      if (region !== cloud.region && !empty) {
        throw new Error(`the lab models one region at a time; it is ${cloud.region} now, got ${region}`);
      }
      return { cloud: { ...cloud, region }, result: region };
    });
    return result;
  }

  /**
   * Performs an API action and waits until the machine is as the cloud then says.
   *
   * @param operation what the provider says it was doing, as @pulumi/aws says it: "creating EC2 Network Interface"
   * @param call the API's operation: "CreateNetworkInterface"
   * @throws Error whose message is composed like the AWS provider's
   */
  async call<R>(operation: string, call: string, action: Action<R>): Promise<R> {
    const { result } = await this.store
      .update((before) => apply(before, action))
      .catch((error: unknown) => {
        if (!(error instanceof AwsError)) throw error;
        throw new Error(`${operation}: operation error EC2: ${call}, ${error.message}`);
      });
    await this.realize();
    return result;
  }

  /**
   * Makes the machine follow. When another process changed the cloud meanwhile, it may have been realized before ours:
   * then the last word is the newer cloud's.
   */
  private async realize(): Promise<void> {
    for (let cloud = this.store.read(); ;) {
      const { hostPublicKeys } = await this.fabric.realize(cloud);
      await this.recordHostKeys(hostPublicKeys);
      const now = this.store.read();
      if (isDeepStrictEqual(withoutHostKeys(cloud), withoutHostKeys(now))) return;
      cloud = now;
    }
  }

  private async recordHostKeys(keys: Record<string, string>): Promise<void> {
    const missing = (cloud: CloudState) =>
      Object.values(cloud.instances).filter(
        ({ id, hostPublicKey }) => keys[id] && hostPublicKey !== keys[id],
      );
    if (missing(this.store.read()).length === 0) return;
    await this.store.update((cloud) =>
      apply(cloud, (draft) => {
        for (const instance of missing(draft)) instance.hostPublicKey = keys[instance.id];
      }),
    );
  }
}
