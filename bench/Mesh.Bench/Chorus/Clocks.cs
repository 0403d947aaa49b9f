using Mesh.Bench.Running;
using Mesh.Simulation.Runs;

namespace Mesh.Bench.Chorus;

/// <summary>What was measured at one N; as text a row of the table.</summary>
/// <param name="Step">Milliseconds of one step of the phases, on their own thread.</param>
internal sealed record Clocks(int N, TokenSide Alone, TokenSide Decoupled, TokenSide LockStep, double Step)
{
    public const string Header =
        "| N | no phases, ms a token | decoupled | p99 | lock-step | p99 | tokens/s, decoupled | lock-step | ratio | phases add to a decoupled token, ms | a step of the phases on their thread, ms |\n"
        + "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    public MeanInterval Added => MeanInterval.Of([.. Decoupled.Milliseconds.Zip(Alone.Milliseconds, (with, without) => with - without)]);

    private MeanInterval Ratio => MeanInterval.Of([.. LockStep.Milliseconds.Zip(Decoupled.Milliseconds, (slow, fast) => slow / fast)]);

    public override string ToString() =>
        $"| {N} | {Of(Alone)} | {Of(Decoupled)} | {Decoupled.P99:0.000} | {Of(LockStep)} | {LockStep.P99:0.000} | {Decoupled.Rates.Average():0} | {LockStep.Rates.Average():0} | "
        + $"{Ratio.ToString("0.0")} | {Added.ToString("0.0000")} | {Step:0.000} |";

    private static string Of(TokenSide side) => MeanInterval.Of(side.Milliseconds).ToString("0.000");
}
