using Mesh.Testing;
using Expert.Worker.Experts;
using Mesh.Contracts.Experts;
using Mesh.Contracts.Steps;

namespace Expert.Worker.Tests.Experts;

public sealed class ExpertHostTests
{
    [Fact]
    public async Task A_model_is_loaded_and_described_by_its_card()
    {
        await using var worker = await WorkerApp.StartAsync();
        var expert = await worker.LoadAsync(Checkout.Spec("unix"));
        var status = expert.Describe("worker-1", "http://127.0.0.1:1/");
        Assert.Equal((ExpertState.Ready, null), (status.State, status.Reason));
        Assert.Equal(512, status.Model!.ContextLength);
        Assert.Equal(64, status.Model.TokenizerFingerprint.Length);
        Assert.True(status.Model.TokensPerSecond > 0);
    }

    [Fact]
    public async Task A_missing_file_is_refused_by_its_name()
    {
        await using var worker = await WorkerApp.StartAsync();
        var expert = await worker.LoadAsync(Checkout.Spec("nobody"));
        Assert.Equal(ExpertState.Refused, expert.State);
        Assert.Contains("nobody.gguf' does not exist", expert.Describe("w", null).Reason);
    }

    [Fact]
    public async Task A_corrupt_file_is_refused_and_the_others_run_on()
    {
        using var folder = new TemporaryFolder();
        var corrupt = Path.Combine(folder.Path, "corrupt.gguf");
        var bytes = await File.ReadAllBytesAsync(Checkout.Spec("unix").ModelPath);
        await File.WriteAllBytesAsync(corrupt, bytes[..(bytes.Length / 3)]);
        await using var worker = await WorkerApp.StartAsync(null, $"--Mesh:ModelRoots={folder.Path};{Checkout.Models}");
        var broken = await worker.LoadAsync(new() { Id = ExpertId.Parse("corrupt"), ModelPath = corrupt });
        var sound = await worker.LoadAsync(Checkout.Spec("unix"));
        Assert.Equal(ExpertState.Refused, broken.State);
        Assert.NotEmpty(broken.Describe("w", null).Reason!);
        Assert.Equal(ExpertState.Ready, sound.State);
    }

    [Fact]
    public async Task An_expert_over_the_memory_budget_is_refused_with_the_numbers_until_another_leaves()
    {
        var loader = new ScriptedLoader { MemoryBytes = 30 << 20 };
        await using var worker = await WorkerApp.StartAsync(loader, $"--Mesh:Worker:MemoryBudget={50 << 20}");
        var first = await worker.LoadAsync(Checkout.Spec("unix"));
        var second = await worker.LoadAsync(Checkout.Spec("code"));
        Assert.Equal((ExpertState.Ready, ExpertState.Refused), (first.State, second.State));
        Assert.Contains("20.0 MiB of the worker's memory budget of 50.0 MiB are free", second.Describe("w", null).Reason);
        Assert.Equal(1, loader.Disposed);

        await worker.Experts.RemoveAsync(first.Spec.Id);
        var again = worker.Experts.Ensure(second.Spec, again: true);
        await again.Loading;
        Assert.Equal(ExpertState.Ready, again.State);
    }

    [Fact]
    public async Task The_same_specification_again_loads_nothing_and_another_one_replaces_the_expert()
    {
        var loader = new ScriptedLoader();
        await using var worker = await WorkerApp.StartAsync(loader);
        var first = await worker.LoadAsync(Checkout.Spec("unix"));
        Assert.Same(first, worker.Experts.Ensure(Checkout.Spec("unix")));
        var other = await worker.LoadAsync(Checkout.Spec("unix") with { ContextLength = 64 });
        Assert.NotSame(first, other);
        Assert.True(first.Stopping.IsCancellationRequested);
        Assert.Equal((2, 1), (loader.Loads, loader.Disposed));
    }

    [Fact]
    public async Task An_expert_that_is_removed_while_it_loads_is_never_ready()
    {
        var loading = new TaskCompletionSource();
        var loader = new ScriptedLoader
        {
            OnLoad = async token =>
            {
                loading.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            },
        };
        await using var worker = await WorkerApp.StartAsync(loader);
        var expert = worker.Experts.Ensure(Checkout.Spec("unix"));
        await loading.Task;
        Assert.Equal((ExpertState.Loading, 0.5f), (expert.State, expert.Describe("w", null).Progress));
        var reply = new StepReply();
        await expert.StepAsync(Steps.Request(1, 7), reply, default);
        Assert.Equal(StepStatus.Loading, reply.Status);
        await worker.Experts.RemoveAsync(expert.Spec.Id);
        Assert.Null(worker.Experts.Find(expert.Spec.Id));
        await expert.StepAsync(Steps.Request(1, 7), reply, default);
        Assert.Equal(StepStatus.Refused, reply.Status);
    }

    [Fact]
    public async Task A_stopping_worker_finishes_what_runs_and_begins_nothing_new()
    {
        var (running, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        var loader = new ScriptedLoader
        {
            OnStep = async (request, reply, _) =>
            {
                running.TrySetResult();
                await finish.Task;
                ScriptedLoader.Answer(request, reply);
            },
        };
        await using var worker = await WorkerApp.StartAsync(loader);
        var expert = await worker.LoadAsync(Checkout.Spec("unix"));
        var (begun, late) = (new StepReply(), new StepReply());
        var step = expert.StepAsync(Steps.Request(1, 7), begun, default).AsTask();
        await running.Task;
        var stopping = worker.StopAsync();
        while (expert.State != ExpertState.Draining)
            await Task.Yield();
        await expert.StepAsync(Steps.Request(2, 7), late, default);
        Assert.Equal(StepStatus.Refused, late.Status);
        Assert.Equal(0, loader.Disposed);
        Assert.Equal(ExpertState.Draining, worker.Experts.Ensure(Checkout.Spec("code")).State);
        finish.SetResult();
        await step;
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((StepStatus.Ok, 1), (begun.Status, loader.Disposed));
    }

    [Fact]
    public async Task An_expert_whose_actor_leaves_stays_until_its_last_stream_is_closed()
    {
        var loader = new ScriptedLoader();
        await using var worker = await WorkerApp.StartAsync(loader);
        var (unix, code) = (await worker.LoadAsync(Checkout.Spec("unix")), await worker.LoadAsync(Checkout.Spec("code")));
        unix.OnStreamOpened();
        unix.OnStreamOpened();
        await worker.Experts.LeaveAsync(unix.Spec.Id);
        await worker.Experts.LeaveAsync(code.Spec.Id);
        Assert.Null(worker.Experts.Find(code.Spec.Id));
        await worker.Experts.OnStreamClosedAsync(unix);
        Assert.Equal((ExpertState.Ready, 1), (unix.State, loader.Disposed));
        await worker.Experts.OnStreamClosedAsync(unix);
        Assert.Null(worker.Experts.Find(unix.Spec.Id));
        Assert.Equal(2, loader.Disposed);
    }

    [Fact]
    public async Task An_expert_whose_actor_comes_back_stays()
    {
        await using var worker = await WorkerApp.StartAsync(new ScriptedLoader());
        var unix = await worker.LoadAsync(Checkout.Spec("unix"));
        unix.OnStreamOpened();
        await worker.Experts.LeaveAsync(unix.Spec.Id);
        Assert.Same(unix, worker.Experts.Ensure(unix.Spec));
        await worker.Experts.OnStreamClosedAsync(unix);
        Assert.Same(unix, worker.Experts.Find(unix.Spec.Id));
    }
}
