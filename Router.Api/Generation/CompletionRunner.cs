using System.Runtime.CompilerServices;
using Mesh.Ensemble.TokenLoop;
using Router.Api.Completions;
using Router.Api.Errors;
using Router.Api.Governance.Routing;
using Router.Api.Hosting;
using Router.Api.Json;
using Router.Api.Observations;

namespace Router.Api.Generation;

/// <summary>
/// Generates the answers of a completion and sends them, as a stream or whole. A place in the queue belongs to the work: it is given back when all is
/// generated, and while a reader is so far behind that the work has to wait for it.
/// </summary>
internal sealed partial class CompletionRunner(
    ITokenLoop loop, PromptScorer scorer, GenerationQueue queue, BackgroundPace background, AnswerBuffers buffers, Shutdown shutdown, RouterMeter meter,
    ObservationWindow observations, ILogger<CompletionRunner> log)
{
    public async Task RunAsync(HttpContext context, Completion completion, ICompletionFormat format)
    {
        CompletionSpan.Begin(completion);
        if (completion.Settings.Background)
            RequestWatch.OnBackground(context);
        using var turn = completion.Settings.Background ? queue.EnterBackground() : await queue.EnterAsync(completion.Choices.Count, context.RequestAborted);
        CompletionSpan.OnTurn();
        await (completion.Settings.Stream ? StreamAsync(context, completion, format, turn) : WholeAsync(context, completion, format, turn));
    }

    private async Task WholeAsync(HttpContext context, Completion completion, ICompletionFormat format, Turn turn)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, shutdown.Over, turn.Halted);
        try
        {
            await GenerateAsync(completion, turn, choice => CollectAsync(completion, choice, stop.Token), stop);
            await format.CompleteAsync(completion, stop.Token);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && Describe(e, completion, turn) is { } error)
        {
            throw error;
        }
        await buffers.SendWholeAsync(context, json => format.WriteWhole(json, completion), turn.Halted);
    }

    private async Task StreamAsync(HttpContext context, Completion completion, ICompletionFormat format, Turn turn)
    {
        using var answer = buffers.Bounded(context, EventStream.ContentType, turn.Halted);
        using var events = new EventStream(answer.Writer);
        // One answer that fails ends the others; a client that leaves, a router that stops and a mesh that is halted end all.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(answer.ReaderGone, shutdown.Over, turn.Halted);
        var failed = false;
        var sending = answer.SendAsync();
        try
        {
            var begun = new StrongBox<bool>();
            await GenerateAsync(completion, turn, choice => StreamAsync(events, begun, completion, choice, format, turn, stop.Token), stop);
            await format.CompleteAsync(completion, stop.Token);
            format.End(events, completion);
        }
        catch (Exception) when (answer.ReaderGone.IsCancellationRequested)
        {
            // Nobody is there to tell.
        }
        catch (Exception e)
        {
            var error = Describe(e, completion, turn);
            failed = true;
            if (events.IsEmpty)
            {
                if (error is null)
                    throw;
                throw error;
            }
            if (error is null)
                LogDefect(e, completion.Id);
            if (!answer.IsCut)
                format.Fail(events, completion, error ?? ApiErrors.Internal());
        }
        finally
        {
            await answer.Writer.CompleteAsync();
            await sending;
        }
        if (answer.IsCut && (failed || answer.HasDropped) && !answer.ReaderGone.IsCancellationRequested)
            await EndHaltedAsync(context, answer, events, completion, format);
    }

    /// <summary>What the reader had not taken yet is gone: the next thing it reads is that the mesh was halted.</summary>
    private static async Task EndHaltedAsync(HttpContext context, AnswerBuffer answer, EventStream events, Completion completion, ICompletionFormat format)
    {
        if (!context.Response.HasStarted)
            throw ApiErrors.Halted();
        events.GoOn(answer.LastWord);
        format.Fail(events, completion, ApiErrors.Halted());
        await answer.EndAsync();
    }

    private async Task StreamAsync(
        EventStream events, StrongBox<bool> begun, Completion completion, Choice choice, ICompletionFormat format, Turn turn, CancellationToken cancellationToken)
    {
        var opened = false;
        await foreach (var _ in GrowAsync(completion, choice, cancellationToken))
        {
            // Also without news: while another answer waits here for the reader, this one waits too.
            await events.EnterAsync(cancellationToken);
            try
            {
                if (!begun.Value)
                    format.Begin(events, completion);
                begun.Value = true;
                if (!opened)
                    format.Open(events, completion, choice);
                opened = true;
                if (choice.HasNews)
                {
                    format.Add(events, completion, choice);
                    choice.Take();
                }
                if (choice.Finish != FinishReason.None)
                    format.Close(events, completion, choice);
                await HandOverAsync(events, completion, turn, cancellationToken);
            }
            finally
            {
                events.Leave();
            }
        }
    }

    /// <summary>Other answers of the request end the token they are at and then wait for this one, so that none works without a place for long.</summary>
    private static async Task HandOverAsync(EventStream events, Completion completion, Turn turn, CancellationToken cancellationToken)
    {
        var flush = events.FlushAsync(cancellationToken);
        if (!flush.IsCompleted)
        {
            turn.Leave();
            CompletionSpan.OnPause();
        }
        if ((await flush).IsCompleted)
            throw new OperationCanceledException("The reader is gone.");
        if (turn.IsHeld || completion.IsFinished)
            return;
        await turn.ReturnAsync(cancellationToken);
        CompletionSpan.OnTurn();
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
        var pace = completion.Settings.Background ? background : null;
        if (completion.Settings.Echo)
        {
            var prompt = completion.PromptOf(choice);
            choice.Echo(prompt, completion.Settings.LogProbabilities is null ? null : await ScoreAsync(prompt, completion.Session, pace, cancellationToken));
            if (completion.MaxTokens == 0)
                choice.EndEmpty();
            yield return choice;
            if (completion.MaxTokens == 0)
                yield break;
        }
        var observer = pace is null ? new AnswerObserver(observations, completion, choice, buffers.Time) : null;
        await foreach (var token in loop.RunAsync(completion.RequestFor(choice) with { Pace = pace, Observer = observer ?? (IGenerationObserver)completion.Session }, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();   // whatever the loop makes of it
            choice.Add(token);
            if (pace is null)
                background.OnUserToken();
            observer?.OnToken(token);
            yield return choice;
            if (choice.Finish != FinishReason.None)
                yield break;
        }
        throw new InvalidOperationException("The token loop ended without saying why.");
    }

    private async Task<float[]> ScoreAsync(int[] prompt, MeshSession session, BackgroundPace? pace, CancellationToken cancellationToken)
    {
        using (pace is null ? null : await pace.EnterAsync(prompt.Length, cancellationToken))
            return await scorer.ScoreAsync(prompt, session, cancellationToken);
    }

    /// <summary>Runs <paramref name="grow"/> for every answer; the first failure stops the rest and is the one that counts. Then the places are somebody else's.</summary>
    private async Task GenerateAsync(Completion completion, Turn turn, Func<Choice, Task> grow, CancellationTokenSource stop)
    {
        if (!completion.Settings.Background)
            observations.OnBegin();
        try
        {
            var running = completion.Choices.Select(grow).ToList();
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
            End(completion, failed: false);
        }
        catch (Exception e) when (e is not OperationCanceledException && Describe(e, completion, turn) is null or { Status: >= 500 })
        {
            End(completion, failed: true);
            throw;
        }
        finally
        {
            turn.Dispose();
            CompletionSpan.End(completion);
            if (completion.Settings.Background)
                meter.OnBackground(completion.PromptTokens + completion.CompletionTokens);
            else
            {
                observations.OnEnd();
                meter.OnCompletion(completion.PromptTokens, completion.CompletionTokens, turn.Held);
            }
        }
    }

    /// <summary>One whose reader left, or that was stopped, tells nothing.</summary>
    private void End(Completion completion, bool failed)
    {
        completion.Session.End(failed, failed ? null : completion.MeanLogProbability);
        if (!completion.Settings.Background)
            observations.OnCompletion(failed);
    }

    /// <summary>What a failure is to the client; null when it is a defect.</summary>
    private ApiException? Describe(Exception e, Completion completion, Turn turn) => e switch
    {
        OperationCanceledException when turn.Halted.IsCancellationRequested => ApiErrors.Halted(),
        OperationCanceledException when shutdown.Over.IsCancellationRequested => ApiErrors.Stopping(),
        _ => ApiErrors.FromGeneration(e, completion.PromptParameter),
    };

    [LoggerMessage(LogLevel.Error, "Completion {Id} failed in mid-stream")]
    private partial void LogDefect(Exception e, string id);
}
