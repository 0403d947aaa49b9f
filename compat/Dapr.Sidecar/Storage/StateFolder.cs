namespace Dapr.Sidecar.Storage;

/// <summary>
/// The --state-dir, held by one process at a time: two would each believe that they alone deliver its messages and run its reminders and workflows. The kernel
/// lets go of it with the process, however that ends.
/// </summary>
internal sealed class StateFolder : IDisposable
{
    /// <summary>A process that was just killed may still hold it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly FileStream _lock;

    private StateFolder(FileStream hold) => _lock = hold;

    /// <exception cref="IOException">Another process has it.</exception>
    public static StateFolder Take(string path)
    {
        Directory.CreateDirectory(path);
        for (var end = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ;)
        {
            try
            {
                return new(new FileStream(Path.Combine(path, "sidecar.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException fault) when (Environment.TickCount64 > end)
            {
                throw new IOException($"The state folder '{Path.GetFullPath(path)}' is in use by another embedded sidecar; stop that one, or give this one a --state-dir of its own.", fault);
            }
            catch (IOException)
            {
                Thread.Sleep(100);
            }
        }
    }

    public void Dispose() => _lock.Dispose();
}
