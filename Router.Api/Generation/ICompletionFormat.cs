using System.Text.Json;

namespace Router.Api.Generation;

/// <summary>The JSON of one of OpenAI's two kinds of completion. All are called with the writer at the start of a document.</summary>
internal interface ICompletionFormat
{
    /// <summary>True when an answer has a chunk before its text.</summary>
    bool HasOpening { get; }

    /// <summary>That chunk.</summary>
    void WriteOpening(Utf8JsonWriter json, Completion completion, Choice choice);

    /// <summary>A chunk with the text that is ready.</summary>
    void WriteChunk(Utf8JsonWriter json, Completion completion, Choice choice);

    /// <summary>The chunk that says why an answer ended.</summary>
    void WriteClosing(Utf8JsonWriter json, Completion completion, Choice choice);

    /// <summary>The last chunk: what was used.</summary>
    void WriteUsage(Utf8JsonWriter json, Completion completion);

    /// <summary>All answers at once, without streaming.</summary>
    void WriteWhole(Utf8JsonWriter json, Completion completion);
}
