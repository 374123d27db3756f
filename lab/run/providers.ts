import { Cloud } from "../aws/cloud";
import { awsProvider } from "../aws/provider";
import { CloudStore } from "../cloud/store";
import { commandProvider } from "../command/provider";
import { realize } from "../fabric";
import type { Provider } from "../rpc/resource";
import { labDirectory, labsDirectory } from "./paths";

/** The providers of a lab by package name. */
export function providers(lab: string): Record<string, () => Provider> {
  const cloud = () =>
    new Cloud(new CloudStore(lab, labDirectory(lab)), {
      realize: (state) => realize(state, { labDir: labsDirectory() }),
    });
  return { aws: () => awsProvider(cloud()), command: () => commandProvider };
}
