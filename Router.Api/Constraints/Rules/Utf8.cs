namespace Router.Api.Constraints.Rules;

/// <summary>What may follow a lead byte in well-formed UTF-8.</summary>
internal static class Utf8
{
    /// <summary>Continuation bytes after <paramref name="lead"/> and the range of the first of them; false when it leads nothing.</summary>
    public static bool TryLead(byte lead, out int continuations, out long range)
    {
        (continuations, range) = lead switch
        {
            >= 0xC2 and <= 0xDF => (1, Range(0x80, 0xBF)),
            0xE0 => (2, Range(0xA0, 0xBF)),
            0xED => (2, Range(0x80, 0x9F)),
            >= 0xE1 and <= 0xEF => (2, Range(0x80, 0xBF)),
            0xF0 => (3, Range(0x90, 0xBF)),
            >= 0xF1 and <= 0xF3 => (3, Range(0x80, 0xBF)),
            0xF4 => (3, Range(0x80, 0x8F)),
            _ => (0, 0),
        };
        return continuations > 0;
    }

    public static readonly long AnyContinuation = Range(0x80, 0xBF);

    public static bool InRange(byte value, long range) => value >= (range & 0xFF) && value <= range >> 8;

    private static long Range(int low, int high) => (uint)low | (long)high << 8;
}
