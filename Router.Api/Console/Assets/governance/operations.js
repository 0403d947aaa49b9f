// Operations in words.

import { settings } from "./forms.js";

const labels = new Map(settings);

const sayings = {
  suggest_text: () => "Suggest a text",
  evaluate_routing: () => "Evaluate settings away from traffic",
  set_ensemble: ({ ensemble }) => `Set ${Object.entries(ensemble ?? {}).map(([id, value]) => `${labels.get(id) ?? id} to ${value}`).join(", ")}`,
  set_gate: ({ hash }) => hash ? `Use the gate file ${String(hash).slice(0, 12)}` : "Go back to the routers' own gate",
  quarantine_expert: ({ expert }) => `Quarantine ${expert}`,
  release_expert: ({ expert }) => `Release ${expert}`,
  admit_expert: ({ spec }) => `Admit ${spec?.id ?? spec?.name}`,
  remove_expert: ({ expert }) => `Remove ${expert}`,
  set_phase: ({ phase }) => `Go to phase ${phase}`,
  add_member: ({ member }) => `Add the member ${member?.name} as ${member?.roles?.join(", ") || "one without roles"}`,
  revoke_member: ({ name }) => `Revoke the member ${name}`,
  set_roles: ({ name, roles }) => `Give ${name} the roles ${roles?.join(", ") || "none"}`,
  rotate_key: ({ name }) => `Give ${name} a new key`,
  admit_node: ({ node }) => `Admit the node ${node?.name}`,
  remove_node: ({ name }) => `Remove the node ${name}`,
  set_policy: () => "Change the policy of the tiers",
  revoke_api_key: ({ key }) => `Revoke the API key ${key}`,
  restore_api_key: ({ key }) => `Restore the API key ${key}`,
  set_rate_limit: ({ key, per_minute: limit }) => `${limit ? `Limit ${key ? `the API key ${key}` : "every other caller"} to ${limit} requests a minute` : `Take the rate limit of ${key ? `the API key ${key}` : "every other caller"} away`}`,
  lift_domain: ({ domain }) => `Lift the read-only domain ${domain}`,
};

export const inWords = operation => sayings[operation?.kind]?.(operation) ?? String(operation?.kind ?? "Unknown");
