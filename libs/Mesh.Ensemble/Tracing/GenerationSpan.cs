using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.TokenLoop;

namespace Mesh.Ensemble.Tracing;

/// <summary>
/// What a trace shows of one generation: a span with some of its tokens as events, and under it an <see cref="ExpertSpan"/> for every expert that was asked.
/// There is none, and nothing is spent, where nobody collects spans. Neither text nor token ids are told: traces are read by others than the chat.
/// </summary>
internal sealed class GenerationSpan
{
    public const string SourceName = "Mesh.Ensemble";

    /// <summary>Every token of the beginning, then one of every so many: collectors keep 128 events of a span.</summary>
    private const int Beginning = 16, Stride = 16, MostEvents = 100;
    private static readonly ActivitySource Source = new(SourceName);

    private readonly Activity _activity;
    private readonly List<ExpertSpan> _experts = [];
    private readonly StringBuilder _voters = new();
    private int _tokens, _rounds, _events, _nextEvent;

    private GenerationSpan(Activity activity) => _activity = activity;

    /// <summary>Begins a span under the current one; null where nobody collects.</summary>
    public static GenerationSpan? Start(GenerationRequest request, EnsembleOptions options)
    {
        if (!Source.HasListeners() || Begin("generate", default) is not { IsAllDataRequested: true } activity)
            return null;
        activity.SetTag("mesh.prompt_tokens", request.Prompt.Length);
        activity.SetTag("mesh.k", options.K);
        activity.SetTag("mesh.gate", options.Gate.ToString().ToLowerInvariant());
        activity.SetTag("mesh.mix", options.Mix.ToString().ToLowerInvariant());
        return new(activity);
    }

    /// <summary>The span of an expert that is asked for the first time.</summary>
    public ExpertSpan? Of(ExpertId expert)
    {
        if (Begin($"expert {expert}", _activity.Context) is not { } activity)
            return null;
        activity.SetTag("mesh.expert", expert.Value);
        var span = new ExpertSpan(activity);
        _experts.Add(span);
        return span;
    }

    /// <param name="position">Tokens of prompt and text after the round.</param>
    public void OnRound(List<Lane> lanes, List<TokenEvent> tokens, int position, TimeSpan elapsed)
    {
        _rounds++;
        _tokens += tokens.Count;
        if (_tokens < _nextEvent || _events == MostEvents)
            return;
        _events++;
        _nextEvent = _tokens < Beginning ? 0 : _tokens + Stride;
        _voters.Clear();
        foreach (var lane in lanes)
            if (lane.Weight > 0)
                _voters.Append(CultureInfo.InvariantCulture, $"{(_voters.Length > 0 ? ", " : "")}{lane.Peer.Id} {lane.Weight:0.00}");
        _activity.AddEvent(new("token", tags: new()
        {
            ["mesh.position"] = position,
            ["mesh.tokens"] = tokens.Count,
            ["mesh.log_probability"] = Math.Round(tokens[^1].LogProbability, 3),
            ["mesh.round_ms"] = Math.Round(elapsed.TotalMilliseconds, 2),
            ["mesh.voters"] = _voters.ToString(),
        }));
    }

    /// <summary>Ends it and those of its experts.</summary>
    /// <param name="finish"><see cref="FinishReason.None"/>: it was given up before its end.</param>
    public void End(FinishReason finish, string? fault)
    {
        foreach (var expert in _experts)
            expert.End();
        _activity.SetTag("mesh.tokens", _tokens);
        _activity.SetTag("mesh.rounds", _rounds);
        _activity.SetTag("mesh.finish", finish == FinishReason.None ? "given up" : finish.ToString().ToLowerInvariant());
        if (fault is not null)
            _activity.SetStatus(ActivityStatusCode.Error, fault);
        Stop(_activity);
    }

    internal static void Stop(Activity activity)
    {
        var current = Activity.Current;
        activity.Stop();
        Activity.Current = current;
    }

    /// <summary>Never the current one: what the caller does meanwhile is not a part of it.</summary>
    private static Activity? Begin(string name, ActivityContext parent)
    {
        var current = Activity.Current;
        var activity = Source.StartActivity(name, ActivityKind.Internal, parent);
        Activity.Current = current;
        return activity;
    }
}
