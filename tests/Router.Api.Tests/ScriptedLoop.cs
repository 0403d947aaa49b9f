using System.Runtime.CompilerServices;
using Mesh.Contracts.Experts;
using Mesh.Ensemble.TokenLoop;

namespace Router.Api.Tests;

/// <summary>A token loop that says what a test wrote down, and remembers what it was asked.</summary>
internal sealed class ScriptedLoop : ITokenLoop
{
    private readonly Lock _lock = new();
    private readonly List<GenerationRequest> _requests = [];

    /// <summary>The answer; it ends with Stop unless MaxTokens comes first.</summary>
    public string Answer { get; set; } = "Hello there, dear friend.";

    /// <summary>Tokens instead of <see cref="Answer"/>.</summary>
    public int[]? Tokens { get; set; }

    /// <summary>Awaited before the token of that number (from 0) is given out.</summary>
    public Func<int, CancellationToken, Task>? Before { get; set; }

    /// <summary>Completed when a stream was given up by its reader.</summary>
    public TaskCompletionSource Abandoned { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<GenerationRequest> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    public async IAsyncEnumerable<TokenEvent> RunAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        lock (_lock)
            _requests.Add(request);
        var tokens = Tokens ?? FakeExperts.Tokenizer.Encode(Answer);
        var finished = false;
        try
        {
            for (var i = 0; i < tokens.Length; i++)
            {
                using (request.Pace is { } pace ? await pace.EnterAsync(1, cancellationToken) : null)
                    if (Before is not null)
                        await Before(i, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
                var last = i + 1 == request.MaxTokens;
                finished |= last;
                yield return Event(tokens[i], last ? FinishReason.Length : FinishReason.None, request);
                if (last)
                    yield break;
            }
            if (Before is not null)
                await Before(tokens.Length, cancellationToken);
            finished = true;
            yield return Event(request.EndTokens.First(), FinishReason.Stop, request);
        }
        finally
        {
            if (!finished)
                Abandoned.TrySetResult();
        }
    }

    private static TokenEvent Event(int token, FinishReason finish, GenerationRequest request) => new(
        token, -0.25f, finish,
        request.TopLogProbabilities > 0 ? [new(token, -0.25f), new((token + 1) % FakeExperts.Tokenizer.VocabularySize, -2f)] : null,
        request.Trace
            ? new(1.5,
                [
                    new(ExpertId.Parse("alpha"), 0.75f, -0.2f, 1.2, 180, null),
                    new(ExpertId.Parse("beta"), 0.25f, null, 1.4, 210, null),
                    new(ExpertId.Parse("gamma"), 0f, null, 100, 0, "late"),
                ], "plain")
            : null);
}
