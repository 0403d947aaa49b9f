namespace Mesh.Contracts.Steps;

/// <summary>
/// Wire form of a <see cref="SparseDistribution"/>: count (varint); if it is not 0: greatest log-probability (f32), range in 1/16 nat (byte), ids as
/// varint deltas minus one, one byte a log-probability; then the tail mass (f32). An entry is quantised to
/// <c>max - q / 255 * range</c>, so its log-probability is off by at most <c>range / 510</c>, which is never more than
/// <see cref="MaxError"/> nats; the greatest one is exact. Entries more than <see cref="MaxRange"/> nats under the greatest are
/// not written; their mass goes to the tail. At most <see cref="MaxBytes"/> bytes for any distribution, under 1,100 for a vocabulary of 2^17.
/// </summary>
public static class SparseCodec
{
    /// <summary>Nats from the greatest to the least log-probability that can be written: 255/16.</summary>
    public const float MaxRange = 255f / 16f;

    /// <summary>Bound of the quantisation error of a log-probability, in nats, rounding of single precision included.</summary>
    public const float MaxError = MaxRange / 510f + 1e-5f;

    /// <summary>Ids are below 2^20: 256 entries of one byte each; 64 deltas can need 3 bytes, the others 2.</summary>
    public const int MaxBytes = 2 + 4 + 1 + 4 + StepLimits.Entries * (3 + 1);

    internal static void Write(ref WireWriter writer, SparseDistribution distribution)
    {
        var ids = distribution.Ids;
        var logs = distribution.LogProbabilities;
        var max = float.NegativeInfinity;
        foreach (var log in logs)
            max = Math.Max(max, log);
        var floor = max - MaxRange;
        var (kept, lowest) = (0, max);
        foreach (var log in logs)
        {
            if (!(log >= floor))
                continue;
            kept++;
            lowest = Math.Min(lowest, log);
        }
        writer.Varint((uint)kept);
        var tail = distribution.Tail;
        if (kept > 0)
        {
            var range = (byte)Math.Clamp((int)MathF.Ceiling((max - lowest) * 16f), 1, 255);
            var scale = 255f * 16f / range;
            writer.Single(max);
            writer.Byte(range);
            var previous = -1;
            for (var i = 0; i < ids.Length; i++)
            {
                if (!(logs[i] >= floor))
                {
                    tail += MathF.Exp(logs[i]);
                    continue;
                }
                writer.Varint((uint)(ids[i] - previous - 1));
                previous = ids[i];
            }
            for (var i = 0; i < ids.Length; i++)
                if (logs[i] >= floor)
                    writer.Byte((byte)Math.Clamp((int)MathF.Round((max - logs[i]) * scale), 0, 255));
        }
        writer.Single(Math.Clamp(tail, 0f, 1f));
    }

    /// <summary>Fills <paramref name="into"/>; ids come out strictly ascending and below <see cref="StepLimits.Vocabulary"/> or the reader has failed.</summary>
    internal static void Read(ref WireReader reader, SparseDistribution into)
    {
        into.Clear();
        var count = reader.Varint(StepLimits.Entries, "the number of entries");
        if (count > 0)
        {
            var max = reader.Single();
            var range = reader.Byte();
            if (!float.IsFinite(max) || max > 0f)
                reader.Fail($"The greatest log-probability is {max}; it must be finite and at most 0.");
            Span<int> ids = stackalloc int[count];
            long id = -1;
            for (var i = 0; i < count && reader.Error is null; i++)
            {
                id += reader.Varint("a token id") + 1L;
                if (id >= StepLimits.Vocabulary)
                    reader.Fail($"A token id is beyond {StepLimits.Vocabulary - 1}.");
                ids[i] = (int)id;
            }
            var levels = reader.Take(count);
            if (reader.Error is not null)
                return;
            var step = range / (255f * 16f);
            for (var i = 0; i < count; i++)
                into.Add(ids[i], max - levels[i] * step);
        }
        var tail = reader.Single();
        if (!(tail is >= 0f and <= 1f))
            reader.Fail($"The tail mass is {tail}; it must be 0 to 1.");
        into.Tail = tail;
    }
}
