using System.Text;
using System.Text.Json;
using Mesh.Governance.Acts;
using Mesh.Governance.State;
using Mesh.Ledger.Entries;
using Mesh.Ledger.Proofs;

namespace Mesh.Tool.Governance;

/// <summary>Proposals by their hash or its beginning, and as their proposer signed them.</summary>
internal static class SignedProposals
{
    public const int LeastDigits = 8;

    /// <summary>The whole hash.</summary>
    /// <exception cref="ToolException">It is none, or begins none or several proposals.</exception>
    public static async Task<string> ResolveAsync(GovernanceClient client, string text, CancellationToken cancellationToken)
    {
        if (text.Length is < LeastDigits or > 64 || !text.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f'))
            throw ToolException.Usage($"'{Plain.Of(text)}' is no hash of a proposal: 64 lower hex digits, or the first {LeastDigits} or more of them.");
        if (text.Length == 64)
            return text;
        var hashes = (await client.GetAsync("governance/proposals", AnswerJson.Default.ProposalsAnswer, cancellationToken)).Proposals.Select(p => p.Hash).Where(h => h.StartsWith(text, StringComparison.Ordinal)).ToArray();
        return hashes switch
        {
            [var hash] => hash,
            [] => throw new ToolException(ExitCode.Refused, $"No proposal begins with {text}."),
            _ => throw ToolException.Usage($"{text} begins several proposals: {string.Join(", ", hashes)}."),
        };
    }

    /// <summary>
    /// What was proposed, from the ledger's entry. Its hash is computed here: a vote is signed over that hash, so whoever shows a proposal cannot show another than the one that is signed.
    /// </summary>
    public static async Task<SignedAct<Proposal>> ReadAsync(GovernanceClient client, string hash, CancellationToken cancellationToken)
    {
        try
        {
            var proof = LedgerProof.Parse(await client.GetTextAsync($"ledger/proof/{EntryIds.Proposal(hash)}", cancellationToken));
            var entry = Mesh.Ledger.Entries.LedgerEntry.Parse(await client.GetBytesAsync($"ledger/entry/{proof.Index}", cancellationToken));
            var act = SignedAct.Parse<Proposal>(entry.Body.GetProperty("note").GetString() ?? "");
            return act.Hash == hash ? act : throw ToolException.Unverified($"The mesh gives another proposal ({act.Hash}) in place of {hash}. Nothing is signed.");
        }
        catch (Exception fault) when (fault is FormatException or ActRefusedException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw ToolException.Unverified($"The ledger's entry of {hash} is not a proposal: {fault.Message} Nothing is signed.");
        }
    }
}
