import { runPlugin } from "../rpc/main";
import { providers } from "./providers";

/** Serves one of the lab's providers as a plugin process, for the lab that MULTIHOME_LAB names. */
export function main(name: string): void {
  const lab = process.env.MULTIHOME_LAB;
  if (!lab) {
    process.stderr.write(
      `pulumi-resource-${name}: MULTIHOME_LAB names no lab. This plugin is the lab's; open a shell with: npm run lab -- shell\n`,
    );
    process.exit(1);
  }
  runPlugin(providers(lab)[name]).catch((error: Error) => {
    process.stderr.write(`pulumi-resource-${name}: ${error.stack ?? error}\n`);
    process.exit(1);
  });
}
