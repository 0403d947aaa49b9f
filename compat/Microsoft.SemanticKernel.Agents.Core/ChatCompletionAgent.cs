using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Microsoft.SemanticKernel.Agents;

/// <summary>Someone with a name, instructions and functions, who answers.</summary>
public abstract class Agent
{
    public string? Description { get; init; }

    public string Id { get; init; } = Guid.NewGuid().ToString();

    public string? Name { get; init; }

    public ILoggerFactory? LoggerFactory { get; init; }

    public KernelArguments? Arguments { get; init; }

    public string? Instructions { get; init; }

    public Kernel Kernel { get; init; } = new();

    public IPromptTemplate? Template { get; set; }

    public IAsyncEnumerable<AgentResponseItem<ChatMessageContent>> InvokeAsync(
        string message, AgentThread? thread = null, AgentInvokeOptions? options = null, CancellationToken cancellationToken = default) =>
        InvokeAsync(new ChatMessageContent(AuthorRole.User, message), thread, options, cancellationToken);

    public IAsyncEnumerable<AgentResponseItem<ChatMessageContent>> InvokeAsync(
        ChatMessageContent message, AgentThread? thread = null, AgentInvokeOptions? options = null, CancellationToken cancellationToken = default) =>
        InvokeAsync([message], thread, options, cancellationToken);

    public abstract IAsyncEnumerable<AgentResponseItem<ChatMessageContent>> InvokeAsync(
        ICollection<ChatMessageContent> messages, AgentThread? thread = null, AgentInvokeOptions? options = null, CancellationToken cancellationToken = default);
}

/// <summary>An agent whose conversation is a chat history.</summary>
public abstract class ChatHistoryAgent : Agent;

/// <summary>An agent that answers by the kernel's <see cref="IChatCompletionService"/>.</summary>
public sealed class ChatCompletionAgent : ChatHistoryAgent
{
    public AuthorRole InstructionsRole { get; init; } = AuthorRole.System;

    public override async IAsyncEnumerable<AgentResponseItem<ChatMessageContent>> InvokeAsync(
        ICollection<ChatMessageContent> messages, AgentThread? thread = null, AgentInvokeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var kept = thread as ChatHistoryAgentThread ?? (thread is null ? new() : throw new KernelException($"{nameof(ChatCompletionAgent)} takes a {nameof(ChatHistoryAgentThread)}, not a {thread.GetType().Name}."));
        var (kernel, arguments) = (options?.Kernel ?? Kernel, options?.KernelArguments ?? Arguments ?? []);
        kept.ChatHistory.AddRange(messages);
        var history = new ChatHistory();
        foreach (var instructions in new[] { await InstructionsOfAsync(kernel, arguments, cancellationToken), options?.AdditionalInstructions })
            if (!string.IsNullOrWhiteSpace(instructions))
                history.AddMessage(InstructionsRole, instructions);
        history.AddRange(kept.ChatHistory);
        var asked = history.Count;
        var answers = await kernel.GetRequiredService<IChatCompletionService>().GetChatMessageContentsAsync(history, arguments.ExecutionSettings?.Values.FirstOrDefault(), kernel, cancellationToken);
        // What the service added on the way: calls of functions, and what they gave.
        foreach (var step in history.Skip(asked).ToArray())
        {
            step.AuthorName = Name;
            kept.ChatHistory.Add(step);
            if (options?.OnIntermediateMessage is { } told)
                await told(step);
        }
        foreach (var answer in answers)
        {
            answer.AuthorName = Name;
            kept.ChatHistory.Add(answer);
            yield return new(answer, kept);
        }
    }

    /// <summary>As a template where there is one, else word for word.</summary>
    private async Task<string?> InstructionsOfAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken) =>
        Template is null ? Instructions : await Template.RenderAsync(kernel, arguments, cancellationToken);
}
