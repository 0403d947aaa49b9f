using Mesh.Contracts.Experts;

namespace Router.Api.Experts;

/// <summary>
/// The one tokenizer of the mesh: a given one, else that of the first expert, in order of registration, that becomes ready. Once set it stays.
/// </summary>
internal sealed class TokenizerElection(TimeSpan grace, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _elected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Tokenizer? _tokenizer;

    public string? Fingerprint => Volatile.Read(ref _tokenizer)?.Fingerprint;

    public string? ModelPath => Volatile.Read(ref _tokenizer)?.ModelPath;

    public Task Elected => _elected.Task;

    public void Set(string fingerprint, string modelPath, string named)
    {
        lock (_gate)
        {
            if (_tokenizer is not null)
                return;
            Volatile.Write(ref _tokenizer, new(fingerprint, modelPath, named));
        }
        _elected.TrySetResult();
    }

    /// <summary>
    /// Why an expert with this tokenizer cannot be in the mesh, or null. Before there is a tokenizer, waits for those of <paramref name="before"/> that
    /// may still become ready, but not longer than the grace.
    /// </summary>
    public async Task<string?> RejectsAsync(ExpertId expert, ModelCard card, Func<IEnumerable<ExpertState>> before, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (Fingerprint is null && before().Any(s => s is not ExpertState.Refused) && time.GetElapsedTime(started) < grace)
            await Task.WhenAny(_elected.Task, Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        Set(card.TokenizerFingerprint, card.ModelPath, $"expert '{expert}'");
        var mesh = _tokenizer!;
        return card.TokenizerFingerprint == mesh.Fingerprint
            ? null
            : $"Its tokenizer ({Short(card.TokenizerFingerprint)}) is not the mesh's ({Short(mesh.Fingerprint)}, of {mesh.Named}).";
    }

    private static string Short(string fingerprint) => fingerprint.Length <= 12 ? fingerprint : fingerprint[..12];

    private sealed record Tokenizer(string Fingerprint, string ModelPath, string Named);
}
