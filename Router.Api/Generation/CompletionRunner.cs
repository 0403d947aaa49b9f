using System.Runtime.CompilerServices;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Completions;
using Router.Api.Errors;
using Router.Api.Hosting;
using Router.Api.Json;

namespace Router.Api.Generation;

/// <summary>Generates the answers of a completion and sends them, as a stream or whole.</summary>
internal sealed partial class CompletionRunner(
    ITokenLoop loop, PromptScorer scorer, GenerationQueue queue, Shutdown shutdown, RouterMeter meter, TimeProvider time, ILogger<CompletionRunner> log)
{
    public async Task RunAsync(HttpContext context, Completion completion, ICompletionFormat format)
    {
        CompletionSpan.Begin(completion);
        using var turn = await queue.EnterAsync(completion.Choices.Count, context.RequestAborted);
        // One answer that fails ends the others; a client that leaves and a router that stops end all.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, shutdown.Over);
        var since = time.GetTimestamp();
        CompletionSpan.OnTurn();
        try
        {
            await (completion.Settings.Stream ? StreamAsync(context, completion, format, stop) : WholeAsync(context, completion, format, stop));
        }
        finally
        {
            CompletionSpan.End(completion);
            meter.OnCompletion(completion.PromptTokens, completion.CompletionTokens, time.GetElapsedTime(since));
        }
    }

    private async Task WholeAsync(HttpContext context, Completion completion, ICompletionFormat format, CancellationTokenSource stop)
    {
        try
        {
            await TogetherAsync(completion.Choices.Select(choice => CollectAsync(completion, choice, stop.Token)), stop);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && Describe(e, completion) is { } error)
        {
            throw error;
        }
        context.Response.ContentType = "application/json; charset=utf-8";
        using var json = Writers.Create(context.Response.BodyWriter);
        format.WriteWhole(json, completion);
        json.Flush();
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private async Task CollectAsync(Completion completion, Choice choice, CancellationToken cancellationToken)
    {
        await foreach (var _ in GrowAsync(completion, choice, cancellationToken))
        {
        }
    }

    /// <summary>Gives a choice token after token, and itself after each of them, until it has ended.</summary>
    private async IAsyncEnumerable<Choice> GrowAsync(Completion completion, Choice choice, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (completion.Settings.Echo)
        {
            var prompt = completion.PromptOf(choice);
            choice.Echo(prompt, completion.Settings.LogProbabilities is null ? null : await scorer.ScoreAsync(prompt, completion.Settings, cancellationToken));
            if (completion.MaxTokens == 0)
                choice.EndEmpty();
            yield return choice;
            if (completion.MaxTokens == 0)
                yield break;
        }
        await foreach (var token in loop.RunAsync(completion.RequestFor(choice), cancellationToken))
        {
            choice.Add(token);
            yield return choice;
            if (choice.Finish != FinishReason.None)
                yield break;
        }
        throw new InvalidOperationException("The token loop ended without saying why.");
    }

    private async Task StreamAsync(HttpContext context, Completion completion, ICompletionFormat format, CancellationTokenSource stop)
    {
        using var events = new EventStream(context);
        try
        {
            await TogetherAsync(completion.Choices.Select(choice => StreamAsync(events, completion, choice, format, stop.Token)), stop);
            if (completion.Settings.IncludeUsage)
            {
                format.WriteUsage(events.Begin(), completion);
                events.End();
            }
            await events.DoneAsync(stop.Token);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            var error = Describe(e, completion);
            if (!context.Response.HasStarted)
            {
                if (error is null)
                    throw;
                throw error;
            }
            if (error is null)
                LogDefect(e, completion.Id);
            await events.FailAsync(error ?? ApiErrors.Internal(), context.RequestAborted);
        }
    }

    private async Task StreamAsync(EventStream events, Completion completion, Choice choice, ICompletionFormat format, CancellationToken cancellationToken)
    {
        var opened = false;
        await foreach (var _ in GrowAsync(completion, choice, cancellationToken))
        {
            if (opened && !choice.HasNews && choice.Finish == FinishReason.None)
                continue;
            await events.EnterAsync(cancellationToken);
            try
            {
                if (!opened && format.HasOpening)
                {
                    format.WriteOpening(events.Begin(), completion, choice);
                    events.End();
                }
                opened = true;
                if (choice.HasNews)
                {
                    format.WriteChunk(events.Begin(), completion, choice);
                    events.End();
                    choice.Take();
                }
                if (choice.Finish != FinishReason.None)
                {
                    format.WriteClosing(events.Begin(), completion, choice);
                    events.End();
                }
                await events.FlushAsync(cancellationToken);
            }
            finally
            {
                events.Leave();
            }
        }
    }

    /// <summary>What a failure is to the client; null when it is a defect.</summary>
    private ApiException? Describe(Exception e, Completion completion) =>
        e is OperationCanceledException && shutdown.Over.IsCancellationRequested ? ApiErrors.Stopping() : ApiErrors.FromGeneration(e, completion.PromptParameter);

    /// <summary>Waits for all; the first failure stops the rest and is the one that counts.</summary>
    private static async Task TogetherAsync(IEnumerable<Task> tasks, CancellationTokenSource stop)
    {
        var running = tasks.ToList();
        var all = Task.WhenAll(running);
        while (running.Count > 0)
        {
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            if (ended.IsCompletedSuccessfully)
                continue;
            await stop.CancelAsync();
            await all.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await ended;
        }
    }

    [LoggerMessage(LogLevel.Error, "Completion {Id} failed in mid-stream")]
    private partial void LogDefect(Exception e, string id);
}
