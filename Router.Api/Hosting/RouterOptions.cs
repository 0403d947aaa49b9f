using Microsoft.Extensions.Options;

namespace Router.Api.Hosting;

/// <summary>What the router admits. Section <c>Mesh:Router</c>.</summary>
public sealed record RouterOptions
{
    public const string Section = "Mesh:Router";

    /// <summary>Completions generated at the same time, 1 or more.</summary>
    public int MaxConcurrent { get; init; } = 16;

    /// <summary>Completions that may wait for their turn; more are answered with 429. 0 or more.</summary>
    public int MaxQueued { get; init; } = 64;

    /// <summary>Longest wait for a turn before 429.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Share of the places, and while users are there of the tokens, that the mesh's own work (<c>mesh.background</c> of a request) takes at most; one place at least. 0.001 to 0.9.
    /// </summary>
    public double BackgroundShare { get; init; } = 0.1;

    /// <summary>How far back <c>GET /mesh/observations</c> looks, one minute to one day.</summary>
    public TimeSpan ObservationWindow { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether it shows prompts, answers and comments. Null: where there are no API keys, since then all users are one.</summary>
    public bool? ObserveTexts { get; init; }

    /// <summary>Largest request body in bytes, 1 KiB to 64 MiB.</summary>
    public int MaxBodyBytes { get; init; } = 4 << 20;

    /// <summary>
    /// <c>min_p</c> of requests that bring neither it nor <c>top_p</c> nor <c>top_k</c>: tokens with less than this share of the most probable one's probability are not
    /// drawn. 0 to 0.999; 0 is OpenAI's rule.
    /// </summary>
    public double MinP { get; init; } = 0.05;

    /// <summary>Most completions of one request (<c>n</c>), 1 to <see cref="MaxConcurrent"/>.</summary>
    public int MaxChoices { get; init; } = 8;

    /// <summary>Most tokens one completion may ask for, 1 or more; the context window ends it sooner anyhow.</summary>
    public int MaxTokens { get; init; } = 131_072;

    /// <summary>How far generation runs ahead of a slow reader before it waits for it, in bytes of the answer, 4 KiB to 16 MiB.</summary>
    public int ReadAheadBytes { get; init; } = 256 << 10;

    /// <summary>How long a reader may take nothing of an answer that is there for it, 2 seconds to one hour; then its connection is closed.</summary>
    public TimeSpan ReaderTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long responses that are stored stay, one minute to 365 days.</summary>
    public TimeSpan ResponseTtl { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Requests a minute for each API key, or each address where there are no keys; 0 is no limit.</summary>
    public int RequestsPerMinute { get; init; }

    /// <summary>Wrong API keys a minute from one address, after which it is answered with 429 until the minute is over; 0 is no limit.</summary>
    public int WrongKeysPerMinute { get; init; } = 30;

    /// <summary>Origins (<c>https://example.org</c>) whose pages may use the router from a browser; none by default.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>How long running completions may go on once the router is told to stop, zero to one minute; then they end with an error that says so.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Reports every fault at once, at start.</summary>
internal sealed class ValidateRouterOptions : IValidateOptions<RouterOptions>
{
    public ValidateOptionsResult Validate(string? name, RouterOptions options)
    {
        var faults = new List<string>();
        Check(options.MaxConcurrent >= 1, nameof(options.MaxConcurrent), "1 or more");
        Check(options.MaxQueued >= 0, nameof(options.MaxQueued), "0 or more");
        Check(options.QueueTimeout > TimeSpan.Zero && options.QueueTimeout <= TimeSpan.FromHours(1), nameof(options.QueueTimeout), "above zero to one hour");
        Check(options.BackgroundShare is >= 0.001 and <= 0.9, nameof(options.BackgroundShare), "0.001 to 0.9");
        Check(options.ObservationWindow >= TimeSpan.FromMinutes(1) && options.ObservationWindow <= TimeSpan.FromDays(1), nameof(options.ObservationWindow), "one minute to one day");
        Check(options.MaxBodyBytes is >= 1 << 10 and <= 64 << 20, nameof(options.MaxBodyBytes), "1 KiB to 64 MiB");
        Check(options.MaxChoices >= 1 && options.MaxChoices <= options.MaxConcurrent, nameof(options.MaxChoices), "1 to MaxConcurrent");
        Check(options.MinP is >= 0 and <= 0.999, nameof(options.MinP), "0 to 0.999");
        Check(options.MaxTokens >= 1, nameof(options.MaxTokens), "1 or more");
        Check(options.ReadAheadBytes is >= 4 << 10 and <= 16 << 20, nameof(options.ReadAheadBytes), "4 KiB to 16 MiB");
        Check(options.ReaderTimeout >= TimeSpan.FromSeconds(2) && options.ReaderTimeout <= TimeSpan.FromHours(1), nameof(options.ReaderTimeout), "2 seconds to one hour");
        Check(options.ResponseTtl >= TimeSpan.FromMinutes(1) && options.ResponseTtl <= TimeSpan.FromDays(365), nameof(options.ResponseTtl), "one minute to 365 days");
        Check(options.RequestsPerMinute >= 0, nameof(options.RequestsPerMinute), "0 or more");
        Check(options.WrongKeysPerMinute >= 0, nameof(options.WrongKeysPerMinute), "0 or more");
        Check(options.ShutdownGrace >= TimeSpan.Zero && options.ShutdownGrace <= TimeSpan.FromMinutes(1), nameof(options.ShutdownGrace), "zero to one minute");
        Check(options.AllowedOrigins.All(IsOrigin), nameof(options.AllowedOrigins), "origins such as https://example.org, without a path or '*'");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        static bool IsOrigin(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == text;

        void Check(bool good, string option, string allowed)
        {
            if (!good)
                faults.Add($"{RouterOptions.Section}:{option} must be {allowed}.");
        }
    }
}
