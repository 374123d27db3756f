import { Family } from "../../net/address";

export { Family };

/** Of an address in canonical text. */
export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}
