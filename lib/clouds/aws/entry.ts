import { InterfaceDraft } from "./facts";

/** An interface and its place in the arguments, for paths. */
export interface Entry {
  readonly iface: InterfaceDraft;
  readonly index: number;
}

export function fieldPath({ index }: Entry, field: string): string {
  return `interfaces[${index}].${field}`;
}
