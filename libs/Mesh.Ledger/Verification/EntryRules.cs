using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mesh.Ledger.Entries;

namespace Mesh.Ledger.Verification;

/// <summary>What holds of the entries of a log whatever they say. Keeps 16 bytes of each id.</summary>
/// <param name="entries">Gets every entry that is one.</param>
internal sealed class EntryRules(Action<long, LedgerEntry>? entries)
{
    private readonly HashSet<UInt128> _ids = [];
    private long _lamport, _time;

    public IEnumerable<Finding> Check(long index, ReadOnlyMemory<byte> bytes)
    {
        LedgerEntry? entry = null;
        Finding? form = null;
        try
        {
            entry = LedgerEntry.Parse(bytes);
        }
        catch (FormatException e)
        {
            form = new(FindingKind.Form, $"Entry {index}: {e.Message}", index);
        }
        if (form is not null)
            yield return form;
        if (entry is null)
            yield break;
        entries?.Invoke(index, entry);
        if (entry.Lamport <= _lamport)
            yield return new(FindingKind.Lamport, $"Entry {index}: its Lamport time {entry.Lamport} does not come after {_lamport}.", index);
        _lamport = Math.Max(_lamport, entry.Lamport);
        if (entry.Time < _time)
            yield return new(FindingKind.Time, $"Entry {index}: its time {entry.Time} is before {_time}, that of an entry before it.", index);
        _time = Math.Max(_time, entry.Time);
        if (!_ids.Add(BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(entry.Id)))))
            yield return new(FindingKind.DoubleId, $"Entry {index}: the id '{entry.Id}' is there already.", index);
    }
}
