import { shown } from "../../model/issue";
import { HostModel, OnLink } from "../../model/spec";
import { Problems, at } from "./problems";
import { Fields, readChoice, readList, readObject, readString } from "./shape";

export interface Policy {
  readonly onLink: OnLink;
  readonly directPairs: readonly { readonly from: string; readonly to: string }[];
}

const LATER = ["traffic", "worlds", "identity"] as const;

/** What is a policy's promise must be kept or refused: an ignored one would be a host that is less safe than told. */
export function readPolicy(value: unknown, path: string, problems: Problems): Policy {
  const none: Policy = { onLink: OnLink.Gateway, directPairs: [] };
  if (value === undefined) return none;
  const fields = readObject(value, path, problems, ["hostModel", "onLink", "directPairs", ...LATER]);
  if (fields === undefined) return none;
  for (const key of LATER) {
    if (fields[key] !== undefined) {
      problems.add(at(path, key), `"${key}" is not available in this version`, "Leave it out");
    }
  }
  readHostModel(fields, path, problems);
  const onLink =
    fields["onLink"] === undefined
      ? OnLink.Gateway
      : readChoice(fields["onLink"], at(path, "onLink"), problems, Object.values(OnLink));
  return { onLink: onLink ?? OnLink.Gateway, directPairs: readDirectPairs(fields, path, problems) };
}

function readHostModel(fields: Fields, path: string, problems: Problems): void {
  if (fields["hostModel"] === undefined) return;
  const where = at(path, "hostModel");
  const model = readChoice(fields["hostModel"], where, problems, Object.values(HostModel));
  if (model !== undefined && model !== HostModel.Symmetric) {
    problems.add(where, `the host model ${shown(model)} is not available in this version`, 'Use "symmetric"');
  }
}

function readDirectPairs(fields: Fields, path: string, problems: Problems): { from: string; to: string }[] {
  const list = at(path, "directPairs");
  const pairs: { from: string; to: string }[] = [];
  readList(fields["directPairs"], list, problems, 'pairs {"from", "to"} of interface names').forEach(
    (item, i) => {
      const where = at(list, i);
      const pair = readObject(item, where, problems, ["from", "to"]);
      if (pair === undefined) return;
      const from = readString(pair["from"], at(where, "from"), problems, "an interface's name");
      const to = readString(pair["to"], at(where, "to"), problems, "an interface's name");
      if (from === undefined || to === undefined) return;
      if (from === to) {
        problems.add(
          where,
          `pairs ${shown(from)} with itself`,
          "Own subnets are always reached directly; leave the pair out",
        );
      } else if (pairs.some((p) => p.from === from && p.to === to)) {
        problems.add(
          where,
          `the pair ${shown(from)} to ${shown(to)} is given twice`,
          "Leave one of them out",
        );
      } else {
        pairs.push({ from, to });
      }
    },
  );
  return pairs.sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to));
}

/** Order by code unit: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
