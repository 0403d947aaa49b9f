using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Chorus.Files;

/// <summary>A small file that is, at every moment and after every crash, the old one or the new one.</summary>
public static partial class DurableFile
{
    private const string Unfinished = ".new";

    /// <summary>Replaces the file; it is on disk when this returns. One writer at a time.</summary>
    /// <exception cref="IOException">It is not known to be on disk; the old one may still be there.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        File.Delete(path + Unfinished);   // of a crash; whose mode it has is not known
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(path + Unfinished, options))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }
        File.Move(path + Unfinished, path, overwrite: true);
        FlushFolder(folder);
    }

    /// <summary>Makes the names in a folder durable: a renamed file is there after a power cut only then.</summary>
    /// <exception cref="IOException">It could not be done.</exception>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;   // there renames are journalled, and a folder cannot be flushed
        using var handle = Open(folder, 0);
        if (handle.IsInvalid)
            throw new IOException($"{folder}: cannot be opened ({Marshal.GetLastPInvokeErrorMessage()}).");
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>The framework opens no folders.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
