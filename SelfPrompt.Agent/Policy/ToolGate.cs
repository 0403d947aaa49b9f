using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Governance.Tiers;
using Mesh.Ledger.Entries;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Policy;

/// <summary>
/// The one way to a tool's work, for one step of a run: whoever calls, a workflow, a kernel or a foreign loop that takes a tool for a plain function, comes through here. Tier, standing of the
/// mesh and budget are asked before; every decision is noted. Calls may come at the same time.
/// </summary>
/// <param name="before">What the run used in the steps before.</param>
/// <param name="used">Told what the run has used by now, at every call.</param>
internal sealed class ToolGate(Budget budget, Spent before, IMeshStanding mesh, TimeProvider time, Action<Spent>? used = null)
{
    public const int MostDecisions = 1000;
    private readonly Lock _gate = new();
    private readonly List<Decision> _decisions = [];
    private Spent _spent = before;

    public Spent Spent
    {
        get
        {
            lock (_gate)
                return _spent;
        }
    }

    public IReadOnlyList<Decision> Decisions
    {
        get
        {
            lock (_gate)
                return [.. _decisions];
        }
    }

    /// <summary>Does <paramref name="body"/> when the policy lets the call through.</summary>
    /// <param name="tokens">That it will use at most.</param>
    /// <exception cref="PolicyRefusedException">It does not.</exception>
    /// <exception cref="BudgetSpentException">The run has used what it may.</exception>
    public async Task<T> CallAsync<T>(string tool, object arguments, long tokens, Func<CancellationToken, Task<T>> body, CancellationToken cancellationToken)
    {
        var hash = HashOf(arguments);
        await AdmitAsync(tool, hash, tokens, cancellationToken);
        var start = time.GetTimestamp();
        try
        {
            return await body(cancellationToken);
        }
        finally
        {
            var seconds = time.GetElapsedTime(start).TotalSeconds;
            lock (_gate)
                _spent += new Spent(Seconds: seconds);
        }
    }

    /// <summary>Null, or why a tool of this name is not called: what a kernel's filter asks before anything else of a call.</summary>
    public PolicyRefusedException? Refuses(string tool) => ToolTable.Find(tool) switch
    {
        null => new(PolicyRefusedException.UnknownTool, $"There is no tool '{Cut(tool)}'."),
        > Tier.SandboxTest => new(PolicyRefusedException.NeedsPeople, $"'{tool}' changes the mesh: it is noted as a proposal, and people decide."),
        _ => null,
    };

    /// <summary>Notes a call that was not let through.</summary>
    public void Note(string tool, object arguments, PolicyRefusedException refused) =>
        Note(new(Now, Cut(tool), HashOf(arguments), refused.Code == PolicyRefusedException.NeedsPeople ? Decision.Proposal : Decision.Refused, refused.Message));

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task AdmitAsync(string tool, string hash, long tokens, CancellationToken cancellationToken)
    {
        try
        {
            if (Refuses(tool) is { } refused)
                throw refused;
            await mesh.RequireRunningAsync(cancellationToken);
            lock (_gate)
            {
                // Counted before it is done: what is under way at the same time is not free.
                var next = _spent + new Spent(1, Math.Max(0, tokens));
                if (budget.Exceeded(next) is { } what)
                    throw new BudgetSpentException($"This run has used its {what}.");
                _spent = next;
            }
            used?.Invoke(Spent);
            Note(new(Now, tool, hash, Decision.Allowed));
        }
        catch (Exception refused) when (refused is PolicyRefusedException or BudgetSpentException)
        {
            Note(new(Now, Cut(tool), hash, refused is PolicyRefusedException { Code: PolicyRefusedException.NeedsPeople } ? Decision.Proposal : Decision.Refused, refused.Message));
            throw;
        }
    }

    private void Note(Decision decision)
    {
        lock (_gate)
            if (_decisions.Count < MostDecisions)   // they go into an artifact; how many calls there were is in what was spent
                _decisions.Add(decision);
    }

    private static string HashOf(object arguments) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalJson.Of(JsonSerializer.SerializeToElement(arguments, AgentJson.Options)))));

    private static string Cut(string text) => text.Length <= 64 ? text : text[..64];
}
