using System.Text.Json.Serialization;

namespace Mesh.Governance.Configurations;

/// <param name="Name">Of the API key.</param>
/// <param name="PerMinute">Requests, 1 or more.</param>
public sealed record KeyRateLimit(string Name, int PerMinute);

/// <summary>Which of the routers' API keys open nothing, and how often the others may ask. Keys go by their names: a new key of a revoked name is revoked too.</summary>
public sealed record SecuritySettings
{
    /// <summary>Of each list.</summary>
    public const int MostKeys = 256;
    public const int MostPerMinute = 100_000;

    [JsonRequired]
    public IReadOnlyList<string> RevokedKeys { get; init; } = [];

    /// <summary>Of keys that have one of their own.</summary>
    [JsonRequired]
    public IReadOnlyList<KeyRateLimit> RateLimits { get; init; } = [];

    /// <summary>Of every other caller; null is the router's own.</summary>
    public int? RateLimit { get; init; }

    [JsonIgnore]
    public bool IsEmpty => RevokedKeys.Count == 0 && RateLimits.Count == 0 && RateLimit is null;

    public bool IsRevoked(string key) => RevokedKeys.Contains(key);

    /// <summary>Requests a minute of a key, or of a caller without one; null is the router's own.</summary>
    public int? RateLimitOf(string? key) => RateLimits.FirstOrDefault(l => l.Name == key)?.PerMinute ?? RateLimit;

    public bool Equals(SecuritySettings? other) =>
        other is not null && RateLimit == other.RateLimit && RevokedKeys.SequenceEqual(other.RevokedKeys) && RateLimits.SequenceEqual(other.RateLimits);

    public override int GetHashCode() => HashCode.Combine(RevokedKeys.Count, RateLimits.Count, RateLimit);
}
