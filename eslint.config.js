"use strict";

const js = require("@eslint/js");
const tseslint = require("typescript-eslint");

/** Data flows one way (see CONTRIBUTING.md): what is left of `deliver` is pure and knows nothing of Pulumi. */
const pure = ["net", "model", "plan", "linux", "render", "prove", "doctor", "page", "cli"].map(
  (dir) => `lib/${dir}/**/*.ts`,
);

module.exports = tseslint.config(
  { ignores: ["node_modules", "dist", "coverage", ".lab", ".cache", ".stryker-tmp", "reports"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ["**/*.js", "**/*.cjs"],
    languageOptions: { sourceType: "commonjs", globals: nodeGlobals() },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: nodeGlobals() } },
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-vars": [
        "error",
        {
          argsIgnorePattern: "^_",
          varsIgnorePattern: "^_",
          destructuredArrayIgnorePattern: "^_",
          ignoreRestSiblings: true,
        },
      ],
      // Refusing and escaping control characters is a good part of the work here.
      "no-control-regex": "off",
      "@typescript-eslint/no-redeclare": "off",
    },
  },
  {
    // Hostile input comes in every shape.
    files: ["test/**/*.ts"],
    rules: { "no-sparse-arrays": "off" },
  },
  {
    files: pure,
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@pulumi/*"], message: "Nothing left of deliver knows Pulumi." }] },
      ],
    },
  },
  {
    // The prover must not share code with what it proves.
    files: ["lib/linux/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["@pulumi/*"], message: "Nothing left of deliver knows Pulumi." },
            {
              group: ["**/plan", "**/plan/*", "**/render", "**/render/*"],
              message: "The model shares no code with the planner.",
            },
          ],
        },
      ],
    },
  },
);

function nodeGlobals() {
  const names = [
    "require",
    "module",
    "exports",
    "process",
    "console",
    "__dirname",
    "__filename",
    "Buffer",
    "setTimeout",
  ];
  const more = ["clearTimeout", "setInterval", "clearInterval", "setImmediate", "performance", "URL"];
  return Object.fromEntries([...names, ...more].map((name) => [name, "readonly"]));
}
