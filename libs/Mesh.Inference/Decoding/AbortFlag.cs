using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Inference.Decoding;

/// <summary>The word that llama.cpp's abort callback looks at between graph nodes, and behind it how often it did: the pulse of a computation.</summary>
internal sealed unsafe class AbortFlag
{
    // Pinned, so that whoever asks for the pulse of a context that is gone reads memory that is not.
    private readonly int[] _words = GC.AllocateArray<int>(2, pinned: true);

    public nint Address => Marshal.UnsafeAddrOfPinnedArrayElement(_words, 0);

    public static delegate* unmanaged[Cdecl]<nint, byte> Callback => &IsRaised;

    public void Raise() => Volatile.Write(ref _words[0], 1);

    public void Lower(bool unless) => Volatile.Write(ref _words[0], unless ? 1 : 0);

    /// <summary>Moves, and wraps around, while something is computed on CPUs; on other devices it stands still within a batch.</summary>
    public int Pulse => Volatile.Read(ref _words[1]);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsRaised(nint word)
    {
        ((int*)word)[1]++;   // only the thread that leads a computation calls
        return (byte)Volatile.Read(ref *(int*)word);
    }
}
