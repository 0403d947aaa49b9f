using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Governance.State;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Signing;

namespace Mesh.Governance.Tests.Simulation;

/// <summary>
/// What must hold of a ledger, found from its entries' JSON alone and as slowly as it likes: it shares no rule with what it judges.
/// </summary>
internal sealed class Oracle
{
    private sealed class Seen(JsonNode act, long time)
    {
        public JsonNode Act => act;
        public long Time => time;
        public string Kind => act["operation"]!["kind"]!.GetValue<string>();
        public string? Subject => Kind is "revoke_member" or "set_roles" or "rotate_key" ? act["operation"]!["name"]!.GetValue<string>() : null;
        public bool IsBefore(long time) => time < act["deadline"]!.GetValue<long>() * 1000;
        public List<string> Votes { get; } = [];
        public List<string> Stages { get; } = [];
        public string? Outcome { get; set; }
        public bool IsWithdrawn { get; set; }
        public bool WasApproved { get; set; }
        public bool WasRejected { get; set; }
    }

    private readonly Dictionary<string, Seen> _proposals = [];
    private readonly Dictionary<string, string> _halts = [], _locked = [], _runs = [];
    private static readonly ConcurrentDictionary<string, VerifierKey> Keys = new();
    private readonly Dictionary<(string Note, string Key), bool> _verified = [];
    private readonly HashSet<string> _ids = [];
    private readonly Stack<string> _undo = [];
    private readonly Dictionary<string, string> _owners = [];
    private JsonNode _configuration = null!;
    private long _time;

    public void Check(LedgerEntry entry, GovernanceState state)
    {
        Must(_ids.Add(entry.Id), "an id is there once");
        Must(entry.Time >= _time, "time does not go back");
        _time = entry.Time;
        var body = JsonNode.Parse(entry.Body.GetRawText())!;
        var act = body["note"] is { } note ? Act(Text(note)) : null;
        switch (entry.Type)
        {
            case "genesis":
                _configuration = body["configuration"]!;
                break;
            case "proposal":
                Must(SignedBy(body, act!["proposer"]!), "a proposal is its proposer's");
                Must(!_locked.ContainsKey(DomainOf(act!["operation"]!["kind"]!.GetValue<string>())), "a read-only domain takes no proposals");
                Must(_proposals.TryAdd(body["hash"]!.GetValue<string>(), new(act!, entry.Time)), "a proposal is there once");
                break;
            case "vote":
                var voted = _proposals[act!["proposal"]!.GetValue<string>()];
                Must(voted.Outcome is null && !voted.IsWithdrawn && voted.IsBefore(entry.Time), "votes come in time");
                Must(Text(act["voter"]) != Text(voted.Act["proposer"]) && Text(act["voter"]) != voted.Subject, "nobody votes on their own");
                Must(SignedBy(body, act["voter"]!), "a vote is its voter's");
                voted.Votes.Add(Text(body["note"]));
                break;
            case "withdrawal":
                var withdrawn = _proposals[Text(act!["proposal"])];
                Must(Text(withdrawn.Act["proposer"]) == Text(act["member"]) && SignedBy(body, act["member"]!), "a proposal is withdrawn by its proposer");
                Must(withdrawn.Stages.Count == 0 && withdrawn.Outcome is null or "approved", "what is tried or decided otherwise is not withdrawn");
                withdrawn.IsWithdrawn = true;
                break;
            case "decision":
                Decided(_proposals[Text(body["proposal"])], Text(body["outcome"]), Text(body["proposal"]), entry.Time);
                break;
            case "configuration":
                Configured(body);
                break;
            case "halt":
                Must(SignedBy(body, act!["requester"]!) && Roles(Text(act["requester"])).Intersect(["oncall", "admin"]).Any(), "a halt is one's who may");
                _halts.Add(entry.Id["halt/".Length..], Text(act["requester"]));
                break;
            case "self":
                Must(SignedBy(body, act!["member"]!) && Roles(Text(act["member"])).Contains("deployer"), "a step is a deployer's own");
                Must(_runs.TryAdd(Text(act["run"]), Text(act["member"])) || _runs[Text(act["run"])] == Text(act["member"]), "a run is one member's");
                break;
            case "resume":
                var requesters = act!["halts"]!.AsArray().Select(h => _halts[Text(h)]).ToArray();
                var signers = Members().Where(m => !requesters.Contains(m) && SignedBy(body, m) && Roles(m).Intersect(["oncall", "admin", "approver"]).Any());
                Must(signers.Count() >= 2, "two others resume");
                foreach (var halt in act["halts"]!.AsArray())
                    _halts.Remove(Text(halt));
                break;
        }
        var asked = entry.Type switch { "vote" => [_proposals[Text(act!["proposal"])]], "configuration" => _proposals.Values, _ => Enumerable.Empty<Seen>() };
        foreach (var open in asked.Where(p => p.Outcome is null && p.IsBefore(entry.Time)))
            (open.WasApproved, open.WasRejected) = (IsApproved(open), IsRejected(open));
        foreach (var member in entry.Type is "genesis" or "configuration" ? Members() : [])
            Must(Owner(member) == member, "a key is one person's for ever");
        Must(state.IsHalted == (_halts.Count > 0), "it is halted when a halt goes on");
        Must(state.Locked.Count == _locked.Count, "domains are read-only when a major change of them was rejected");
        if (entry.Type == "configuration")
            Must(JsonNode.DeepEquals(JsonSerializer.SerializeToNode(state.Configuration, GovernanceJson.Default.MeshConfiguration), _configuration), "the state has the newest configuration");
    }

    private void Decided(Seen proposal, string outcome, string hash, long time)
    {
        Must(proposal.Outcome is null, "a proposal is decided once");
        proposal.Outcome = outcome;
        var (isLate, major) = (!proposal.IsBefore(time), TierOf(proposal.Kind) == "major");
        var isLocked = _locked.ContainsKey(DomainOf(proposal.Kind));
        switch (outcome)
        {
            case "approved":
                Must(IsApproved(proposal) && (!isLate || proposal.WasApproved) && !proposal.IsWithdrawn && !isLocked, "what is approved has its quorum");
                Must(!major || time >= proposal.Time + (_configuration["policy"]!["major_review_seconds"]!.GetValue<double>() * 1000), "what is major is reviewed");
                break;
            case "rejected":
                Must(IsRejected(proposal) && (!isLate || proposal.WasRejected), "what is rejected has its rejections");
                if (major && DomainOf(proposal.Kind) is not "none" and var domain)
                    _locked.TryAdd(domain, hash);
                break;
            case "expired":
                Must(isLate && (!IsApproved(proposal) || !proposal.WasApproved || isLocked), "what had its quorum in time and has it still does not expire");
                break;
            default:
                Must(proposal.IsWithdrawn, "what is withdrawn was withdrawn");
                break;
        }
    }

    private void Configured(JsonNode body)
    {
        var (before, after, stage) = (_configuration, body["configuration"]!, Text(body["stage"]));
        var stands = stage != "halt_undo" && IsApproved(_proposals[Text(body["proposal"])]);
        Must(after["version"]!.GetValue<long>() == before["version"]!.GetValue<long>() + 1, "versions are a chain");
        _configuration = after;
        if (stage == "halt_undo")
        {
            Must(_halts.ContainsKey(Text(body["halt"])), "a halt undoes while it goes on");
            var routing = Routing(before);
            for (var i = 0; i < 3 && _undo.Count > 0; i++)
                routing = _undo.Pop();
            Must(Routing(after) == routing && after["canary"] is null, "a halt takes the last three changes back");
            Must(new[] { "members", "policy", "security" }.All(section => JsonNode.DeepEquals(after[section], before[section])), "a halt leaves members, policy and security");
            return;
        }
        var proposal = _proposals[Text(body["proposal"])];
        var hasCanary = DomainOf(proposal.Kind) is "routing" or "experts" or "phase" && proposal.Kind != "quarantine_expert";
        Must(proposal.Outcome == "approved", "what is deployed was approved");
        Must(!proposal.Stages.Contains(stage) && !proposal.Stages.Contains("promoted") && !proposal.Stages.Contains("undone"), "a stage comes once");
        proposal.Stages.Add(stage);
        if (stage is "canary" or "undone")
            Must(Routing(after) == Routing(before), "a canary leaves the others as they are");
        if (stage == "undone")
            return;
        Must(stands && !proposal.IsWithdrawn, "an approval ends with the keys that made it, and with its withdrawal");
        Must(_halts.Count == 0, "nothing is deployed while halted");
        Must(!_locked.ContainsKey(DomainOf(proposal.Kind)), "a read-only domain stays as it is");
        if (stage == "canary")
            return;
        // But for phase 0, where one expert answers alone on purpose; tried all the same, it is promoted from its canary.
        var isDirect = !hasCanary || (proposal.Kind == "set_phase" && (int)proposal.Act["operation"]!["phase"]! == 0 && !proposal.Stages.Contains("canary"));
        Must(isDirect || (proposal.Stages.Contains("canary") && Text(before["canary"]!["proposal"]) == Text(body["proposal"])), "what answers is tried first");
        if (hasCanary)
            _undo.Push(Routing(before));
        if (proposal.Kind == "lift_domain")
            _locked.Remove(Text(proposal.Act["operation"]!["domain"]));
    }

    private string Owner(string member)
    {
        var key = Convert.ToHexString(KeyOf(member).PublicKeyBytes);
        return _owners.TryAdd(key, member) ? member : _owners[key];
    }

    private bool IsApproved(Seen proposal) => Votes(proposal) is var (approved, _, voters) && approved >= Needed(proposal, voters);

    private bool IsRejected(Seen proposal) => Votes(proposal) is var (approved, rejected, voters) && Needed(proposal, voters) is var needed && rejected > 0 && voters - rejected < needed && approved < needed;

    private int Needed(Seen proposal, int voters) => TierOf(proposal.Kind) switch
    {
        "major" => Math.Max(1, voters),
        "minor" => _configuration["policy"]!["minor_approvals"]!.GetValue<int>(),
        _ => proposal.Kind == "suggest_text" ? 1 : 0,
    };

    private (int Approved, int Rejected, int Voters) Votes(Seen proposal)
    {
        var voters = Members().Where(m => m != Text(proposal.Act["proposer"]) && m != proposal.Subject && Roles(m).Contains("approver")).ToArray();
        string[] Of(string choice) => [.. voters.Where(m => proposal.Votes.Any(v => SignedBy(v, m) && Act(v) is var vote && Text(vote["voter"]) == m && Text(vote["choice"]) == choice))];
        return (Of("approve").Length, Of("reject").Length, voters.Length);
    }

    private IEnumerable<string> Members() => _configuration["members"]!.AsArray().Select(m => Text(m!["name"]));

    private JsonNode Member(string name) => _configuration["members"]!.AsArray().Single(m => Text(m!["name"]) == name)!;

    private IEnumerable<string> Roles(string name) => Member(name)["roles"]!.AsArray().Select(Text);

    private VerifierKey KeyOf(string name) => Keys.GetOrAdd(Text(Member(name)["key"]), VerifierKey.Parse);

    private bool SignedBy(JsonNode body, JsonNode name) => SignedBy(body, Text(name));

    private bool SignedBy(JsonNode body, string name) => SignedBy(Text(body["note"]), name);

    private bool SignedBy(string note, string name)
    {
        var key = KeyOf(name);
        if (!_verified.TryGetValue((note, key.Text), out var isSigned))
            _verified[(note, key.Text)] = isSigned = SignedNote.Parse(note).IsSignedBy(key);
        return isSigned;
    }

    private static JsonNode Act(string note) => JsonNode.Parse(SignedNote.Parse(note).Text.Split('\n')[1])!;

    /// <summary>But for quarantines, which have their own tests.</summary>
    private static string Routing(JsonNode configuration)
    {
        var routing = configuration["routing"]!.DeepClone();
        routing["experts"]!.AsObject().Remove("quarantined");
        return routing.ToJsonString();
    }

    private static string TierOf(string kind) => kind switch
    {
        "suggest_text" or "evaluate_routing" => "none",
        "set_ensemble" or "set_gate" or "quarantine_expert" or "revoke_api_key" or "restore_api_key" or "set_rate_limit" => "minor",
        _ => "major",
    };

    private static string DomainOf(string kind) => kind switch
    {
        "set_ensemble" or "set_gate" => "routing",
        "quarantine_expert" or "release_expert" or "admit_expert" or "remove_expert" => "experts",
        "set_phase" => "phase",
        "set_policy" => "policy",
        "revoke_api_key" or "restore_api_key" or "set_rate_limit" => "security",
        "suggest_text" or "evaluate_routing" or "lift_domain" or "revoke_member" or "set_roles" or "rotate_key" => "none",
        _ => "members",
    };

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    private static void Must(bool holds, string rule)
    {
        if (!holds)
            throw new BrokenRuleException($"Broken: {rule}.");
    }
}

internal sealed class BrokenRuleException(string message) : Exception(message);
