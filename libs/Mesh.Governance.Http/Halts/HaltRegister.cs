using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Governance.Acts;

namespace Mesh.Governance.Http.Halts;

/// <summary>
/// The halts that this node knows, in a file that is on disk before anything is acknowledged. A halt that was ended stays ended, so that nobody halts the mesh by showing an old one:
/// see <see cref="EndedHalts"/>. For any number of threads; a disk that hangs holds up no halt, only its acknowledgement.
/// </summary>
internal sealed class HaltRegister
{
    /// <summary>Halts of one member in force that are kept apart; one more changes nothing, and nobody takes from anybody else the right to halt.</summary>
    public const int Most = 64;

    private readonly Action<byte[]> _write;

    /// <summary>Held over a change in memory, and never over a write.</summary>
    private readonly Lock _changing = new();

    /// <summary>Held over a write, taken before <see cref="_changing"/>.</summary>
    private readonly Lock _writing = new();
    private volatile Known _known;
    private Known _saved;

    /// <param name="write">Replaces the file; it is on disk when that returns.</param>
    /// <exception cref="InvalidDataException">The file is damaged: whether the mesh is halted is not known, so the node does not start.</exception>
    public HaltRegister(string path, Action<byte[]> write)
    {
        _write = write;
        try
        {
            var kept = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), HaltJson.Default.HaltRecord) ?? throw new JsonException("It is null.") : new([], [], EndedHalts.None);
            _known = _saved = new([.. kept.Halts.Select(SignedAct.Parse<HaltOrder>)], [.. kept.Resumes], kept.Ended);
        }
        catch (Exception fault) when (fault is JsonException or ActRefusedException)
        {
            throw new InvalidDataException($"{path} is damaged, so nobody knows whether this node is halted. Put it back, or remove it when no halt is in force. {fault.Message}", fault);
        }
    }

    /// <summary>Ids of the halts in force.</summary>
    public IReadOnlyList<string> Ids => _known.Ids;

    public ActsSnapshot Acts => _known.Acts;

    /// <summary>Whether a halt is in force, or was ended: then there is nothing to verify.</summary>
    public bool IsKnown(SignedAct<HaltOrder> halt)
    {
        var known = _known;
        return known.Ended.Contains(halt.Hash) || known.Halts.Exists(h => h.Hash == halt.Hash);
    }

    /// <summary>Puts a verified halt in force, here and now; <see cref="Save"/> makes it durable.</summary>
    /// <returns>False when it is known already, or was ended.</returns>
    /// <exception cref="ActRefusedException">It is too old to tell whether it was ended, or its requester has too many in force.</exception>
    public bool Halt(SignedAct<HaltOrder> halt)
    {
        lock (_changing)
        {
            if (IsKnown(halt))
                return false;
            if (_known.Ended.IsForgotten(halt.Act))
                throw new ActRefusedException(ActCode.Late, $"Halts that '{halt.Act.Requester}' signed at that time ended long ago. Sign a new one; if this is one, the clock that it was signed by is behind.");
            if (_known.Halts.Count(h => h.Act.Requester == halt.Act.Requester) >= Most)
                throw new ActRefusedException(NodeRefusedException.TooMany, $"{Most} halts of '{halt.Act.Requester}' are in force here already.");
            _known = new(_known.Halts.Add(halt), _known.Resumes, _known.Ended);
            return true;
        }
    }

    /// <summary>The halts in force that a resume names, none when it ended them already. Halts that this node does not know it leaves: who halted is not known.</summary>
    /// <exception cref="ActRefusedException">It names no halt that this node knows.</exception>
    public IReadOnlyList<SignedAct<HaltOrder>> NamedBy(ResumeOrder resume)
    {
        var known = _known;
        var named = known.Halts.FindAll(h => resume.Halts.Contains(h.Hash));
        return named.Count > 0 || resume.Halts.Any(known.Ended.Contains) ? named : throw new ActRefusedException(ActCode.NotFound, "This node knows none of the halts that the resume names.");
    }

    /// <summary>Ends halts; on disk when this returns, and not in force before. A halt that comes while it is written is in force at once.</summary>
    /// <param name="resume">Verified, for these halts.</param>
    /// <exception cref="IOException">It could not be written; all goes on being halted.</exception>
    public void Resume(SignedAct<ResumeOrder> resume, IReadOnlyList<SignedAct<HaltOrder>> halts)
    {
        lock (_writing)
        {
            var (before, next) = (_known, _known.Without(halts, resume));
            Write(next);
            lock (_changing)
                _known = _known == before ? next : _known.Without(halts, resume);
        }
    }

    /// <summary>All that is in force is on disk when this returns.</summary>
    /// <exception cref="IOException">It is not known to be on disk.</exception>
    public void Save()
    {
        lock (_writing)
        {
            if (_saved != _known)
                Write(_known);
        }
    }

    private void Write(Known known)
    {
        _write(JsonSerializer.SerializeToUtf8Bytes(new(known.Acts.Halts, known.Resumes, known.Ended), HaltJson.Default.HaltRecord));
        _saved = known;
    }

    /// <summary>One moment's.</summary>
    private sealed class Known(ImmutableList<SignedAct<HaltOrder>> halts, ImmutableList<string> resumes, EndedHalts ended)
    {
        public ImmutableList<SignedAct<HaltOrder>> Halts => halts;

        public ImmutableList<string> Resumes => resumes;

        public EndedHalts Ended => ended;

        public IReadOnlyList<string> Ids { get; } = [.. halts.Select(h => h.Hash)];

        public ActsSnapshot Acts { get; } = new([.. halts.Select(h => h.Note.ToString())], resumes);

        /// <summary>Of the halts those that are still in force.</summary>
        public Known Without(IReadOnlyList<SignedAct<HaltOrder>> named, SignedAct<ResumeOrder> resume)
        {
            var ends = halts.FindAll(h => named.Any(n => n.Hash == h.Hash));
            return ends.Count == 0 ? this : new(halts.RemoveRange(ends), [.. resumes.Add(resume.Note.ToString()).TakeLast(Most)], ended.With(ends));
        }
    }
}

/// <param name="Halts">Notes in force.</param>
/// <param name="Resumes">The newest notes that ended others, to hand on.</param>
/// <param name="Ended">What must not halt again.</param>
internal sealed record HaltRecord(IReadOnlyList<string> Halts, IReadOnlyList<string> Resumes, EndedHalts Ended);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, WriteIndented = true)]
[JsonSerializable(typeof(HaltRecord))]
internal sealed partial class HaltJson : JsonSerializerContext;
