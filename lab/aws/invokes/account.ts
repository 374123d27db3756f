import { availabilityZones } from "../api/subnet";
import { FILTERS, Filtered, query, select } from "./define";

export const getCallerIdentity = query<{ id?: string }, object>({
  token: "aws:index/getCallerIdentity:getCallerIdentity",
  regional: false,
  args: { id: { type: "string" } },
  run: ({ accountId }) => ({
    id: accountId,
    accountId,
    arn: `arn:aws:iam::${accountId}:user/lab`,
    userId: "AIDALAB0000000000000",
  }),
});

export const getRegion = query<{ id?: string; name?: string; endpoint?: string }, object>({
  token: "aws:index/getRegion:getRegion",
  args: { id: { type: "string" }, name: { type: "string" }, endpoint: { type: "string" } },
  run: ({ region }) => ({
    id: region,
    name: region,
    description: `The lab (${region})`,
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
});

export const getPartition = query<{ id?: string }, object>({
  token: "aws:index/getPartition:getPartition",
  regional: false,
  args: { id: { type: "string" } },
  run: () => ({ id: "aws", partition: "aws", dnsSuffix: "amazonaws.com", reverseDnsPrefix: "com.amazonaws" }),
});

interface ZonesArgs extends Filtered {
  state?: string;
  allAvailabilityZones?: boolean;
  excludeNames?: string[];
  excludeZoneIds?: string[];
}

const token = "aws:index/getAvailabilityZones:getAvailabilityZones";

export const getAvailabilityZones = query<ZonesArgs, object>({
  token,
  args: {
    filters: FILTERS,
    state: { type: "string" },
    allAvailabilityZones: { type: "boolean" },
    excludeNames: { type: "list" },
    excludeZoneIds: { type: "list" },
  },
  run({ region }, { filters, state = "available", excludeNames = [], excludeZoneIds = [] }) {
    const zones = select(
      token,
      availabilityZones(region),
      ({ name, id }) => ({
        "zone-name": [name],
        "zone-id": [id],
        "opt-in-status": ["opt-in-not-required"],
        "region-name": [region],
        "zone-type": ["availability-zone"],
        state: ["available"],
      }),
      filters,
    ).filter(
      ({ name, id }) => state === "available" && !excludeNames.includes(name) && !excludeZoneIds.includes(id),
    );
    return {
      id: region,
      groupNames: [region],
      names: zones.map(({ name }) => name),
      zoneIds: zones.map(({ id }) => id),
    };
  },
});
