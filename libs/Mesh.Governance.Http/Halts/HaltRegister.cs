using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Chorus.Files;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;

namespace Mesh.Governance.Http.Halts;

/// <summary>
/// The halts that this node knows, in a file that is on disk before anything is acknowledged. A halt that was ended stays ended, so that nobody halts the mesh by showing an old one:
/// see <see cref="EndedHalts"/>. One caller at a time.
/// </summary>
internal sealed class HaltRegister
{
    /// <summary>Halts in force that are kept apart; with more than any mesh has people, one more changes nothing.</summary>
    public const int Most = 64;

    private readonly string _path;
    private ImmutableList<SignedAct<HaltOrder>> _halts;
    private ImmutableList<string> _resumes;
    private EndedHalts _ended;
    private bool _isSaved = true;

    /// <exception cref="InvalidDataException">The file is damaged: whether the mesh is halted is not known, so the node does not start.</exception>
    public HaltRegister(string path)
    {
        _path = path;
        try
        {
            var kept = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), HaltJson.Default.HaltRecord) ?? throw new JsonException("It is null.") : new([], [], EndedHalts.None);
            _halts = [.. kept.Halts.Select(SignedAct.Parse<HaltOrder>)];
            (_resumes, _ended) = ([.. kept.Resumes], kept.Ended);
        }
        catch (Exception fault) when (fault is JsonException or ActRefusedException)
        {
            throw new InvalidDataException($"{path} is damaged, so nobody knows whether this node is halted. Put it back, or remove it when no halt is in force. {fault.Message}", fault);
        }
        Publish();
    }

    /// <summary>Ids of the halts in force.</summary>
    public IReadOnlyList<string> Ids { get; private set; } = [];

    public ActsSnapshot Acts { get; private set; } = ActsSnapshot.None;

    /// <summary>Puts a halt in force, here and now; <see cref="Save"/> makes it durable.</summary>
    /// <returns>Its id; null when it is known already, or was ended.</returns>
    /// <exception cref="ActRefusedException">No member who may halt signed it, or it is too old to tell whether it was ended.</exception>
    public string? Halt(string note, MeshConfiguration configuration)
    {
        var halt = SignedAct.Parse<HaltOrder>(note);
        halt.Verify(configuration);
        if (_ended.Contains(halt.Hash) || _halts.Any(h => h.Hash == halt.Hash))
            return null;
        if (_ended.IsForgotten(halt.Act))
            throw new ActRefusedException(ActCode.Late, $"Halts that '{halt.Act.Requester}' signed at that time ended long ago. Sign a new one; if this is one, the clock that it was signed by is behind.");
        if (_halts.Count >= Most)
            throw new ActRefusedException(ActCode.TooLarge, $"{Most} halts are in force here already.");
        (_halts, _isSaved) = (_halts.Add(halt), false);
        Publish();
        return halt.Hash;
    }

    /// <summary>Ends the halts that a resume names; on disk when this returns, and not in force before. Halts that this node does not know it leaves: who halted is not known.</summary>
    /// <returns>False when it ended them already.</returns>
    /// <exception cref="ActRefusedException">Too few others signed it, or it names no halt that this node knows.</exception>
    /// <exception cref="IOException">It could not be written; all goes on being halted.</exception>
    public bool Resume(string note, MeshConfiguration configuration)
    {
        var resume = SignedAct.Parse<ResumeOrder>(note);
        var ends = _halts.Where(h => resume.Act.Halts.Contains(h.Hash)).ToArray();
        resume.Verify([.. ends.Select(h => h.Act.Requester)], configuration);
        if (ends.Length == 0)
            return resume.Act.Halts.Any(_ended.Contains) ? false : throw new ActRefusedException(ActCode.NotFound, "This node knows none of the halts that the resume names.");
        var before = (_halts, _resumes, _ended);
        _halts = _halts.RemoveRange(ends);
        _ended = _ended.With(ends);
        (_resumes, _isSaved) = (_resumes.Add(note).TakeLast(Most).ToImmutableList(), false);
        try
        {
            Save();
        }
        catch
        {
            (_halts, _resumes, _ended) = before;
            throw;
        }
        Publish();
        return true;
    }

    /// <summary>All that is in force is on disk when this returns.</summary>
    /// <exception cref="IOException">It is not known to be on disk.</exception>
    public void Save()
    {
        if (_isSaved)
            return;
        DurableFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(new([.. _halts.Select(h => h.Note.ToString())], _resumes, _ended), HaltJson.Default.HaltRecord));
        _isSaved = true;
    }

    private void Publish() => (Ids, Acts) = ([.. _halts.Select(h => h.Hash)], new([.. _halts.Select(h => h.Note.ToString())], _resumes));
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
