using Mesh.Governance.Operations;
using SelfPrompt.Agent.Findings;
using SelfPrompt.Agent.Observing;
using SelfPrompt.Agent.Sandboxing;
using SelfPrompt.Agent.Tasks.Trials;
using SelfPrompt.Agent.Texts;

namespace SelfPrompt.Agent.Tasks.GovernanceProposalDraft;

/// <summary>Texts for people and removals with what they can break; what people rejected twice is not drafted again.</summary>
internal sealed class GovernanceProposalDraftTask : ISelfTask
{
    private const int Most = 4;

    public TaskKind Kind => TaskKind.GovernanceProposalDraft;

    public async Task<IReadOnlyList<Finding>> AnalyseAsync(MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        var quality = DraftRecord.AcceptedShare(seen);
        var findings = Gaps.Of(seen).Select((text, i) => new Finding($"gap-{i + 1}", Kind, text, new SuggestText(text), null, quality, 1))
            .Where(f => !DraftRecord.IsUnwanted(seen, f.Operation)).ToList();
        if (TextTrial.WhyNot(seen) is not null)
            return [.. findings.Take(Most)];
        foreach (var (use, cost, removal) in UselessExperts.Of(seen).Where(u => !DraftRecord.IsUnwanted(seen, u.Removal.Operation)))
        {
            var without = await UselessExperts.WithoutAsync(sandbox, use.Expert, HeldOutTexts.Of(TextPart.Analysis), seen, cancellationToken);
            if (-without.Low <= UselessExperts.MostLoss)
                findings.Add(new($"remove-{use.Expert.Replace('.', '-').Replace('_', '-')}", Kind, FormattableString.Invariant(
                    $"The expert {use.Expert} has {use.Share:P2} of the weight for {cost:P1} of the experts' time. {Loss(without)} What it can break: {removal.BlastRadius.Text}"), removal.Operation, null, quality, cost));
        }
        return [.. findings.Take(Most)];
    }

    public async Task<Validation> ValidateAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken)
    {
        if (DraftRecord.IsUnwanted(seen, finding.Operation))
            return new(false, "People rejected it twice, or are asked already.");
        if (finding.Operation is SuggestText(var text))
            return Gaps.Of(seen).Contains(text) ? new(true, "It follows from what was seen; people judge it.") : new(false, "It does not follow from what was seen.");
        if (finding.Operation is not RemoveExpert(var expert) || !UselessExperts.Of(seen).Any(u => u.Use.Expert == expert.Value))
            return new(false, "It does not follow from what was seen.");
        if (TextTrial.WhyNot(seen) is { } why)
            return new(false, why);
        var without = await UselessExperts.WithoutAsync(sandbox, expert.Value, HeldOutTexts.Of(TextPart.Validation), seen, cancellationToken);
        return new(-without.Low <= UselessExperts.MostLoss, $"On texts that the analysis did not see: {Loss(without)}");
    }

    public Task<Estimate?> MeasureAsync(Finding finding, MeshObservation seen, ISandbox sandbox, CancellationToken cancellationToken) => Task.FromResult<Estimate?>(null);

    private static string Loss(Estimate without) => FormattableString.Invariant(
        $"Without it the mixture loses {-without.Gain:0.000;-0.000} nats a token ({-without.High:0.000;-0.000} to {-without.Low:0.000;-0.000}, 95 %, {without.Samples} texts).");
}
