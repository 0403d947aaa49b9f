using System.Text.Json;
using Microsoft.Extensions.Options;

namespace SelfPrompt.Agent.Tasks.TestGeneration;

/// <summary>The cases that people accepted, in <c>cases.jsonl</c>: a line each, only ever appended, on the disk before it counts.</summary>
internal sealed class AcceptedCases(IOptions<SelfTaskOptions> options)
{
    private const long MostBytes = 16 << 20;
    private readonly Lock _gate = new();

    private string File => Path.Combine(options.Value.CasesFolder, "cases.jsonl");

    /// <summary>Oldest first. A line that a crash cut off is none.</summary>
    public IReadOnlyList<RegressionCase> Read()
    {
        lock (_gate)
            return [.. Lines().Select(Parse).OfType<RegressionCase>().DistinctBy(c => c.Id)];
    }

    /// <summary>Adds those that are not there.</summary>
    /// <exception cref="IOException">It could not be written, or the file is full.</exception>
    public void Append(IReadOnlyList<RegressionCase> cases)
    {
        lock (_gate)
        {
            var known = Read().Select(c => c.Id).ToHashSet();
            var lines = cases.Where(c => known.Add(c.Id)).SelectMany(c => (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(c, CaseJson.Default.RegressionCase), (byte)'\n']).ToArray();
            if (lines.Length == 0)
                return;
            Directory.CreateDirectory(options.Value.CasesFolder);
            using var stream = new FileStream(File, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            if (stream.Length + lines.Length > MostBytes)
                throw new IOException($"'{File}' is full: {MostBytes >> 20} MiB.");
            if (IsCutOff(stream))
                lines = [(byte)'\n', .. lines];
            stream.Seek(0, SeekOrigin.End);
            stream.Write(lines);
            stream.Flush(flushToDisk: true);
        }
    }

    private IEnumerable<string> Lines() => System.IO.File.Exists(File) ? System.IO.File.ReadLines(File) : [];

    private static RegressionCase? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, CaseJson.Default.RegressionCase);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsCutOff(FileStream stream)
    {
        if (stream.Length == 0)
            return false;
        stream.Seek(-1, SeekOrigin.End);
        return stream.ReadByte() != '\n';
    }
}
