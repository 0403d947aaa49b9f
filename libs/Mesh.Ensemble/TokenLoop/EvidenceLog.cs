using Mesh.Ensemble.Gating;

namespace Mesh.Ensemble.TokenLoop;

/// <summary>What a gate was told of one expert's newest tokens, for the gate that takes its place.</summary>
internal sealed class EvidenceLog
{
    private readonly (long Token, float Advantage)[] _told = new (long, float)[EvidenceGate.MostMemory];

    /// <summary>Sum of all advantages since <see cref="Clear"/>, in nats, and of how many tokens.</summary>
    public double Sum { get; private set; }

    public int Count { get; private set; }

    /// <param name="token">Its number in the session, from 1.</param>
    public void Add(long token, double advantage)
    {
        _told[token % _told.Length] = (token, (float)advantage);
        Sum += Math.Clamp(advantage, -EvidenceGate.MostAdvantage, EvidenceGate.MostAdvantage);
        Count++;
    }

    /// <param name="last">Number of the session's newest token.</param>
    public void Repeat(IGate gate, int expert, long last)
    {
        for (var token = Math.Max(1, last - gate.Memory + 1); token <= last; token++)
            if (_told[token % _told.Length] is var (told, advantage) && told == token)
                gate.Observe(expert, (int)(last - token), advantage);
    }

    public void Clear()
    {
        Array.Clear(_told);
        (Sum, Count) = (0, 0);
    }
}
