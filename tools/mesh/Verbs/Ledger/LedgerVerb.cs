using System.CommandLine;

namespace Mesh.Tool.Verbs.Ledger;

/// <summary><c>mesh ledger</c>: what happened, and that nobody changed it since.</summary>
internal static class LedgerVerb
{
    public static Command Create(Terminal terminal) => new("ledger", "The ledger of everything that people decided.")
    {
        VerifyVerb.Create(terminal), ProofVerb.Create(terminal), FindVerb.Create(terminal), TailVerb.Create(terminal), ExportVerb.Create(terminal),
    };
}
