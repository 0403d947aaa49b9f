using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;
using Mesh.Inference;
using Mesh.Training.Scores;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Tool.Eval;

/// <summary>Has the experts read the texts, one expert after the other so that only one model is in memory. What one has read is kept in a file and not read again.</summary>
/// <param name="cache">Folder for the files; null keeps none.</param>
internal sealed class Scorer(string? cache)
{
    /// <param name="progress">An expert's name and how many more tokens it has read.</param>
    /// <exception cref="EvalException">An expert refused a text.</exception>
    public async Task<ScoreTable> RunAsync(IReadOnlyList<ExpertSpec> specs, IReadOnlyList<EvalText> texts, Action<string, int> progress, CancellationToken cancellationToken)
    {
        // A fold at a time, so that measuring finds what training has read.
        var parts = texts.GroupBy(t => t.Fold).Select(fold => new ScoreTable([.. specs.Select(s => s.Id.Value)], [.. fold])).ToArray();
        for (var column = 0; column < specs.Count; column++)
            foreach (var table in parts)
            {
                var kept = cache is null ? null : Path.Combine(cache, $"{NameOf(specs[column], table.Texts)}.scores");
                if (kept is not null && TryRead(kept, table, column))
                {
                    progress(specs[column].Id.Value, table.Texts.Sum(t => t.Tokens.Length));
                    continue;
                }
                await ReadAllAsync(specs[column], table, column, progress, cancellationToken);
                if (kept is not null)
                    Write(kept, table, column);
            }
        return ScoreTable.Join(parts);
    }

    private static async Task ReadAllAsync(ExpertSpec spec, ScoreTable table, int column, Action<string, int> progress, CancellationToken cancellationToken)
    {
        await using var expert = await LlamaExpert.LoadAsync(spec, new(), NullLogger.Instance, cancellationToken: cancellationToken);
        // A second reader keeps the model busy while the first one's answer is handled.
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, table.Texts.Count, parallel, async (number, token) =>
        {
            var text = table.Texts[number];
            var (request, reply) = (new StepRequest(), new StepReply());
            request.Reset(SessionId.New(), turn: 1, position: 0);
            request.Append(text.Tokens);
            request.Scores = text.Scored;
            await expert.StepAsync(request, reply, token);
            expert.Release(request.Session);
            if (reply.Status != StepStatus.Ok || reply.ScoreCount != text.Scored)
                throw new EvalException($"Expert '{spec.Id}' answered {reply.Status} with {reply.ScoreCount} scores to a window of {text.Tokens.Length} tokens; is --window beyond its context?");
            reply.Scores.CopyTo(table.Of(number, column));
            progress(spec.Id.Value, text.Tokens.Length);
        });
    }

    /// <summary>The model's bytes and the texts' tokens: another of either has another name.</summary>
    private static string NameOf(ExpertSpec spec, IReadOnlyList<EvalText> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var model = File.OpenRead(spec.ModelPath))
            hash.AppendData(SHA256.HashData(model));
        foreach (var adapter in spec.Adapters)
        {
            using var file = File.OpenRead(adapter.Path);
            hash.AppendData(SHA256.HashData(file));
            hash.AppendData(BitConverter.GetBytes(adapter.Scale));
        }
        foreach (var text in texts)
        {
            hash.AppendData(BitConverter.GetBytes(text.Unscored));
            hash.AppendData(MemoryMarshal.AsBytes(text.Tokens.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    private static bool TryRead(string path, ScoreTable table, int column)
    {
        if (!File.Exists(path) || new FileInfo(path).Length != sizeof(float) * table.Texts.Sum(t => (long)t.Scored))
            return false;
        using var stream = File.OpenRead(path);
        for (var text = 0; text < table.Texts.Count; text++)
            stream.ReadExactly(MemoryMarshal.AsBytes(table.Of(text, column).AsSpan()));
        return true;
    }

    private static void Write(string path, ScoreTable table, int column)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var stream = File.Create(path + ".new"))
            for (var text = 0; text < table.Texts.Count; text++)
                stream.Write(MemoryMarshal.AsBytes(table.Of(text, column).AsSpan()));
        File.Move(path + ".new", path, overwrite: true);
    }
}
