using Mesh.Ledger.Tree;

namespace Mesh.Ledger.Verification;

/// <summary>Entries that do not hash to what the tree has at their place, and what was done to each: told apart by where else the two hashes are.</summary>
internal sealed class EntryDiff
{
    /// <summary>More are counted and not compared, so that memory is bounded.</summary>
    private const int Most = 1024;
    private readonly SortedDictionary<long, (Hash Expected, Hash? Actual)> _differences = [];

    public bool HasMore { get; private set; }

    /// <param name="actual">Null: there is no entry.</param>
    public void Add(long index, Hash expected, Hash? actual)
    {
        if (_differences.Count < Most)
            _differences[index] = (expected, actual);
        else
            HasMore = true;
    }

    public IEnumerable<Finding> Explain()
    {
        var expectedAt = _differences.DistinctBy(d => d.Value.Expected).ToDictionary(d => d.Value.Expected, d => d.Key);
        var actuals = _differences.Values.Select(d => d.Actual).OfType<Hash>().ToHashSet();
        var isShifted = false;
        foreach (var (index, (expected, actual)) in _differences)
        {
            if (actual is not { } hash)
            {
                // What only moved up is named where it stands.
                if (!actuals.Contains(expected))
                    yield return new(FindingKind.Cut, $"Entry {index} is missing.", index);
                continue;
            }
            if (!expectedAt.TryGetValue(hash, out var home))
            {
                yield return actuals.Contains(expected)
                    ? new(FindingKind.Added, $"Entry {index} is one that the tree does not have.", index)
                    : new(FindingKind.Changed, $"Entry {index} was changed: it does not hash to what the tree has there.", index);
                continue;
            }
            if (_differences[home].Actual == expected)
                yield return new(FindingKind.Swapped, $"Entry {index} stands in the place of entry {home}, and that one in its place.", index);
            else if (home > index && !actuals.Contains(expected) && !isShifted)
                yield return new(FindingKind.Cut, $"Entry {index} was cut out: entry {home} stands in its place.", index);
            else
                yield return new(FindingKind.Moved, $"Entry {home} stands in the place of entry {index}.", index);
            isShifted |= home > index && !actuals.Contains(expected);
        }
    }
}
