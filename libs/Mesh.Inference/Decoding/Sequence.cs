using Mesh.Contracts.Steps;

namespace Mesh.Inference.Decoding;

/// <summary>One K/V sequence: the tokens it holds and the logits after the last of them. Owned by a session, or a finished one's, kept for its prefix.</summary>
internal sealed class Sequence(int id, int capacity, int vocabulary)
{
    private readonly int[] _tokens = new int[capacity];
    private float[]? _row;

    /// <summary>llama_seq_id.</summary>
    public int Id { get; } = id;

    /// <summary>Whose it is; default when free or cached.</summary>
    public SessionId Session { get; set; }

    public int Length { get; private set; }

    /// <summary>Grows with every use; the least is evicted first.</summary>
    public long LastUse { get; set; }

    /// <summary>When that was, as a timestamp.</summary>
    public long LastUseTime { get; set; }

    /// <summary>A step works on it now.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Position of the token after which <see cref="Row"/> are the logits; -1 when there is none.</summary>
    public int RowPosition { get; private set; } = -1;

    public float RowLogSumExp { get; private set; }

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Length);

    public ReadOnlySpan<float> Row => _row;

    /// <summary>No token fits any more.</summary>
    public bool IsFull => Length == _tokens.Length;

    public int CommonPrefix(ReadOnlySpan<int> tokens) => Tokens.CommonPrefixLength(tokens);

    public void Append(int token) => _tokens[Length++] = token;

    public void Truncate(int length)
    {
        Length = Math.Min(Length, length);
        if (RowPosition >= Length)
            RowPosition = -1;
    }

    public void CopyPrefix(Sequence other, int length)
    {
        other._tokens.AsSpan(0, length).CopyTo(_tokens);
        Length = length;
        RowPosition = -1;
    }

    public void KeepRow(ReadOnlySpan<float> row, int position, float logSumExp)
    {
        _row ??= new float[vocabulary];
        row.CopyTo(_row);
        (RowPosition, RowLogSumExp) = (position, logSumExp);
    }
}
