using System.Security.Cryptography;
using System.Text;

namespace Router.Api.Tools;

/// <summary>A call in the making.</summary>
internal sealed class ToolCall(int index)
{
    private readonly MemoryStream _arguments = new();
    private int _taken;

    public int Index { get; } = index;
    public string Id { get; } = "call_" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 24);
    public required string Name { get; init; }

    /// <summary>False once its name was sent.</summary>
    public bool IsNew { get; private set; } = true;

    /// <summary>JSON text that was not sent yet.</summary>
    public ReadOnlySpan<byte> Arguments => _arguments.GetBuffer().AsSpan(_taken, (int)_arguments.Length - _taken);

    public bool HasNews => IsNew || Arguments.Length > 0;

    public void Append(byte next) => _arguments.WriteByte(next);

    public void Take() => (IsNew, _taken) = (false, (int)_arguments.Length);
}

/// <summary>
/// Reads calls out of the text that <see cref="ToolSet.Grammar"/> admits: finds each name, then passes the arguments on as they come. Only whole
/// characters are passed on.
/// </summary>
internal sealed class ToolCallReader
{
    private static readonly byte[] NameStart = "{\"name\": \""u8.ToArray(), ArgumentsStart = "\", \"arguments\": "u8.ToArray();

    private readonly List<byte> _held = [];   // markup before the arguments
    private readonly List<byte> _character = [];
    private int _depth;
    private bool _inArguments, _inString, _escaped;

    public List<ToolCall> Calls { get; } = [];

    public void Append(ReadOnlySpan<byte> bytes)
    {
        foreach (var next in bytes)
            if (_inArguments)
                ReadArguments(next);
            else
                ReadMarkup(next);
    }

    private void ReadMarkup(byte next)
    {
        _held.Add(next);
        var held = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_held);
        var start = held.IndexOf(NameStart);
        if (start < 0 || !held.EndsWith(ArgumentsStart))
            return;
        var name = held[(start + NameStart.Length)..^ArgumentsStart.Length];
        Calls.Add(new(Calls.Count) { Name = Encoding.UTF8.GetString(name) });
        _held.Clear();
        (_inArguments, _depth, _inString, _escaped) = (true, 0, false, false);
    }

    private void ReadArguments(byte next)
    {
        if (_inString)
        {
            if (_escaped)
                _escaped = false;
            else if (next == '\\')
                _escaped = true;
            else if (next == '"')
                _inString = false;
        }
        else if (next == '"')
            _inString = true;
        else if (next is (byte)'{' or (byte)'[')
            _depth++;
        else if (next is (byte)'}' or (byte)']')
            _depth--;
        Pass(next);
        _inArguments = _depth > 0;
    }

    /// <summary>Holds the bytes of a character until all are there.</summary>
    private void Pass(byte next)
    {
        _character.Add(next);
        if (Rune.DecodeFromUtf8(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_character), out _, out _) == System.Buffers.OperationStatus.NeedMoreData)
            return;
        foreach (var held in _character)
            Calls[^1].Append(held);
        _character.Clear();
    }
}
