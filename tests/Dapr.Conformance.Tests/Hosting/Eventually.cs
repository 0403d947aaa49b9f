using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

internal static class Eventually
{
    /// <summary>Asks until it holds, for at most half a minute.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> holds, string what)
    {
        for (var end = Deadline.After(TimeSpan.FromSeconds(30)); ;)
        {
            try
            {
                if (await holds())
                    return;
            }
            catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
            {
                // Not up yet, or on its way down.
            }
            Assert.False(end.IsCancellationRequested, $"After 30 s it is not so that {what}.");
            await Task.Delay(25, CancellationToken.None);
        }
    }

    public static Task HoldsAsync(Func<bool> holds, string what) => HoldsAsync(() => Task.FromResult(holds()), what);
}
