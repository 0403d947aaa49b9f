using AppHost.Stopping;

namespace AppHost.Starting;

/// <summary>The folder of everything kept is one mesh's alone, as long as its AppHost lives. The lock is the system's: it goes with the process, however that ends.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    /// <exception cref="DistributedApplicationException">Another mesh uses it, or what is left of one that was killed.</exception>
    public static DataFolder Hold(string path)
    {
        var held = Open(path);
        var orphans = Marks.ProcessesOf(path);
        if (orphans.Count == 0)
            return new(path, held);
        held.Dispose();
        throw new DistributedApplicationException(
            $"The data folder '{path}' is still used by processes of a mesh whose AppHost was killed: {string.Join(", ", orphans)}. End them, or choose another folder with Mesh__Data.");
    }

    private static FileStream Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, fault);
        }
        try
        {
            return new(System.IO.Path.Combine(path, "apphost.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw Unusable(path, fault);
        }
        catch (IOException)
        {
            throw new DistributedApplicationException($"The data folder '{path}' is used by another mesh. Stop that one, or choose another folder with Mesh__Data.");
        }
    }

    private static DistributedApplicationException Unusable(string path, Exception fault) => new($"The data folder '{path}' cannot be used: {fault.Message}");

    public void Dispose() => _lock.Dispose();
}
