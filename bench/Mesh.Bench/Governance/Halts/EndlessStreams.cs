using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mesh.Bench.Running;

namespace Mesh.Bench.Governance.Halts;

/// <summary>
/// Clients that have endless answers streamed to them, each over a connection of its own, and all read by one thread that does nothing else: what it notes down is when the
/// bytes were there to be read, whatever the thread pool is at.
/// </summary>
internal sealed class EndlessStreams : IDisposable
{
    private const int EnoughTokens = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly Stream[] _streams;
    private readonly Thread _reader;
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously), _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stop;

    public EndlessStreams(Uri router, int count)
    {
        _streams = [.. Enumerable.Range(0, count).Select(n => new Stream(router, n))];
        _reader = new(Read) { IsBackground = true, Name = "endless streams", Priority = ThreadPriority.AboveNormal };
        _reader.Start();
    }

    /// <summary>Tokens come on every stream.</summary>
    public Task RunningAsync() => _running.Task.WaitAsync(Limit);

    /// <summary>Every stream has ended with <c>mesh_halted</c>.</summary>
    public Task EndedAsync() => _ended.Task.WaitAsync(Limit);

    /// <summary>When each stream's last token and its end were read, in milliseconds after <paramref name="start"/>; a token before it counts as none.</summary>
    public IEnumerable<(double LastToken, double End)> Since(long start) => _streams.Select(s => (Math.Max(0, Milliseconds(start, s.LastToken)), Milliseconds(start, s.End)));

    public void Dispose()
    {
        _stop = true;
        _reader.Join();
        foreach (var stream in _streams)
            stream.Socket.Dispose();
    }

    private static double Milliseconds(long from, long to) => (to - from) * 1000.0 / Stopwatch.Frequency;

    private void Read()
    {
        try
        {
            var open = _streams.ToList();
            for (var ready = new List<Socket>(); open.Count > 0 && !_stop;)
            {
                ready.Clear();
                ready.AddRange(open.Select(s => s.Socket));
                Socket.Select(ready, null, null, TimeSpan.FromMilliseconds(50));
                var now = Stopwatch.GetTimestamp();
                foreach (var stream in open.Where(s => ready.Contains(s.Socket)))
                    stream.Take(now);
                open.RemoveAll(s => s.End != 0);
                if (!_running.Task.IsCompleted && _streams.All(s => s.Tokens >= EnoughTokens))
                    _running.TrySetResult();
            }
            _ended.TrySetResult();
        }
        catch (Exception fault)
        {
            _running.TrySetException(fault);
            _ended.TrySetException(fault);
        }
    }

    private sealed class Stream
    {
        private const string Status = "HTTP/1.1 ", Halted = "mesh_halted";
        private static readonly string[] Things = ["sea", "sky", "sun", "moon", "rain", "wind", "fire", "snow"];
        private readonly byte[] _buffer = new byte[64 << 10], _request;
        private readonly StringBuilder _unread = new();

        public Stream(Uri router, int number)
        {
            // The token that ends an answer is forbidden, and its window slides. An expert that is sure of the end, as arithmetic after a sum, ends it all the same.
            var question = $"Tell me of the {Things[number % Things.Length]} and the {Things[number / Things.Length % Things.Length]}.";
            var body = $$$"""{"model":"mesh","stream":true,"max_tokens":100000,"logit_bias":{"2":-100},"mesh":{"slide_anchor":4,"experts":["scripture","lexicon","generalist","unix","code"]},"messages":[{"role":"user","content":"{{{question}}}"}]}""";
            _request = Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: {router.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            Socket.Connect(IPAddress.Loopback, router.Port);
            Socket.Send(_request);
        }

        public Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public int Tokens { get; private set; }

        public long LastToken { get; private set; }

        /// <summary>0 while it goes on.</summary>
        public long End { get; private set; }

        /// <summary>Reads what is there. Chunk sizes stand between events and are passed over.</summary>
        public void Take(long now)
        {
            var count = Socket.Receive(_buffer);
            if (count == 0)
                throw new BenchException($"A stream ended without an event: {_unread}");
            _unread.Append(Encoding.UTF8.GetString(_buffer, 0, count));
            var text = _unread.ToString();
            if (text.LastIndexOf(Status, StringComparison.Ordinal) is >= 0 and var at && !IsStatus(text[at..], "200") && !(IsStatus(text[at..], "503") && (!text.EndsWith('}') || text.Contains(Halted, StringComparison.Ordinal))))
                throw new BenchException($"A stream was refused: {text}");
            // The refusal of one that asked again has a body without an empty line.
            var whole = text.Contains($"{Status}503", StringComparison.Ordinal) && text.Contains(Halted, StringComparison.Ordinal) ? text.Length : text.LastIndexOf("\n\n", StringComparison.Ordinal);
            if (whole < 0)
                return;
            _unread.Remove(0, Math.Min(whole + 2, text.Length));
            foreach (var part in text[..whole].Split("\n\n"))
                Note(part, now);
        }

        /// <summary>Or the beginning of one that has it.</summary>
        private static bool IsStatus(string text, string code) => (Status + code).StartsWith(text[..Math.Min(text.Length, Status.Length + code.Length)], StringComparison.Ordinal);

        private void Note(string part, long now)
        {
            if (part.Contains(Halted, StringComparison.Ordinal))
                End = now;
            else if (End != 0)
                throw new BenchException($"After the end of a stream came: {part}");
            else if (part.Contains("data: [DONE]", StringComparison.Ordinal))
                Socket.Send(_request);   // halted before it begins, it is refused with the same code
            else if (part.Contains("data: {", StringComparison.Ordinal) && !part.Contains("\"error\"", StringComparison.Ordinal))
                (Tokens, LastToken) = (Tokens + 1, now);
            else if (part.Contains("\"error\"", StringComparison.Ordinal))
                throw new BenchException($"A stream failed after {Tokens} tokens: {part}");
        }
    }
}
