import { shown } from "../../model/issue";
import { HostModel, OnLink } from "../../model/spec";
import { compareText } from "../order";
import { Problems, at } from "./problems";
import { Fields, readChoice, readList, readObject, readString } from "./shape";

export interface Policy {
  readonly onLink: OnLink;
  readonly directPairs: readonly { readonly from: string; readonly to: string }[];
}

const LATER = ["traffic", "worlds", "identity"] as const;

/**
 * What is a policy's promise must be kept or refused: an ignored one would be a host that is less safe than told.
 *
 * @param names the names that interfaces have; undefined when they could not be told
 */
export function readPolicy(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): Policy {
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
  return { onLink: onLink ?? OnLink.Gateway, directPairs: readDirectPairs(fields, path, problems, names) };
}

function readHostModel(fields: Fields, path: string, problems: Problems): void {
  if (fields["hostModel"] === undefined) return;
  const where = at(path, "hostModel");
  const model = readChoice(fields["hostModel"], where, problems, Object.values(HostModel));
  if (model !== undefined && model !== HostModel.Symmetric) {
    problems.add(where, `the host model ${shown(model)} is not available in this version`, 'Use "symmetric"');
  }
}

function readDirectPairs(
  fields: Fields,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): { from: string; to: string }[] {
  const list = at(path, "directPairs");
  const pairs = new Map<string, { from: string; to: string }>();
  readList(fields["directPairs"], list, problems, 'pairs {"from", "to"} of interface names').forEach(
    (item, i) => {
      const where = at(list, i);
      const pair = readObject(item, where, problems, ["from", "to"]);
      if (pair === undefined) return;
      const from = readEnd(pair["from"], at(where, "from"), problems, names);
      const to = readEnd(pair["to"], at(where, "to"), problems, names);
      if (from === undefined || to === undefined) return;
      const key = JSON.stringify([from, to]);
      if (from === to) {
        problems.add(
          where,
          `pairs ${shown(from)} with itself`,
          "Own subnets are always reached directly; leave the pair out",
        );
      } else if (pairs.has(key)) {
        problems.add(
          where,
          `the pair ${shown(from)} to ${shown(to)} is given twice`,
          "Leave one of them out",
        );
      } else {
        pairs.set(key, { from, to });
      }
    },
  );
  return [...pairs.values()].sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to));
}

function readEnd(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): string | undefined {
  const name = readString(value, path, problems, "an interface's name");
  if (name === undefined || names === undefined || names.includes(name)) return name;
  const known = `${names.slice(0, 8).map(shown).join(", ")}${names.length > 8 ? ", ..." : ""}`;
  problems.add(path, `got ${shown(name)}, which is no interface here`, `Known are ${known}`);
  return undefined;
}
