namespace Mesh.Simulation.Windows;

/// <summary>A mesh of one kind. Times are milliseconds.</summary>
/// <param name="K">Experts that a session asks for each token.</param>
/// <param name="Base">a of a decode of n sessions, a + b n.</param>
/// <param name="PerSession">b.</param>
/// <param name="Delay">One way between session and expert.</param>
/// <param name="Jitter">Of decodes and ways, a share of each.</param>
/// <param name="ChangeEvery">Tokens after which a session chooses its experts anew, who do not hear of it; 0: never.</param>
/// <param name="PauseEvery">Tokens after which the user of a session thinks for 0.2 to 2 s, on average; 0: never.</param>
public sealed record WindowRow(int Sessions, int Experts, int K, double Base, double PerSession, double Delay, double Jitter = 0.1, int ChangeEvery = 0, int PauseEvery = 0)
{
    /// <summary>The rows that the design was tried on first.</summary>
    public static IReadOnlyList<WindowRow> Design { get; } =
    [
        new(32, 8, 4, 20, 0.5, 5), new(64, 8, 2, 10, 0.1, 2), new(32, 32, 4, 20, 0.5, 5), new(32, 8, 4, 20, 0.5, 20), new(32, 8, 4, 20, 0.5, 50), new(32, 8, 4, 20, 0.5, 5, 0.3, 5),
    ];

    /// <summary>Users who pause, few sessions, a session alone.</summary>
    public static IReadOnlyList<WindowRow> Quiet { get; } =
    [
        new(32, 8, 4, 20, 0.5, 5, PauseEvery: 20), new(32, 8, 4, 20, 0.5, 5, PauseEvery: 5), new(64, 8, 2, 10, 0.1, 2, PauseEvery: 40), new(4, 8, 4, 20, 0.5, 5), new(3, 4, 2, 20, 0.5, 20), new(4, 4, 2, 20, 0.5, 5, PauseEvery: 10), new(1, 8, 4, 20, 0.5, 5),
    ];

    /// <summary>Big models: decodes of 40 ms, where epochs of one length end and the next begin, of 150 ms, and of processors to which a batch is worth little.</summary>
    public static IReadOnlyList<WindowRow> Slow { get; } =
    [
        new(32, 8, 4, 32, 0.5, 5), new(16, 4, 2, 150, 1, 5), new(16, 8, 4, 150, 1, 20), new(16, 2, 1, 5, 15, 5), new(16, 4, 2, 5, 15, 5),
    ];

    public static IReadOnlyList<WindowRow> All { get; } = [.. Design, .. Quiet, .. Slow];

    public override string ToString() => FormattableString.Invariant(
        $"{Sessions} sessions, {Experts} experts, K {K}, {Base} + {PerSession} n ms, way {Delay} ms{(Jitter != 0.1 ? $", jitter {Jitter:P0}" : "")}{(ChangeEvery > 0 ? $", experts change every {ChangeEvery} tokens" : "")}{(PauseEvery > 0 ? $", a pause every {PauseEvery} tokens" : "")}");
}

/// <param name="TokensPerSecond">Of all sessions.</param>
/// <param name="P50">Milliseconds of a token.</param>
/// <param name="Order">Mean order parameter of the experts' phases; 0 where there are none.</param>
/// <param name="Batch">Mean sessions of a decode.</param>
public sealed record WindowResult(double TokensPerSecond, double P50, double P99, double Order, double Batch);
