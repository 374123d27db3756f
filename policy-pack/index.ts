import { PolicyPack } from "@pulumi/policy";
import { policies } from "multihome/policy";

/** Every policy of multihome, as a pack: `pulumi preview --policy-pack node_modules/multihome/policy-pack`. */
new PolicyPack("multihome", { policies: [...policies] });
