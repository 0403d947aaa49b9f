using Microsoft.SemanticKernel.ChatCompletion;

namespace Microsoft.SemanticKernel.Agents;

/// <summary>A conversation with an agent.</summary>
public abstract class AgentThread
{
    public virtual string? Id { get; protected set; }

    public virtual bool IsDeleted { get; protected set; }

    public virtual Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        IsDeleted = true;
        return Task.CompletedTask;
    }
}

/// <summary>A conversation that is kept here, as a <see cref="Microsoft.SemanticKernel.ChatCompletion.ChatHistory"/>.</summary>
public sealed class ChatHistoryAgentThread : AgentThread
{
    private readonly ChatHistory _history;

    public ChatHistoryAgentThread()
        : this([])
    {
    }

    public ChatHistoryAgentThread(ChatHistory chatHistory, string? id = null) => (_history, Id) = (chatHistory, id ?? Guid.NewGuid().ToString("N"));

    /// <exception cref="InvalidOperationException">It was deleted.</exception>
    public ChatHistory ChatHistory => IsDeleted ? throw new InvalidOperationException("This thread was deleted.") : _history;
}

/// <summary>An answer, and the thread that it belongs to.</summary>
public class AgentResponseItem<TMessage>(TMessage message, AgentThread thread)
{
    public TMessage Message { get; } = message;

    public AgentThread Thread { get; } = thread;

    public static implicit operator TMessage(AgentResponseItem<TMessage> responseItem) => responseItem.Message;
}

/// <summary>What one call of an agent changes.</summary>
public class AgentInvokeOptions
{
    /// <summary>Instead of the agent's.</summary>
    public KernelArguments? KernelArguments { get; init; }

    /// <summary>Instead of the agent's.</summary>
    public Kernel? Kernel { get; init; }

    public string AdditionalInstructions { get; init; } = "";

    /// <summary>Told of every message that is not an answer: calls of functions and their results.</summary>
    public Func<ChatMessageContent, Task>? OnIntermediateMessage { get; init; }
}
