import { isDefault } from "../../rpc/check";
import type { Properties } from "../../rpc/values";
import { deleteKeyPair, importKeyPair } from "../api/keyPair";
import { Tagged, arn, define } from "../define";

interface KeyPairInputs extends Tagged {
  keyName: string;
  publicKey: string;
}

interface KeyPairState {
  arn: string;
  fingerprint: string;
  keyPairId: string;
  keyType: string;
}

export const keyPair = define<KeyPairInputs, KeyPairState>({
  token: "aws:ec2/keyPair:KeyPair",
  inputs: {
    keyName: { type: "string", forceNew: true, autoname: true },
    publicKey: {
      type: "string",
      required: true,
      forceNew: true,
      normalize: (key) => (typeof key === "string" ? key.trim() : key),
    },
  },
  outputs: ["arn", "fingerprint", "keyPairId", "keyType"],
  deleteBeforeReplace: ({ inputs, oldInputs }) =>
    inputs.keyName === oldInputs.keyName && !isDefault(inputs as unknown as Properties, "keyName"),
  create: (cloud, inputs) =>
    cloud.call(
      `importing EC2 Key Pair (${inputs.keyName})`,
      "ImportKeyPair",
      (draft) => importKeyPair(draft, { ...inputs, name: inputs.keyName }).name,
    ),
  describe(cloud, id, known) {
    const found = cloud.keyPairs[id];
    if (!found) return undefined;
    return {
      keyName: found.name,
      publicKey: known.publicKey ?? found.publicKey,
      tags: found.tags,
      arn: arn(cloud, "key-pair", found.name),
      fingerprint: found.fingerprint,
      keyPairId: found.id,
      keyType: found.publicKey.startsWith("ssh-rsa") ? "rsa" : "ed25519",
    };
  },
  update: (cloud, id, { inputs }) =>
    cloud.call(`updating EC2 Key Pair (${id})`, "CreateTags", (draft) => {
      draft.keyPairs[id].tags = inputs.tags ?? {};
    }),
  delete: (cloud, id) =>
    cloud.call(`deleting EC2 Key Pair (${id})`, "DeleteKeyPair", (draft) => deleteKeyPair(draft, id)),
});
