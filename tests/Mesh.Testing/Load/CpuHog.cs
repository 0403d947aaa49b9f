namespace Mesh.Testing.Load;

/// <summary>Threads that compute nothing as hard as they can, until disposed: with as many as the machine has cores, others get half of them.</summary>
public sealed class CpuHog : IDisposable
{
    private readonly Thread[] _threads;
    private volatile bool _over;

    public CpuHog(int threads)
    {
        _threads = [.. Enumerable.Range(0, threads).Select(n => new Thread(Spin) { IsBackground = true, Name = $"hog {n}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    public void Dispose()
    {
        _over = true;
        foreach (var thread in _threads)
            thread.Join();
    }

    private void Spin()
    {
        while (!_over)
            Thread.SpinWait(1000);
    }
}
