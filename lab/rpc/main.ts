import type { Provider } from "./resource";
import { serve } from "./server";

/**
 * Runs a provider as the plugin executable the engine starts: `pulumi-resource-NAME [ENGINE_ADDRESS]` prints its port
 * as the first line and serves until it is killed.
 */
export async function runPlugin(provider: Provider): Promise<void> {
  const served = await serve(provider, process.argv[2]);
  process.stdout.write(`${served.port}\n`);
  const stop = () => void served.close().then(() => process.exit(0));
  process.on("SIGTERM", stop);
  process.on("SIGINT", () => undefined); // the engine, in the same terminal, decides when to stop
}
