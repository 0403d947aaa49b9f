using Mesh.Governance.Configurations;

namespace Mesh.Governance.Operations;

/// <summary>Operations on who may ask, and how often.</summary>
internal static class SecurityChanges
{
    private const int MostWhy = 2000;

    public static MeshConfiguration Apply(Operation operation, MeshConfiguration before)
    {
        var after = Apply(operation, before.Security ?? new());
        return before with { Security = after.IsEmpty ? null : after };
    }

    private static SecuritySettings Apply(Operation operation, SecuritySettings before)
    {
        switch (operation)
        {
            case RevokeApiKey(var key, var why):
                Change.Require(why.Length is > 0 and <= MostWhy, $"Why an API key is revoked has 1 to {MostWhy} characters.");
                Change.Require(!before.IsRevoked(key), $"The API key '{key}' is revoked already.");
                return before with { RevokedKeys = [.. before.RevokedKeys, key] };
            case RestoreApiKey(var key):
                Change.Require(before.IsRevoked(key), $"The API key '{key}' is not revoked by the mesh.");
                return before with { RevokedKeys = [.. before.RevokedKeys.Where(k => k != key)] };
            case SetRateLimit(var perMinute, var key):
                Change.Require(perMinute is >= 0 and <= SecuritySettings.MostPerMinute, $"A rate limit is 1 to {SecuritySettings.MostPerMinute} requests a minute; 0 takes it away.");
                if (key is null)
                    return before with { RateLimit = perMinute == 0 ? null : perMinute };
                var others = before.RateLimits.Where(l => l.Name != key);
                return before with { RateLimits = perMinute == 0 ? [.. others] : [.. others, new(key, perMinute)] };
            default:
                throw new ArgumentException($"{operation.GetType().Name} is no operation on security.", nameof(operation));
        }
    }

    /// <summary>Whom an operation is about, in words; null: it is none on security.</summary>
    public static string? ReachOf(Operation operation) => operation switch
    {
        RevokeApiKey(var key, _) => $"Callers with the API key '{key}'",
        RestoreApiKey(var key) => $"Callers with the API key '{key}'",
        SetRateLimit(_, { } key) => $"Callers with the API key '{key}'",
        SetRateLimit => "Every caller without a rate limit of its own",
        _ => null,
    };
}
