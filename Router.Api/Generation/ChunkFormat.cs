using System.Text.Json;
using Router.Api.Errors;

namespace Router.Api.Generation;

/// <summary>What OpenAI's chat and text completions have in common as streams: chunks without a name, usage last where it is asked for, and <c>[DONE]</c>.</summary>
internal abstract class ChunkFormat : ICompletionFormat
{
    public void Begin(EventStream events, Completion completion)
    {
    }

    public abstract void Open(EventStream events, Completion completion, Choice choice);

    public void Add(EventStream events, Completion completion, Choice choice)
    {
        WriteChunk(events.Begin(), completion, choice);
        events.End();
    }

    public void Close(EventStream events, Completion completion, Choice choice)
    {
        WriteClosing(events.Begin(), completion, choice);
        events.End();
    }

    public void End(EventStream events, Completion completion)
    {
        if (completion.Settings.IncludeUsage)
        {
            WriteUsage(events.Begin(), completion);
            events.End();
        }
        events.Mark("[DONE]"u8);
    }

    public void Fail(EventStream events, Completion completion, ApiException error)
    {
        ErrorBody.Write(events.Begin(), error);
        events.End();
    }

    public abstract void WriteWhole(Utf8JsonWriter json, Completion completion);

    /// <summary>A chunk with the text that is ready.</summary>
    protected abstract void WriteChunk(Utf8JsonWriter json, Completion completion, Choice choice);

    /// <summary>The chunk that says why an answer ended.</summary>
    protected abstract void WriteClosing(Utf8JsonWriter json, Completion completion, Choice choice);

    /// <summary>The last chunk: what was used.</summary>
    protected abstract void WriteUsage(Utf8JsonWriter json, Completion completion);
}
