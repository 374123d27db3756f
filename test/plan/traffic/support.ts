import { Traffic } from "../../../lib/model/traffic";
import { Prefix } from "../../../lib/net";
import { prefix } from "../../net/support";

/** A policy of both families that selects everything, with some of its fields replaced. */
export const policy = (fields: Partial<Traffic> = {}): Traffic => ({
  name: "p",
  families: [4, 6],
  from: [],
  to: [],
  sourcePorts: [],
  destinationPorts: [],
  marks: [],
  users: [],
  incoming: [],
  dscp: [],
  use: ["a"],
  otherwise: "unreachable",
  beforeSources: false,
  ...fields,
});

export const prefixes = (...texts: string[]): Prefix[] => texts.map(prefix);
