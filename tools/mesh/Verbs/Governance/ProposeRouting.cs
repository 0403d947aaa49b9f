using System.CommandLine;
using System.Security.Cryptography;
using Mesh.Governance.Acts;
using Mesh.Governance.Configurations;
using Mesh.Governance.Operations;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary>Changes of how answers are mixed.</summary>
internal static class ProposeRouting
{
    private const int MostArtifactBytes = 1 << 20;

    public static Command Ensemble(Terminal terminal)
    {
        var command = new Verb("ensemble", "Settings of the token loop; what is not named stays.", "mesh propose ensemble --k 3 --evidence-decay 0.9 --reason 'faster, and as good'");
        var settings = new EnsembleArguments(command);
        ProposalFlow.Attach(command, terminal, arguments => new SetEnsemble(settings.Read(arguments) is var read && read != new EnsembleSettings() ? read : throw ToolException.Usage("Name at least one setting.")));
        return command;
    }

    public static Command Evaluate(Terminal terminal)
    {
        var command = new Verb("evaluate", "Measures k and the kind of gate away from traffic; everything else is measured by its canary.", "mesh propose evaluate --k 2 --gate learned --reason 'is it worth a try?'");
        var settings = EnsembleArguments.OfEvaluation(command);
        ProposalFlow.Attach(command, terminal, arguments => new EvaluateRouting(settings.Read(arguments) is var read && read != new EnsembleSettings() ? read : throw ToolException.Usage("Name --k or --gate.")));
        return command;
    }

    public static Command Gate(Terminal terminal)
    {
        var file = new Argument<string?>("file") { Description = "The gate file of `mesh train gate`; it is uploaded.", Arity = ArgumentArity.ZeroOrOne };
        var own = new Option<bool>("--own") { Description = "Back to the gate file that each router was started with." };
        var signature = new Option<string?>("--signature") { Description = "A signer's note over the file, of `mesh sign FILE`, where the policy asks for it." };
        var command = new Verb("gate", "Another gate for the same experts.", "mesh propose gate models/gate.json --reason 'trained on last month'") { file, own, signature };
        ProposalFlow.Attach(command, terminal, async draft =>
        {
            var path = draft.Arguments.GetValue(file);
            if (path is null != draft.Arguments.GetValue(own))
                throw ToolException.Usage("Name a gate file, or --own.");
            if (path is null)
                return new SetGate(null);
            var note = draft.Arguments.GetValue(signature) is { } signed ? Files.ReadText(signed) : null;
            return new SetGate(await UploadAsync(path, draft), note);
        });
        return command;
    }

    /// <returns>The file's name among the artifacts, its SHA-256.</returns>
    private static async Task<string> UploadAsync(string path, Drafting draft)
    {
        var bytes = Files.ReadBytes(path, MostArtifactBytes);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (draft.IsDryRun)
            return hash;
        var stored = draft.Client.Read(await draft.Client.PutAsync("governance/artifacts", bytes, draft.Cancellation), AnswerJson.Default.ArtifactAnswer).Hash;
        return stored == hash ? hash : throw ToolException.Unverified($"The mesh stored {path} as {stored}, and its hash is {hash}.");
    }
}
