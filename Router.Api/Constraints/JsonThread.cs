namespace Router.Api.Constraints;

/// <summary>One way in which the text so far can be read: the rules that are open, the innermost on top.</summary>
internal sealed class JsonThread
{
    /// <summary>Deeper texts are not allowed; most parsers stop at 64.</summary>
    public const int MaxDepth = 48;

    private Frame[] _frames = new Frame[8];
    private byte[] _memory = [];
    private int _remembered;

    public int Depth { get; private set; }

    public ref Frame Top => ref _frames[Depth - 1];
    public ref Frame BelowTop => ref _frames[Depth - 2];
    public ReadOnlySpan<Frame> Frames => _frames.AsSpan(0, Depth);

    /// <summary>What open rules must not repeat: keys of an object, items of an array. Each rule knows where its own begin.</summary>
    public ReadOnlySpan<byte> Memory => _memory.AsSpan(0, _remembered);

    /// <summary>True when the rule can come to its end within the depth that is left.</summary>
    public bool HasRoomFor(Rule rule) => Depth + rule.MinDepth <= MaxDepth;

    public ref Frame Push(Rule rule)
    {
        if (Depth == _frames.Length)
            Array.Resize(ref _frames, _frames.Length * 2);
        _frames[Depth++] = new() { Rule = rule };
        return ref Top;
    }

    public void Pop() => Depth--;

    public void Remember(byte value)
    {
        if (_remembered == _memory.Length)
            Array.Resize(ref _memory, Math.Max(64, _memory.Length * 2));
        _memory[_remembered++] = value;
    }

    /// <summary>Forgets what was remembered from there on.</summary>
    public void Forget(int from) => _remembered = from;

    public void Clear() => Depth = _remembered = 0;

    public void CopyFrom(JsonThread other)
    {
        if (_frames.Length < other.Depth)
            _frames = new Frame[other._frames.Length];
        other._frames.AsSpan(0, other.Depth).CopyTo(_frames);
        Depth = other.Depth;
        if (_memory.Length < other._remembered)
            _memory = new byte[other._memory.Length];
        other.Memory.CopyTo(_memory);
        _remembered = other._remembered;
    }
}
