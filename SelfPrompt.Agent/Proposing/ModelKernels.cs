using Microsoft.Extensions.Options;
using Microsoft.SemanticKernel;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Hosting;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;

namespace SelfPrompt.Agent.Proposing;

/// <summary>Makes the kernel of one step: a model, the tools it may be offered, and the policy before them.</summary>
internal interface IModelKernels
{
    bool UsesTools { get; }

    /// <summary>Whether it words a reason; else it takes one of a few.</summary>
    bool Writes { get; }

    Kernel Make(IReadOnlyList<Finding> findings, ToolGate gate);
}

/// <summary>The model behind an OpenAI-compatible endpoint: the mesh itself, or another.</summary>
internal sealed class ModelKernels(IOptions<SelfPromptOptions> options, IHttpClientFactory clients, AgentKeys keys, MeshClient mesh) : IModelKernels
{
    public const string Own = "model-mesh", Other = "model-other";

    public bool UsesTools => options.Value.UsesTools;

    public bool Writes => options.Value.Writes ?? options.Value.Endpoint.Length > 0;

    public Kernel Make(IReadOnlyList<Finding> findings, ToolGate gate)
    {
        var isOwn = options.Value.Endpoint.Length == 0;
        var endpoint = isOwn ? new Uri(new Uri(options.Value.Router), "/v1") : new Uri(options.Value.Endpoint);
        var key = isOwn ? keys.ApiKey : options.Value.ApiKey;
        var builder = Kernel.CreateBuilder();
        builder.AddOpenAIChatCompletion(options.Value.Model, endpoint, key is { Length: > 0 } ? key : "none", httpClient: clients.CreateClient(isOwn ? Own : Other));
        var kernel = builder.Build();
        if (UsesTools)
            kernel.Plugins.Add(MeshTools.Plugin(findings, gate, mesh));
        var policy = new PolicyFilter(gate);
        kernel.FunctionInvocationFilters.Add(policy);
        kernel.AutoFunctionInvocationFilters.Add(policy);
        return kernel;
    }
}
