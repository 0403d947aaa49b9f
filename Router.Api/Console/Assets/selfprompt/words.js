// The agent's names in words; a name that this page does not know is shown as it came.

export const kinds = {
  scheduler_optimization: "Speed of a token",
  config_tuning: "Gate and its settings",
  security_log_analysis: "Attacks in the logs",
  test_generation: "Regression cases",
  governance_proposal_draft: "Drafts for people",
};

const states = {
  begin: "begun", observe: "observed", analyse: "analysed", propose: "chosen", review: "waits for people", measure: "measured", undo: "undoing proposed",
  nothing_found: "nothing found", refused_in_validation: "refused in validation", not_taken: "not taken", undone_by_canary: "undone by its canary", kept: "kept",
  promise_broken: "promise broken", accepted: "accepted", stopped: "stopped",
};

export const kindOf = kind => kind === undefined ? "Everything" : kinds[kind] ?? kind;

export const stateOf = status => states[status] ?? status.replace(/^validate-/, "tried: ");

export const short = run => run.slice(0, 8);
