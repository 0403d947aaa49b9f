using Mesh.Chorus.Positions;
using Mesh.Contracts.Steps;
using Mesh.Inference.Positions;
using Mesh.Inference.Tests.Decoding;

namespace Mesh.Inference.Tests.Positions;

/// <summary>Inverse RoPE on real K/V caches: what two sessions of one model hold is apart as far as their texts say.</summary>
public sealed class CachePositionsTests
{
    private static readonly int[] Text = [.. Enumerable.Range(100, 60)];

    [Theory, InlineData(0), InlineData(1), InlineData(37), InlineData(400)]
    public async Task The_offset_of_two_sessions_is_recovered_from_their_keys(int prefix)
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic);
        await RecoversAsync(expert, prefix);
    }

    [SkippableTheory, InlineData(21), InlineData(700)]
    public async Task And_of_a_bigger_model_in_one_shared_cache(int prefix)
    {
        await using var expert = await Session.LoadAsync(TestModels.SmolLm());
        await RecoversAsync(expert, prefix);
    }

    [Fact]
    public async Task Sessions_that_have_no_token_in_common_have_no_offset()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic);
        var (first, second) = (new Session(expert), new Session(expert));
        await first.StepAsync(0, [.. Enumerable.Range(10, 20)]);
        await second.StepAsync(0, [.. Enumerable.Range(50, 20)]);
        Assert.Equal(new(null, 0, 0, 0), await expert.CompareAsync(first.Id, second.Id));
    }

    [Fact]
    public async Task A_session_that_is_not_there_is_compared_with_nothing()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic);
        var session = new Session(expert);
        await session.StepAsync(0, Text);
        Assert.Null(await expert.CompareAsync(session.Id, SessionId.New()));
        Assert.Null(await expert.CheckPositionsAsync(SessionId.New()));
    }

    [Fact]
    public async Task The_keys_of_a_cache_are_where_it_says()
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic);
        var session = new Session(expert);
        await session.StepAsync(0, [.. Text, .. Text, 7, 7]);
        await session.StepAsync(100, [.. Text]);   // the end is cut off and written anew
        Assert.Equal(new(100, 0), await expert.CheckPositionsAsync(session.Id));
    }

    [Fact]
    public void A_cache_whose_positions_are_wrong_is_noticed()
    {
        var rope = new Rope(32);
        var random = new Random(1);
        var vectors = Enumerable.Range(0, 8).Select(_ => Enumerable.Range(0, 64).Select(_ => random.NextSingle() - 0.5f).ToArray()).ToArray();
        SequenceKeys Keys(Func<int, int> at) => new(
            [.. Enumerable.Range(0, 40).Select(p => p % 8)], [.. Enumerable.Range(0, 40)],
            [.. Enumerable.Range(0, 40).SelectMany(p =>
            {
                var row = vectors[p % 8].ToArray();
                rope.Rotate(row, at(p));
                return row;
            })], 64);

        var positions = new CachePositions(rope, 4096);
        Assert.Equal(new(32, 0), positions.Check(Keys(p => p)));
        // From position 20 on the keys lie 3 later than the cache says: the first pair of each token across it is wrong.
        Assert.Equal(new(32, 8), positions.Check(Keys(p => p < 20 ? p : p + 3)));
    }

    /// <summary>Whatever a state says of itself, it is read within its bytes or refused.</summary>
    [Fact]
    public void Bytes_that_are_no_attention_cache_are_refused()
    {
        byte[] state = [.. Words(1, 2, 0, 1, 0, 1, 1, 0, 0, 1, 1, 8, 0), .. new byte[16]];   // a stream of two cells, a layer of half precision, rows of 8 bytes
        Assert.Equal(4, SequenceKeys.Parse(state, [7, 8]).Width);
        var random = new Random(2);
        var refused = 0;
        for (var n = 0; n < 20_000; n++)
        {
            var bytes = state.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                BitConverter.TryWriteBytes(bytes.AsSpan(4 * random.Next(13)), random.Next(4) switch { 0 => random.Next(), 1 => -random.Next(), 2 => random.Next(70_000), _ => random.Next(12) });
            try
            {
                SequenceKeys.Parse(random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes, [7, 8]);
            }
            catch (NotSupportedException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 5_000, 19_999);
        Assert.Throws<NotSupportedException>(() => SequenceKeys.Parse([1, 0, 0, 0, 5, 0, 0, 0], [1]));

        static IEnumerable<byte> Words(params int[] words) => words.SelectMany(BitConverter.GetBytes);
    }

    [Fact]
    public void Positions_that_the_slowest_pair_does_not_tell_apart_are_no_offsets()
    {
        var rope = new Rope(4, 100);   // its slowest pair turns by half within 32 positions
        float[] row = [1, 2, 3, 4], later = [1, 2, 3, 4];
        rope.Rotate(later, 20);
        Assert.Equal(new(20, 1, 1, 0), new CachePositions(rope, 4096).Compare(new([1], [0], row, 4), new([1], [20], later, 4)));
    }

    private static async Task RecoversAsync(LlamaExpert expert, int prefix)
    {
        var (first, second) = (new Session(expert), new Session(expert));
        await first.StepAsync(0, Text);
        // Another text before it: only the first layer's keys do not know of it.
        var before = Enumerable.Range(0, prefix).Select(n => 1000 + n % 50).ToArray();
        var reply = await second.StepAsync(0, [.. before, .. Text]);
        Assert.Equal(StepStatus.Ok, reply.Status);
        Assert.Equal(new(prefix, Text.Length, Text.Length, 0), await expert.CompareAsync(first.Id, second.Id));
        Assert.Equal(new(-prefix, Text.Length, Text.Length, 0), await expert.CompareAsync(second.Id, first.Id));
    }
}
