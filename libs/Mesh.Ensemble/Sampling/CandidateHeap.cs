namespace Mesh.Ensemble.Sampling;

/// <summary>
/// Tokens with weights, handed out in descending order of weight (ties: lower id first) as far as somebody looks: a draw usually needs a few of a
/// thousand, so they are heaped, not sorted. What was handed out stays, at the end of the same arrays.
/// </summary>
internal sealed class CandidateHeap
{
    private int[] _ids = new int[256];
    private double[] _weights = new double[256];
    private int _heap;

    public int Count { get; private set; }

    /// <summary>Sum of all weights.</summary>
    public double Mass { get; private set; }

    public void Clear() => (Count, _heap, Mass) = (0, 0, 0);

    public void Add(int id, double weight)
    {
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            Array.Resize(ref _weights, Count * 2);
        }
        (_ids[Count], _weights[Count]) = (id, weight);
        Count++;
        Mass += weight;
    }

    public void Heapify()
    {
        _heap = Count;
        for (var i = Count / 2 - 1; i >= 0; i--)
            SiftDown(i);
    }

    /// <summary>The one of this rank, 0 the heaviest.</summary>
    public (int Id, double Weight) At(int rank)
    {
        while (Count - _heap <= rank)
            Pop();
        return (_ids[Count - 1 - rank], _weights[Count - 1 - rank]);
    }

    /// <summary>The ids of the first <paramref name="ranks"/>, in no particular order.</summary>
    public ReadOnlySpan<int> Ids(int ranks) => _ids.AsSpan(From(ranks), ranks);

    /// <summary>The weights of <see cref="Ids"/>.</summary>
    public ReadOnlySpan<double> Weights(int ranks) => _weights.AsSpan(From(ranks), ranks);

    private int From(int ranks)
    {
        if (ranks < Count)
            At(ranks - 1);
        return Count - ranks;
    }

    private void Pop()
    {
        _heap--;
        (_ids[0], _ids[_heap]) = (_ids[_heap], _ids[0]);
        (_weights[0], _weights[_heap]) = (_weights[_heap], _weights[0]);
        SiftDown(0);
    }

    private void SiftDown(int i)
    {
        var (id, weight) = (_ids[i], _weights[i]);
        while (2 * i + 1 < _heap)
        {
            var child = 2 * i + 1;
            if (child + 1 < _heap && Before(child + 1, _ids[child], _weights[child]))
                child++;
            if (!Before(child, id, weight))
                break;
            (_ids[i], _weights[i]) = (_ids[child], _weights[child]);
            i = child;
        }
        if (i < _heap)
            (_ids[i], _weights[i]) = (id, weight);
    }

    private bool Before(int i, int id, double weight) => _weights[i] > weight || (_weights[i] == weight && _ids[i] < id);
}
