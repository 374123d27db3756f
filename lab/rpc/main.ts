import type { Provider } from "./resource";
import { serve } from "./server";

/**
 * Runs a provider as the plugin executable the engine starts: `pulumi-resource-NAME [ENGINE_ADDRESS]` prints its port
 * as the first line and serves until the engine, which has put it into a process group of its own, interrupts it.
 */
export async function runPlugin(make: () => Provider): Promise<void> {
  const served = await serve(make, process.argv[2]);
  process.stdout.write(`${served.port}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
}
