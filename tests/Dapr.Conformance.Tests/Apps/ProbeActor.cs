using System.Runtime.Serialization;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;

namespace Dapr.Conformance.Tests.Apps;

[DataContract]
public sealed record Span(
    [property: DataMember] string Name, [property: DataMember] int DueMs, [property: DataMember] int PeriodMs, [property: DataMember] int Repetitions = 0, [property: DataMember] string Data = "data");

public interface IProbe : IActor
{
    Task<string> Echo(string text);
    Task<int> Add(int n);
    Task<int> Get();
    Task Fail(string why);
    Task<string> Slow(int milliseconds);
    Task SetAndFail(int n);
    Task SetWithTtl(int n);
    Task<string> Remind(Span span);
    Task<string> Reminder(string name);
    Task Forget(string name);
    Task Time(Span span);
    Task Untime(string name);
    Task<int> Nest(int depth);
    Task<string> WhoHosts();
}

/// <summary>Writes into its app's journal what happens to it, as <c>{type}/{id} {what}</c>.</summary>
[Actor(TypeName = "Probe")]
public class ProbeActor(ActorHost host, Journal journal, TestAppName app) : Actor(host), IProbe, IRemindable
{
    public Task<string> Echo(string text) => Task.FromResult(text);

    public async Task<int> Add(int n)
    {
        var sum = await StateManager.GetOrAddStateAsync("sum", 0) + n;
        await StateManager.SetStateAsync("sum", sum);
        return sum;
    }

    public Task<int> Get() => StateManager.GetOrAddStateAsync("sum", 0);

    public Task Fail(string why) => throw new InvalidOperationException(why);

    public async Task<string> Slow(int milliseconds)
    {
        Note("slow begins");
        await Task.Delay(milliseconds);
        Note("slow ends");
        return Id.GetId();
    }

    public async Task SetAndFail(int n)
    {
        await StateManager.SetStateAsync("sum", n);
        throw new InvalidOperationException("after setting");
    }

    public Task SetWithTtl(int n) => StateManager.SetStateAsync("short", n, TimeSpan.FromSeconds(n));

    public async Task<string> Remind(Span span)
    {
        var (data, due, period) = (System.Text.Encoding.UTF8.GetBytes(span.Data), TimeSpan.FromMilliseconds(span.DueMs), TimeSpan.FromMilliseconds(span.PeriodMs));
        _ = span.Repetitions > 0 ? await RegisterReminderAsync(span.Name, data, due, period, span.Repetitions) : await RegisterReminderAsync(span.Name, data, due, period);
        return span.Name;
    }

    public async Task<string> Reminder(string name) => await GetReminderAsync(name) is { } reminder ? reminder.Name : "none";

    public Task Forget(string name) => UnregisterReminderAsync(name);

    public Task Time(Span span) => RegisterTimerAsync(span.Name, nameof(OnTimer), System.Text.Encoding.UTF8.GetBytes($"{span.Name} {span.Data}"),
        TimeSpan.FromMilliseconds(span.DueMs), TimeSpan.FromMilliseconds(span.PeriodMs));

    public Task Untime(string name) => UnregisterTimerAsync(name);

    public Task OnTimer(byte[] data)
    {
        Note($"timer {System.Text.Encoding.UTF8.GetString(data)}");
        return Task.CompletedTask;
    }

    public async Task<int> Nest(int depth) => depth == 0 ? 0 : 1 + await ProxyFactory.Create(Id, Host.ActorTypeInfo.ActorTypeName).InvokeMethodAsync<int, int>(nameof(Nest), depth - 1);

    public Task<string> WhoHosts() => Task.FromResult(app.Name);

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        Note($"reminder {reminderName} {System.Text.Encoding.UTF8.GetString(state)}");
        return reminderName.StartsWith("failing", StringComparison.Ordinal) ? throw new InvalidOperationException("no") : Task.CompletedTask;
    }

    protected override Task OnActivateAsync()
    {
        Note("on");
        return Task.CompletedTask;
    }

    protected override Task OnDeactivateAsync()
    {
        Note("off");
        return Task.CompletedTask;
    }

    private void Note(string what) => journal.Add($"{Host.ActorTypeInfo.ActorTypeName}/{Id} {what}");
}

/// <summary>Rests after a second.</summary>
[Actor(TypeName = "Nap")]
public sealed class NapActor(ActorHost host, Journal journal, TestAppName app) : ProbeActor(host, journal, app);

/// <summary>May call itself, four deep.</summary>
[Actor(TypeName = "Loop")]
public sealed class LoopActor(ActorHost host, Journal journal, TestAppName app) : ProbeActor(host, journal, app);

public sealed record TestAppName(string Name);
