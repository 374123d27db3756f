import { RuleSet } from "../peers/rule-set";
import { configure, setSysctls } from "./configure";
import { Host } from "./host";

/** Something that claims to make a host symmetric, to be put through the matrix. */
export interface Candidate {
  /** At most 24 characters: it heads a row. */
  readonly title: string;
  /** Families that it configures; flows of others do not apply. */
  readonly families: readonly (4 | 6)[];
  /** Puts it on a freshly plugged host. */
  apply(host: Host): void | Promise<void>;
}

export function peer({ title, families = [4, 6], commands, sysctls }: RuleSet): Candidate {
  return {
    title,
    families,
    apply: ({ namespace, layout }) => {
      configure(namespace, commands(layout));
      if (sysctls !== undefined) setSysctls(namespace, sysctls(layout));
    },
  };
}
