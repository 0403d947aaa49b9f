using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.SemanticKernel;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Client;
using SelfPrompt.Agent.Policy;
using SelfPrompt.Agent.Sandboxing;

namespace SelfPrompt.Agent.Proposing;

/// <summary>The tools that a model may be offered. Each goes through the gate itself, whoever calls it.</summary>
internal static class MeshTools
{
    private const int MostAnswer = 4000;
    private const int MostText = 1000;
    private const int Turn = 2000;   // tokens: after a tool the model is asked once more, with all that was said

    public static KernelPlugin Plugin(IReadOnlyList<Finding> findings, ToolGate gate, MeshClient mesh)
    {
        var sandbox = new RouterSandbox(mesh, gate);
        return KernelPluginFactory.CreateFromFunctions("mesh",
        [
            KernelFunctionFactory.CreateFromMethod(
                [Description("The mesh's status: experts, settings, load.")] (CancellationToken stop) =>
                    gate.CallAsync(ToolTable.ReadMesh, new { path = "mesh/status" }, Turn, async inner => Cut((await mesh.GetAsync("mesh/status", inner)).GetRawText()), stop),
                ToolTable.ReadMesh),
            KernelFunctionFactory.CreateFromMethod(
                [Description("The findings of this run, with their numbers.")] (CancellationToken stop) =>
                    gate.CallAsync(ToolTable.ReadFindings, new { }, Turn, _ => Task.FromResult(Cut(JsonSerializer.Serialize(findings, AgentJson.Options))), stop),
                ToolTable.ReadFindings),
            KernelFunctionFactory.CreateFromMethod(
                [Description("Perplexity of a text under the mesh.")] async ([Description("At most 1000 characters.")] string text, CancellationToken stop) =>
                    Math.Exp(-(await sandbox.ScoreAsync(text.Length <= MostText ? text : text[..MostText], null, null, stop)).DefaultIfEmpty().Average()),
                ToolTable.ScoreText),
            KernelFunctionFactory.CreateFromMethod(
                [Description("Applies a finding's change to the mesh.")] ([Description("Its id.")] string finding, CancellationToken stop) =>
                    gate.CallAsync(ToolTable.ApplyFinding, new { finding }, 0, Task<string> (_) => throw new UnreachableException("The gate lets nothing through that changes the mesh."), stop),
                ToolTable.ApplyFinding),
        ]);
    }

    /// <summary>Names and quotes in it are from outside.</summary>
    private static string Cut(string text) => $"{Fence.Open}{Fence.Line(text, MostAnswer)}{Fence.Close}";
}
