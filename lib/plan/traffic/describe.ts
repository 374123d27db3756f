import { Range, Traffic } from "../../model/traffic";
import { formatPrefix } from "../../net/prefix";
import { protocolName } from "../normalize/selectors";

/** The selectors of a policy as text, one a kind; empty when everything matches. */
export function describeSelectors(t: Traffic): string[] {
  const list = <T>(label: string, values: readonly T[], text: (value: T) => string): string[] =>
    values.length === 0 ? [] : [`${label} ${values.map(text).join(", ")}`];
  const range = ([first, last]: Range): string => (first === last ? `${first}` : `${first}-${last}`);
  const hex = (value: number): string => `0x${value.toString(16)}`;
  return [
    ...list("from", t.from, formatPrefix),
    ...list("to", t.to, formatPrefix),
    ...(t.protocol === undefined ? [] : [protocolName(t.protocol)]),
    ...list("from port", t.sourcePorts, range),
    ...list("to port", t.destinationPorts, range),
    ...list("mark", t.marks, ({ value, mask }) => `${hex(value)}/${hex(mask)}`),
    ...list("user", t.users, range),
    ...list("in by", t.incoming, (i) => ("interface" in i ? i.interface : `device ${i.device}`)),
    ...list("DSCP", t.dscp, String),
  ];
}
