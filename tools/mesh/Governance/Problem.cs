using System.Net;
using System.Text.Json;
using Mesh.Governance.Acts;

namespace Mesh.Tool.Governance;

/// <summary>Refusals in plain words: what the mesh says, and what can be done about it.</summary>
internal static class Problem
{
    private static readonly Dictionary<string, string> Advice = new()
    {
        [ActCode.UnknownMember] = "`mesh member list` shows the members.",
        [ActCode.WrongSignature] = "Is it the key that the mesh has for you? `mesh member list` shows it, `mesh member rotate` proposes another.",
        [ActCode.WrongRole] = "`mesh member list` shows who has which role.",
        [ActCode.OwnProposal] = "Somebody else has to.",
        [ActCode.Late] = "If it is still wanted, propose it again.",
        [ActCode.DoubleVote] = "The first vote counts.",
        [ActCode.DomainReadOnly] = "`mesh propose lift DOMAIN` asks to open it again.",
        [ActCode.Halted] = "`mesh status` shows the halts; `mesh resume` ends them, with two signatures.",
        [ActCode.TooLarge] = "",
        ["quorum_unavailable"] = "Nothing is lost: it is kept and counts by itself as soon as a majority of the nodes is back.",
        ["no_lease"] = "Changes wait until a majority of the nodes is back; try again then.",
        ["ledger_unavailable"] = "Try again; asking the same again does no harm.",
    };

    /// <summary>The answer of a router or of governance, whichever form of error it has.</summary>
    public static ToolException Of(HttpStatusCode status, byte[] body, Uri url)
    {
        var (code, detail) = Read(body);
        if (code is not null && Advice.TryGetValue(code, out var advice))
            return new(code is "quorum_unavailable" or "no_lease" or "ledger_unavailable" ? ExitCode.TimedOut : ExitCode.Refused, $"{detail ?? code} {advice}".TrimEnd());
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && code is null or "invalid_api_key")
            return new(ExitCode.Refused, $"{url} asks for an API key: --api-key or MESH_API_KEY. {detail}".TrimEnd());
        if ((int)status >= 500)
            return new(ExitCode.Unreachable, $"Governance does not answer at {url}: {detail ?? $"status {(int)status}"}");
        if (status == HttpStatusCode.NotFound && code is null)
            return new(ExitCode.Unreachable, $"There is no governance at {url}. Is Mesh:Governance enabled there?");
        return new(ExitCode.Refused, detail ?? $"{url} refused it with status {(int)status}.");
    }

    /// <summary>ProblemDetails with a code, or OpenAI's error object.</summary>
    private static (string? Code, string? Detail) Read(byte[] body)
    {
        try
        {
            var json = JsonElement.Parse(body);
            if (json.ValueKind != JsonValueKind.Object)
                return default;
            return json.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? (Text(error, "code"), Text(error, "message")) : (Text(json, "code"), Text(json, "detail"));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
