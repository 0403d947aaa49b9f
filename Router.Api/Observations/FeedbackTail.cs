using System.Text.Json;
using Mesh.Contracts.Observations;

namespace Router.Api.Observations;

/// <summary>The newest lines of the file of feedback.</summary>
internal static class FeedbackTail
{
    private const int MostBytes = 1 << 20;

    /// <summary>Newest first, at most <see cref="RouterObservations.MostFeedback"/>; what is no line of feedback, as one that was begun before a crash, is read past.</summary>
    /// <param name="withTexts">Else votes alone.</param>
    public static async Task<IReadOnlyList<ObservedFeedback>> ReadAsync(string path, bool withTexts, CancellationToken cancellationToken)
    {
        byte[] bytes;
        var isWhole = true;
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
            isWhole = file.Length <= MostBytes;
            file.Position = Math.Max(0, file.Length - MostBytes);
            bytes = new byte[Math.Min(file.Length, MostBytes)];
            bytes = bytes[..await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken)];
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        var lines = new List<ObservedFeedback>();
        var end = bytes.Length;
        while (end > 0 && lines.Count < RouterObservations.MostFeedback)
        {
            var begin = bytes.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
            if ((begin > 0 || isWhole) && Parse(bytes.AsMemory(begin, end - begin), withTexts) is { } line)
                lines.Add(line);
            end = begin - 1;
        }
        return lines;
    }

    private static ObservedFeedback? Parse(ReadOnlyMemory<byte> line, bool withTexts)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return new(root.GetProperty("completion_id").GetString()!, root.GetProperty("at").GetDateTimeOffset(), root.GetProperty("vote").GetString() == "up", Text("prompt"), Text("answer"), Text("comment"));

            string? Text(string name) => withTexts ? ObservedText.Cut(root.GetProperty(name).GetString()) : null;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
