using System.Runtime.InteropServices;
using Mesh.Inference.Native;

namespace Mesh.Inference.Decoding;

/// <summary>The native arrays behind a llama_batch, allocated once. Every token belongs to one sequence.</summary>
internal sealed unsafe class BatchBuffer : IDisposable
{
    private readonly int* _ints;
    private readonly int** _sequences;
    private readonly byte* _outputs;
    private Batch _batch;

    public BatchBuffer(int capacity)
    {
        Capacity = capacity;
        _ints = (int*)NativeMemory.AllocZeroed((nuint)capacity * 4, sizeof(int));
        _sequences = (int**)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(int*));
        _outputs = (byte*)NativeMemory.AllocZeroed((nuint)capacity);
        var ids = _ints + 3 * capacity;
        for (var i = 0; i < capacity; i++)
        {
            _ints[2 * capacity + i] = 1;
            _sequences[i] = ids + i;
        }
        _batch = new()
        {
            Tokens = _ints,
            Positions = _ints + capacity,
            SequenceCounts = _ints + 2 * capacity,
            Sequences = _sequences,
            Outputs = _outputs,
        };
    }

    public int Capacity { get; }

    public int Count => _batch.TokenCount;

    /// <summary>How many entries have their output flag set.</summary>
    public int Outputs { get; private set; }

    public Batch Native => _batch;

    public void Clear() => (_batch.TokenCount, Outputs) = (0, 0);

    public void Add(int token, int position, int sequence, bool output)
    {
        var i = _batch.TokenCount++;
        _batch.Tokens[i] = token;
        _batch.Positions[i] = position;
        *_batch.Sequences[i] = sequence;
        _batch.Outputs[i] = output ? (byte)1 : (byte)0;
        if (output)
            Outputs++;
    }

    public bool HasOutput(int index) => _batch.Outputs[index] != 0;

    public void Dispose()
    {
        NativeMemory.Free(_ints);
        NativeMemory.Free(_sequences);
        NativeMemory.Free(_outputs);
    }
}
