using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Sidecar.PubSub;
using Dapr.Sidecar.Storage;

namespace Dapr.Conformance.Tests.Embedded;

public sealed class LineTests
{
    /// <summary>Bursts longer than what a line keeps in memory, a taker that now and then stays behind, and messages of an earlier process.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public async Task Every_message_is_taken_once_and_in_order(int seed)
    {
        const int publishers = 4, each = 300, before = 100;
        var random = new Random(seed);
        using var folder = new TempFolder();
        await using var database = Database.OpenFile(folder["messages.db"]);
        await using var store = new MessageStore(database, TimeProvider.System);
        for (var n = 0; n < before; n++)
            await store.AddAsync(["app", "other"], "p", "t", [[1]], default);
        var line = new Line("app", store);
        store.Added += message =>
        {
            if (message.AppId == "app")
                line.Add(message);
        };
        var pauses = Enumerable.Range(0, publishers).Select(_ => random.Next(1, 40)).ToArray();
        var publishing = Task.WhenAll(pauses.Select(pause => Task.Run(async () =>
        {
            for (var n = 0; n < each; n++)
            {
                await store.AddAsync(n % 3 == 0 ? ["other", "app"] : ["app"], "p", "t", [[2]], default);
                if (n % pause == 0)
                    await Task.Yield();
            }
        })));
        var taken = new List<Message>();
        while (taken.Count < before + publishers * each)
        {
            await line.WaitAsync(Deadline.Soon);
            while (line.Take() is { Count: > 0 } batch)
            {
                taken.AddRange(batch);
                foreach (var message in batch)
                    store.Taken(message);
                if (random.Next(4) == 0)
                    await Task.Delay(random.Next(10));
            }
        }
        await publishing;
        Assert.Empty(line.Take());
        Assert.Equal(before + publishers * each, taken.Count);
        Assert.Equal(taken.Select(m => m.Id).Order().Distinct(), taken.Select(m => m.Id));
        await store.DisposeAsync();
        Assert.Empty(store.After("app", 0, 10));
    }
}
