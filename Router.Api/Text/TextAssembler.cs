using System.Text;

namespace Router.Api.Text;

/// <summary>
/// Makes text of token pieces. Only whole characters leave (half of one waits for the rest; bytes that are none become U+FFFD; half of one at the end is left out), and nothing leaves
/// that may turn out to be the start of a stop string. Bytes are UTF-8 throughout.
/// </summary>
/// <param name="marker">Ends the text like a stop string, but what follows it is kept for another reader; null for none.</param>
internal sealed class TextAssembler(IReadOnlyList<byte[]> stops, byte[]? marker = null)
{
    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    private byte[] _text = new byte[256];
    private int _count;    // bytes of whole characters in _text
    private int _ready;    // of those, how many may leave
    private readonly byte[] _partial = new byte[4];
    private int _partialCount;

    /// <summary>Text that may leave and was not taken yet.</summary>
    public ReadOnlySpan<byte> Ready => _text.AsSpan(0, _ready);

    /// <summary>True once a stop string was met; what follows is ignored.</summary>
    public bool Stopped { get; private set; }

    /// <summary>The stop string that was met; null when none was, or the marker.</summary>
    public byte[]? StoppedBy { get; private set; }

    /// <summary>What came after the marker, once that was met.</summary>
    public byte[]? AfterMarker { get; private set; }

    /// <summary>Text that comes before all tokens and is looked at by nobody; UTF-8.</summary>
    public void Begin(ReadOnlySpan<byte> text)
    {
        AddText(text);
        _ready = _count;
    }

    /// <summary>Adds the bytes of one token.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (Stopped)
            return;
        while (_partialCount > 0 && piece.Length > 0)
        {
            _partial[_partialCount++] = piece[0];
            var status = Rune.DecodeFromUtf8(_partial.AsSpan(0, _partialCount), out _, out var used);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                piece = piece[1..];
                continue;
            }
            if (status == System.Buffers.OperationStatus.Done)
            {
                AddText(_partial.AsSpan(0, used));
                piece = piece[1..];
            }
            else
            {
                AddText(Replacement);   // the new byte does not belong to it and is looked at again, on its own
            }
            _partialCount = 0;
        }
        while (piece.Length > 0)
        {
            var status = Rune.DecodeFromUtf8(piece, out _, out var used);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                piece.CopyTo(_partial);
                _partialCount = piece.Length;
                break;
            }
            AddText(status == System.Buffers.OperationStatus.Done ? piece[..used] : Replacement);
            piece = piece[used..];
        }
        Release();
    }

    /// <summary>No more tokens: what was held back leaves too.</summary>
    public void Finish()
    {
        if (Stopped)
            return;
        _partialCount = 0;   // the text ends before a character whose rest did not come
        _ready = _count;
    }

    /// <summary>Forgets <see cref="Ready"/>: it was sent.</summary>
    public void Take()
    {
        _text.AsSpan(_ready, _count - _ready).CopyTo(_text);
        _count -= _ready;
        _ready = 0;
    }

    private void AddText(ReadOnlySpan<byte> bytes)
    {
        if (_count + bytes.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _count + bytes.Length));
        bytes.CopyTo(_text.AsSpan(_count));
        _count += bytes.Length;
    }

    private void Release()
    {
        var held = _text.AsSpan(_ready, _count - _ready);   // what left before holds no start of a stop string
        var first = -1;
        var wait = 0;
        foreach (var stop in stops)
            if (Look(held, stop, ref first, ref wait))
                StoppedBy = stop;
        if (marker is not null)
        {
            if (Look(held, marker, ref first, ref wait))
                (StoppedBy, AfterMarker) = (null, [.. held[(first + marker.Length)..], .. _partial.AsSpan(0, _partialCount)]);
        }
        Stopped = first >= 0;
        if (Stopped)
            _count = _ready += first;
        else
            _ready = _count - wait;
    }

    /// <summary>True when <paramref name="stop"/> is the first so far.</summary>
    private static bool Look(ReadOnlySpan<byte> text, ReadOnlySpan<byte> stop, ref int first, ref int wait)
    {
        wait = Math.Max(wait, Overlap(text, stop));
        var at = text.IndexOf(stop);
        if (at < 0 || (first >= 0 && at >= first))
            return false;
        first = at;
        return true;
    }

    /// <summary>Length of the longest end of <paramref name="text"/> that starts <paramref name="stop"/> without being all of it.</summary>
    private static int Overlap(ReadOnlySpan<byte> text, ReadOnlySpan<byte> stop)
    {
        for (var length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
            if (text.EndsWith(stop[..length]))
                return length;
        return 0;
    }
}
