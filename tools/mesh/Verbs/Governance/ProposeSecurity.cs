using System.CommandLine;
using Mesh.Governance.Operations;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary>Changes of who may ask, and how often.</summary>
internal static class ProposeSecurity
{
    public static Command Revoke(Terminal terminal)
    {
        var (key, why) = (Key(), new Option<string>("--why") { Description = "What was done with it.", Required = true });
        var command = new Verb("revoke-api-key", "Closes all routers to an API key, also to a new one of its name.", "mesh propose revoke-api-key ann --why 'it was in a public log' --reason 'found by a user'") { key, why };
        ProposalFlow.Attach(command, terminal, arguments => new RevokeApiKey(arguments.GetValue(key)!, arguments.GetValue(why)!));
        return command;
    }

    public static Command Restore(Terminal terminal)
    {
        var key = Key();
        var command = new Verb("restore-api-key", "Opens the routers again to an API key that the mesh revoked.", "mesh propose restore-api-key ann --reason 'she has a new one'") { key };
        ProposalFlow.Attach(command, terminal, arguments => new RestoreApiKey(arguments.GetValue(key)!));
        return command;
    }

    public static Command RateLimit(Terminal terminal)
    {
        var limit = new Argument<int>("per-minute") { Description = "Requests a minute; 0 takes the governed limit away." };
        var key = new Option<string?>("--api-key") { Description = "The API key's name. Default: every caller without a limit of its own.", HelpName = "name" };
        var command = new Verb("rate-limit", "Limits how often callers may ask.", "mesh propose rate-limit 60 --api-key ann --reason 'she asks all day'") { limit, key };
        ProposalFlow.Attach(command, terminal, arguments => new SetRateLimit(arguments.GetValue(limit), arguments.GetValue(key)));
        return command;
    }

    private static Argument<string> Key() => new("key") { Description = "The API key's name, as `keys list` of a router shows it." };
}
