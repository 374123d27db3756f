import { Value, isObject } from "../rpc/values";
import type { Field, Struct } from "./decode";

/** The inputs of the command provider's resources, as pulumi-command v1.2.1 declares them. */

/** How a host is reached. */
export interface Endpoint {
  host: string;
  port: number;
  user: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  /** One line of an authorized_keys file; without it any host key is accepted. */
  hostKey?: string;
  /** Attempts that may fail; -1 is without end. */
  dialErrorLimit: number;
  /** Seconds; 0 is without end. */
  perDialTimeout: number;
}

export interface Connection extends Endpoint {
  proxy?: Endpoint;
}

const endpoint: Field[] = [
  { name: "user", type: "string" },
  { name: "password", type: "string" },
  { name: "host", type: "string", required: true },
  { name: "port", type: "float64" },
  { name: "privateKey", type: "string" },
  { name: "privateKeyPassword", type: "string" },
  { name: "agentSocketPath", type: "string" },
  { name: "dialErrorLimit", type: "int" },
  { name: "perDialTimeout", type: "int" },
  { name: "hostKey", type: "string" },
];

const connection: Struct = {
  name: "remote.Connection",
  fields: [{ name: "proxy", type: { name: "remote.ProxyConnection", fields: endpoint } }, ...endpoint],
};

const life: Field[] = [
  { name: "triggers", type: "[]interface {}" },
  { name: "create", type: "string" },
  { name: "update", type: "string" },
  { name: "delete", type: "string" },
];

export const REMOTE_INPUTS: Struct = {
  name: "remote.CommandInputs",
  fields: [
    { name: "stdin", type: "string" },
    { name: "logging", type: "remote.Logging" },
    { name: "connection", type: connection, required: true },
    { name: "environment", type: "map[string]string" },
    { name: "addPreviousOutputInEnv", type: "bool" },
    ...life,
  ],
};

export const LOCAL_INPUTS: Struct = {
  name: "local.CommandInputs",
  fields: [
    ...life,
    { name: "interpreter", type: "[]string" },
    { name: "dir", type: "string" },
    { name: "environment", type: "map[string]string" },
    { name: "stdin", type: "string" },
    { name: "logging", type: "local.Logging" },
    { name: "addPreviousOutputInEnv", type: "bool" },
  ],
};

const DEFAULTS = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };

/** Fills in what a connection leaves out. */
export function completeConnection(value: Value): Value {
  if (!isObject(value)) return value;
  return {
    ...DEFAULTS,
    ...value,
    ...(isObject(value.proxy) ? { proxy: { ...DEFAULTS, ...value.proxy } } : {}),
  };
}
