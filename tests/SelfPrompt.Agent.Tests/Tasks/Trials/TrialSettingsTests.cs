using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using SelfPrompt.Agent.Tasks.Trials;

namespace SelfPrompt.Agent.Tests.Tasks.Trials;

public sealed class TrialSettingsTests : IDisposable
{
    private static readonly string Old = new('a', 64), New = new('b', 64);
    private readonly SyntheticMesh _mesh = new();

    [Fact]
    public void What_ran_before_is_asked_for_by_every_field_that_was_set()
    {
        var set = new EnsembleSettings
        {
            K = 1, OverSelection = 1, Gate = "uniform", EvidenceDecay = 0.1, EvidenceWeight = 0.1, DeadlineFactor = 9, MinimumDeadlineMs = 9, NegligibleWeight = 0.5, Hysteresis = 9, RefreshInterval = 9,
        };
        Assert.Equal(
            """{"k":4,"over_selection":0,"gate":"evidence","evidence_decay":0.9,"evidence_weight":0.7,"deadline_factor":2,"minimum_deadline_ms":100,"negligible_weight":0.01,"hysteresis":0.5,"refresh_interval":16}""",
            TrialSettings.Before(new SetEnsemble(set), Sightings.Of(_mesh))!.Value.GetRawText());
    }

    [Fact]
    public void A_gate_that_people_govern_can_be_asked_for_again()
    {
        var seen = Sightings.Of(_mesh).With((MeshConfiguration c) => c with { Routing = c.Routing with { Gate = Old } });
        Assert.Equal(Old, TrialSettings.Before(new SetGate(New), seen)!.Value.GetProperty("gate_hash").GetString());
        Assert.Equal("", TrialSettings.Afterwards(new SetGate(New), seen));
    }

    [Fact]
    public void What_no_request_brings_back_is_said()
    {
        Operation[] operations = [new SetGate(New), new SetEnsemble(new() { K = 2, Mix = "geometric" }), new SetEnsemble(new() { Speculation = 4 })];
        Assert.All(operations, o => Assert.Null(TrialSettings.Before(o, Sightings.Of(_mesh))));
        Assert.All(operations, o => Assert.Contains("nobody can measure it", TrialSettings.Afterwards(o, Sightings.Of(_mesh))));
    }

    public void Dispose() => _mesh.Dispose();
}
