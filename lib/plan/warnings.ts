import { Issue } from "../model/issue";
import { Plan } from "../model/plan";
import { IdentityProtocol } from "../model/spec";
import { FAMILIES } from "../net/address";
import { costOf, timesOf } from "./cost";

/** Rules of one family beyond which lookups and changes get slow: the kernel inserts each by walking all before it. */
const MANY_RULES = 4000;

/**
 * What is right but unwise in a plan. A warning never stops a plan; it says what it costs and what to change.
 *
 * @example for (const w of planWarnings(plan)) console.error(formatIssue(w))
 */
export function planWarnings(plan: Plan): Issue[] {
  return [...ruleWarnings(plan), ...identityWarnings(plan)];
}

/** FRR works out routes from outside of OSPF (AS-external) one second after all others: OSPF_ASE_CALC_INTERVAL. */
function identityWarnings({ identity }: Plan): Issue[] {
  if (identity?.protocol !== IdentityProtocol.Ospf || identity.stubArea !== undefined) return [];
  if (identity.bfdInterval === undefined || !identity.addresses.some((a) => !a.includes(":"))) return [];
  return [
    {
      path: "policy.identity.stubArea",
      problem:
        "FRR keeps an IPv4 default route from outside of OSPF by a lost link for a second longer than BFD takes to see " +
        "the loss",
      fix: 'If the routers can have the links in a stub area, which has a default route of its own, give that as "stubArea"',
    },
  ];
}

function ruleWarnings(plan: Plan): Issue[] {
  return FAMILIES.flatMap((family) => {
    const { rules } = family === 4 ? plan.ipv4 : plan.ipv6;
    const cost = rules.length > MANY_RULES ? costOf(rules, family) : undefined;
    if (cost?.owned === undefined) return [];
    const { average, worst } = cost.owned;
    return {
      path: "interfaces",
      problem:
        `the sources need ${cost.rules} IPv${family} rules, and more than ${MANY_RULES} are slow: a route lookup ` +
        `examines ${average.rules} of them on average and ${worst.rules} at worst, which takes ` +
        `${timesOf(cost.owned)} as long as on a host without rules, and every change installs all of them`,
      fix:
        "Use delegated prefixes instead of single addresses, or give each interface addresses of a subnet of its " +
        "own, so that neighbours fold into one prefix",
    };
  });
}
