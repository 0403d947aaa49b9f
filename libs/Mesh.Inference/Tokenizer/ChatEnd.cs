namespace Mesh.Inference.Tokenizer;

/// <summary>How the prompt of a conversation ends, and with it what a model writes next.</summary>
public enum ChatEnd
{
    /// <summary>With the head of a new answer.</summary>
    NewAnswer,
    /// <summary>Behind the last turn and its end mark.</summary>
    Closed,
    /// <summary>Inside the last turn: what comes goes on from its last character.</summary>
    Open,
}
