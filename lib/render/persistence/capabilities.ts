import { Plan } from "../../model/plan";
import { WorldKind } from "../../model/spec";

/**
 * What the units' programs must be able to do, in capabilities(7), so that they need be able to do nothing else. Rules and
 * routes take CAP_NET_ADMIN alone; namespaces are mounted; and the files and daemons of FRR are another user's.
 */
export function capabilitiesOf(plan: Pick<Plan, "worlds" | "identity"> | undefined): string[] {
  const namespaces = plan?.worlds.some(({ kind }) => kind === WorldKind.Netns) === true;
  return [
    "CAP_NET_ADMIN",
    ...(namespaces ? ["CAP_SYS_ADMIN"] : []),
    ...(plan?.identity === undefined ? [] : ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL"]),
  ];
}
