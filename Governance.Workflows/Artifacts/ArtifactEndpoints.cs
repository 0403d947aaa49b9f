using Governance.Workflows.Errors;
using Governance.Workflows.Ledger;
using Mesh.Governance.Acts;
using Mesh.Governance.Operations;
using Mesh.Governance.State;
using Mesh.Ledger.Artifacts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Governance.Workflows.Artifacts;

public sealed record ArtifactName(string Hash);

/// <summary><c>/governance/artifacts</c>: what is larger than an entry, by its SHA-256.</summary>
internal static class ArtifactEndpoints
{
    public static void MapArtifacts(this IEndpointRouteBuilder app)
    {
        app.MapPut("/governance/artifacts", PutAsync).Accepts<byte[]>("application/octet-stream").WithTags("Artifacts").WithSummary("Stores a file under the hash of its bytes.").Refuses();
        app.MapGet("/governance/artifacts/{hash}", GetAsync).WithTags("Artifacts").WithSummary("The file of this hash.").Refuses();
    }

    private static async Task<Ok<ArtifactName>> PutAsync(HttpRequest request, ArtifactStore artifacts, GovernanceLedger ledger, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        var buffer = new byte[81920];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            memory.Write(buffer, 0, read);
            if (memory.Length > ArtifactStore.MostBytes)
                throw new ActRefusedException(ActCode.TooLarge, $"An artifact has at most {ArtifactStore.MostBytes} bytes.");
        }
        var named = NamedBy(await ledger.RefreshAsync(cancellationToken));
        return TypedResults.Ok(new ArtifactName(await artifacts.PutAsync(memory.ToArray(), named.Contains, cancellationToken)));
    }

    /// <summary>What proposals ask for, what is or was in force, and what runs of self-improvement still need.</summary>
    private static HashSet<string> NamedBy(GovernanceState state)
    {
        var asked = state.Proposals.Values.Select(p => (p.Act.Operation as SetGate)?.Hash);
        var configured = state.History.SelectMany(c => new[] { c.Before, c.After }).Append(state.Configuration!).Select(c => c.Routing.Gate);
        var running = state.SelfRuns.Values.Where(r => !r.IsEnded).SelectMany(r => r.Steps).Select(s => s.Act.Artifact);
        return [.. asked.Concat(configured).Concat(running).OfType<string>()];
    }

    private static async Task<FileContentHttpResult> GetAsync(string hash, ArtifactStore artifacts, HttpResponse response, CancellationToken cancellationToken)
    {
        if (!ArtifactStore.IsName(hash))
            throw new ActRefusedException(ActCode.Invalid, "An artifact is named by its SHA-256, 64 lower hex digits.");
        if (await artifacts.GetAsync(hash, cancellationToken) is not { } bytes)
            throw new ActRefusedException(ActCode.NotFound, $"There is no artifact {hash}.");
        response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.File(bytes, "application/octet-stream");
    }
}
