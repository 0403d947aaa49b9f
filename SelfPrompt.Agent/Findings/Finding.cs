using Mesh.Governance.Operations;
using SelfPrompt.Agent.Tasks;

namespace SelfPrompt.Agent.Findings;

/// <summary>Something that could be better, with the change that would make it so. Made by code from what was measured: a model chooses among findings and words them, its words are no part of one.</summary>
/// <param name="Id">Within its run: letters, digits and '-'.</param>
/// <param name="Text">One or two sentences with the numbers.</param>
/// <param name="Operation">What to propose: typed, its tier follows from it.</param>
/// <param name="Promise">What the change should do, as measured on the data of the analysis; null where nothing of it is a number.</param>
/// <param name="Confidence">0 to 1: how sure the analyser is that it is so.</param>
/// <param name="Rank">Findings of a run are offered in falling order; of one kind they compare.</param>
/// <param name="Artifact">SHA-256 of what the operation needs beside itself (a gate file, test cases), kept with governance.</param>
public sealed record Finding(string Id, TaskKind Kind, string Text, Operation Operation, Estimate? Promise, double Confidence, double Rank, string? Artifact = null);

/// <summary>One measure without and with a change, paired over the same samples.</summary>
/// <param name="Metric">As <c>perplexity</c>, <c>token_p99_ms</c>.</param>
/// <param name="Now">Without the change.</param>
/// <param name="With">With it.</param>
/// <param name="Gain">How much better, in <paramref name="Unit"/>, positive is better whatever the metric.</param>
/// <param name="Low">Lower end of the gain's 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Samples">Pairs.</param>
public sealed record Estimate(string Metric, string Unit, double Now, double With, double Gain, double Low, double High, int Samples)
{
    /// <summary>Better beyond chance.</summary>
    public bool IsGain => Samples > 1 && Low > 0;

    /// <summary>Whether this, measured afterwards, keeps a promise: it is better at all, and what was promised at least is within its interval.</summary>
    public bool Keeps(Estimate promised) => Gain > 0 && High >= promised.Low;
}

/// <summary>What trying a finding on data that its analysis did not see came to.</summary>
/// <param name="Holds">Whether it may be proposed.</param>
/// <param name="Reason">For people, with the numbers.</param>
/// <param name="Promise">What is promised from now on: the estimate on the held-out data.</param>
public sealed record Validation(bool Holds, string Reason, Estimate? Promise = null);
