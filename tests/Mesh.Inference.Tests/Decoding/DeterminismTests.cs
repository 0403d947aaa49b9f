namespace Mesh.Inference.Tests.Decoding;

public sealed class DeterminismTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]   // a small model, by itself
    public async Task A_session_answers_bit_for_bit_the_same_beside_seven_others(bool deterministic)
    {
        await using var expert = await Session.LoadAsync(TestModels.Arithmetic, new() { Deterministic = deterministic });
        int[] prompt = [0, .. Enumerable.Range(0, 70).Select(i => i * 53 % 4096)];
        var alone = await TranscriptAsync(new(expert), prompt);
        var crowd = Enumerable.Range(1, 7).Select(n => Task.Run(() => TranscriptAsync(new(expert), [0, .. prompt[n..], n]))).ToArray();
        var beside = await TranscriptAsync(new(expert), prompt);
        await Task.WhenAll(crowd);
        Assert.Equal(alone, beside);
    }

    private static async Task<string> TranscriptAsync(Session session, int[] prompt)
    {
        var text = new System.Text.StringBuilder();
        var (position, next) = (0, prompt);
        for (var n = 0; n < 20; n++)
        {
            var reply = await session.StepAsync(position, next, scores: position == 0 ? 0 : 1);
            position += next.Length;
            foreach (var score in reply.Scores)
                text.Append(BitConverter.SingleToInt32Bits(score)).Append(' ');
            foreach (var log in reply.Distributions[0].LogProbabilities)
                text.Append(BitConverter.SingleToInt32Bits(log)).Append(' ');
            next = [Session.Best(reply.Distributions[0])];
        }
        session.Release();
        return text.ToString();
    }
}
