using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The lines of every resource: prefixed on the one console, and the newest kept for the resource page.</summary>
internal sealed class ResourceLogs(DistributedApplicationModel model)
{
    private const int Kept = 1000;
    private static readonly string[] Colours = ["36", "33", "32", "35", "34", "96", "93", "92"];
    private readonly ConcurrentDictionary<string, Log> _logs = new(StringComparer.OrdinalIgnoreCase);
    private readonly bool _colour = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;
    private readonly Lock _console = new();
    private volatile bool _stopping;

    /// <summary>From here on the console shows only what the AppHost itself says: everything else is about the others being gone.</summary>
    public void OnStopping() => _stopping = true;

    public void Write(string resource, string line)
    {
        _logs.GetOrAdd(resource, _ => new()).Add(line);
        if (_stopping && !line.StartsWith('['))
            return;
        if (model.Resources.FirstOrDefault(r => r.Name == resource)?.Annotations.OfType<QuietAnnotation>().Any(q => line.Contains(q.Text, StringComparison.Ordinal)) == true)
            return;
        var width = model.Resources.Max(r => r.Name.Length);
        lock (_console)
            Console.WriteLine(_colour ? $"\e[{Colour(resource)}m{resource.PadRight(width)} |\e[0m {line}" : $"{resource.PadRight(width)} | {line}");
    }

    /// <summary>What is kept, then every new line. Dropping lines for a reader that does not follow is better than holding up the resource.</summary>
    public async IAsyncEnumerable<string> FollowAsync(string resource, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var log = _logs.GetOrAdd(resource, _ => new());
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(Kept) { FullMode = BoundedChannelFullMode.DropOldest });
        log.Watch(channel);
        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
                yield return line;
        }
        finally
        {
            log.Leave(channel);
        }
    }

    private string Colour(string resource)
    {
        var index = model.Resources.TakeWhile(r => r.Name != resource).Count();
        return Colours[index % Colours.Length];
    }

    private sealed class Log
    {
        private readonly Lock _gate = new();
        private readonly Queue<string> _lines = new();
        private ImmutableList<Channel<string>> _watchers = [];

        public void Add(string line)
        {
            lock (_gate)
            {
                _lines.Enqueue(line);
                if (_lines.Count > Kept)
                    _lines.Dequeue();
                foreach (var watcher in _watchers)
                    watcher.Writer.TryWrite(line);
            }
        }

        public void Watch(Channel<string> channel)
        {
            lock (_gate)
            {
                foreach (var line in _lines)
                    channel.Writer.TryWrite(line);
                _watchers = _watchers.Add(channel);
            }
        }

        public void Leave(Channel<string> channel)
        {
            lock (_gate)
                _watchers = _watchers.Remove(channel);
        }
    }
}
