using AppHost.Stopping;

namespace AppHost.Starting;

/// <summary>The folder of everything kept is one mesh's alone, as long as its AppHost lives. The lock is the system's: it goes with the process, however that ends.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <exception cref="DistributedApplicationException">Another mesh uses it, or what is left of one that was killed.</exception>
    public static DataFolder Hold(string path)
    {
        FileStream held;
        try
        {
            Directory.CreateDirectory(path);
            held = new(Path.Combine(path, "apphost.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(fault is FileNotFoundException or DirectoryNotFoundException or PathTooLongException or UnauthorizedAccessException
                ? $"The data folder '{path}' cannot be used: {fault.Message}"
                : $"The data folder '{path}' is used by another mesh. Stop that one, or choose another folder with Mesh__Data.");
        }
        var orphans = Marks.ProcessesOf(path);
        if (orphans.Count == 0)
            return new(held);
        held.Dispose();
        throw new DistributedApplicationException(
            $"The data folder '{path}' is still used by processes of a mesh whose AppHost was killed: {string.Join(", ", orphans)}. End them, or choose another folder with Mesh__Data.");
    }

    public void Dispose() => _lock.Dispose();
}
