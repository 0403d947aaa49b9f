using System.Text.Json;
using Router.Api.Errors;

namespace Router.Api.Generation;

/// <summary>
/// One API's words for what the runner generates. A stream is <see cref="Begin"/>, then for each answer <see cref="Open"/>, <see cref="Add"/> as often as there is news and
/// <see cref="Close"/>, then <see cref="End"/>, or <see cref="Fail"/> instead of whatever was to come. Calls never overlap, so that a format may count and remember; one that does
/// serves one request. A failure before the first event is no stream at all: it gets a status and the body of the endpoint's <see cref="IErrorFormat"/>.
/// </summary>
internal interface ICompletionFormat
{
    /// <summary>What comes before all answers, once the first token of any is there.</summary>
    void Begin(EventStream events, Completion completion);

    /// <summary>What comes before an answer's text.</summary>
    void Open(EventStream events, Completion completion, Choice choice);

    /// <summary>The text, calls and tokens that are ready.</summary>
    void Add(EventStream events, Completion completion, Choice choice);

    /// <summary>Why an answer ended.</summary>
    void Close(EventStream events, Completion completion, Choice choice);

    /// <summary>All answers are there, and nothing holds a place in the queue any more: what must happen before <see cref="End"/> or <see cref="WriteWhole"/>.</summary>
    ValueTask CompleteAsync(Completion completion, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>What comes after all answers, and the mark of the end if there is one.</summary>
    void End(EventStream events, Completion completion);

    /// <summary>The end of a stream that had begun.</summary>
    void Fail(EventStream events, Completion completion, ApiException error);

    /// <summary>All answers at once, without streaming.</summary>
    void WriteWhole(Utf8JsonWriter json, Completion completion);
}
