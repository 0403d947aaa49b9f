using System.Buffers;
using Mesh.Bench.Running;
using Mesh.Contracts.Steps;
using Mesh.Contracts.Streams;
using Mesh.Inference.Sparse;

namespace Mesh.Bench.Bytes;

/// <summary>Answers to plain steps as they go over the wire: frame, head, one score, one distribution.</summary>
internal sealed class AnswerSize(float floor)
{
    private readonly TopTokens _top = new(floor);
    private readonly StepReply _reply = new();
    private readonly StepReply _received = new();
    private readonly ArrayBufferWriter<byte> _wire = new(4096);
    private readonly List<double> _bytes = [], _tails = [], _entries = [];

    /// <summary>Sends the row's distribution and answers what arrives, quantised; valid until the next call.</summary>
    public SparseDistribution Send(ReadOnlySpan<float> row, float max, float logSumExp)
    {
        _reply.Reset(new(0x123456789abcdef), 200);
        _reply.ComputeMicroseconds = 500;
        _reply.AddScore(-1.5f);
        _top.Extract(row, max, logSumExp, _reply.AddDistribution());
        _wire.ResetWrittenCount();
        StepCodec.Write(_reply, _wire);
        var encoded = _wire.WrittenSpan;
        if (!StepCodec.TryRead(ref encoded, _received, out var error))
            throw new InvalidOperationException(error);
        _bytes.Add(_wire.WrittenCount + StreamContract.HeaderBytes);
        _tails.Add(_received.Distributions[0].Tail);
        _entries.Add(_received.Distributions[0].Count);
        return _received.Distributions[0];
    }

    public double Mean => _bytes.Average();

    public double Most => _bytes.Max();

    public string Columns => $"{_bytes.Average():0} | {_bytes.Percentile(0.99):0} | {_bytes.Max():0} | {_entries.Average():0} | {_tails.Average():0.000}";
}
