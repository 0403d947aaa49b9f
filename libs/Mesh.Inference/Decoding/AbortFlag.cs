using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Inference.Decoding;

/// <summary>The word that llama.cpp's abort callback looks at between graph nodes.</summary>
internal sealed unsafe class AbortFlag : IDisposable
{
    private readonly int* _word = (int*)NativeMemory.AllocZeroed(1, sizeof(int));

    public nint Address => (nint)_word;

    public static delegate* unmanaged[Cdecl]<nint, byte> Callback => &IsRaised;

    public void Raise() => Volatile.Write(ref *_word, 1);

    public void Lower(bool unless) => Volatile.Write(ref *_word, unless ? 1 : 0);

    public void Dispose() => NativeMemory.Free(_word);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsRaised(nint word) => (byte)Volatile.Read(ref *(int*)word);
}
