// What a person can propose here: the fields of the form, and the operation that their values make.

const apiKey = { id: "key", label: "API key's name", maxLength: 64 };
const name = { label: "Expert", list: "known-experts", required: true, maxLength: 64 };

/** Settings of the token loop that a person may change here: name, label, and what a number field takes. */
export const settings = [
  ["k", "Experts per token (K)", { min: 1, max: 16, step: 1 }],
  ["over_selection", "Experts asked beyond K", { min: 0, max: 16, step: 1 }],
  ["gate", "Gate", ["learned", "evidence", "uniform"]],
  ["mix", "Mix", ["arithmetic", "geometric"]],
  ["evidence_decay", "Evidence decay", { min: 0, max: 0.999, step: "any" }],
  ["evidence_weight", "Evidence weight", { min: 0, step: "any" }],
  ["deadline_factor", "Deadline factor", { min: 1, max: 1e6, step: "any" }],
  ["minimum_deadline_ms", "Least deadline (ms)", { min: 0.1, step: "any" }],
  ["negligible_weight", "Negligible weight", { min: 0, max: 1, step: "any" }],
  ["hysteresis", "Hysteresis", { min: 0, step: "any" }],
  ["refresh_interval", "Refresh interval", { min: 0, step: 1 }],
  ["speculation", "Speculation", { min: 0, max: 16, step: 1 }],
];

/** What the form offers: fields, and the operation that their values make. */
export const forms = {
  set_ensemble: {
    label: "Change settings of the token loop",
    fields: settings.map(([id, label, kind]) => Array.isArray(kind) ? { id, label, options: kind } : { id, label, number: kind }),
    make: values => ({ kind: "set_ensemble", ensemble: values }),
  },
  quarantine_expert: {
    label: "Quarantine an expert",
    fields: [{ id: "expert", ...name }, { id: "why", label: "Why", required: true, maxLength: 500 }],
    make: values => ({ kind: "quarantine_expert", ...values }),
  },
  release_expert: { label: "Release an expert", fields: [{ id: "expert", ...name }], make: values => ({ kind: "release_expert", ...values }) },
  remove_expert: { label: "Remove an expert", fields: [{ id: "expert", ...name }], make: values => ({ kind: "remove_expert", ...values }) },
  set_phase: {
    label: "Change the phase",
    fields: [{ id: "phase", label: "Phase (0 to 3)", number: { min: 0, max: 3, step: 1 }, required: true }],
    make: values => ({ kind: "set_phase", ...values }),
  },
  add_member: {
    label: "Add a member",
    fields: [{ id: "key", label: "Verifier key", required: true, maxLength: 300 }, { id: "roles", label: "Roles, with commas", maxLength: 100, placeholder: "approver, oncall" }],
    make: ({ key, roles = "" }) => ({ kind: "add_member", member: { name: key.split("+")[0], key, roles: roles.split(/[\s,]+/).filter(Boolean) } }),
  },
  revoke_api_key: {
    label: "Revoke an API key",
    fields: [{ ...apiKey, required: true }, { id: "why", label: "Why", required: true, maxLength: 2000 }],
    make: values => ({ kind: "revoke_api_key", ...values }),
  },
  restore_api_key: { label: "Restore an API key", fields: [{ ...apiKey, required: true }], make: values => ({ kind: "restore_api_key", ...values }) },
  set_rate_limit: {
    label: "Limit how often callers may ask",
    fields: [{ id: "per_minute", label: "Requests a minute; 0 takes the limit away", number: { min: 0, max: 100_000, step: 1 }, required: true }, { ...apiKey, placeholder: "every other caller" }],
    make: values => ({ kind: "set_rate_limit", ...values }),
  },
  lift_domain: {
    label: "Lift a read-only domain",
    fields: [{ id: "domain", label: "Domain", options: ["routing", "experts", "phase", "members", "policy", "security"], required: true }],
    make: values => ({ kind: "lift_domain", ...values }),
  },
};
