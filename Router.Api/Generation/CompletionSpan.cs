using System.Diagnostics;

namespace Router.Api.Generation;

/// <summary>
/// Tells the request's span what was asked for and what came of it, in the words of OpenTelemetry's conventions for generative AI, without the texts themselves.
/// The token loop's spans lie under it.
/// </summary>
internal static class CompletionSpan
{
    public static void Begin(Completion completion)
    {
        if (Activity.Current is not { IsAllDataRequested: true } span)
            return;
        var settings = completion.Settings;
        span.SetTag("gen_ai.operation.name", completion.PromptParameter == "prompt" ? "text_completion" : "chat");
        span.SetTag("gen_ai.provider.name", "mesh");
        span.SetTag("gen_ai.request.model", settings.Model);
        span.SetTag("gen_ai.request.max_tokens", completion.MaxTokens);
        span.SetTag("gen_ai.request.temperature", settings.Sampling.Temperature);
        span.SetTag("gen_ai.request.choice.count", settings.Choices);
        span.SetTag("gen_ai.response.id", completion.Id);
        span.SetTag("gen_ai.usage.input_tokens", completion.PromptTokens);
        span.SetTag("mesh.stream", settings.Stream);
    }

    /// <summary>It has waited in the queue until now.</summary>
    public static void OnTurn() => Activity.Current?.AddEvent(new("turn"));

    /// <summary>It waits for its reader, and then for its turn again.</summary>
    public static void OnPause() => Activity.Current?.AddEvent(new("pause"));

    public static void End(Completion completion)
    {
        if (Activity.Current is not { IsAllDataRequested: true } span)
            return;
        span.SetTag("gen_ai.usage.output_tokens", completion.CompletionTokens);
        span.SetTag("gen_ai.response.finish_reasons", completion.Choices.Select(c => c.Finish.ToString().ToLowerInvariant()).ToArray());
    }
}
