using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Mesh.Contracts.Experts;
using Mesh.Governance.Operations;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary>Changes of who answers.</summary>
internal static class ProposeExperts
{
    public static Command Quarantine(Terminal terminal)
    {
        var (expert, why) = (Expert(), new Option<string>("--why") { Description = "What it did; it stands with the expert until it is released.", Required = true });
        var command = new Verb("quarantine", "Takes an expert out of every mixture; it stays loaded.", "mesh propose quarantine scripture --why 'repeats itself' --reason 'reported by three users'") { expert, why };
        ProposalFlow.Attach(command, terminal, arguments => new QuarantineExpert(arguments.GetValue(expert), arguments.GetValue(why)!));
        return command;
    }

    public static Command Release(Terminal terminal)
    {
        var expert = Expert();
        var command = new Verb("release", "Lets a quarantined expert answer again.", "mesh propose release scripture --reason 'retrained'") { expert };
        ProposalFlow.Attach(command, terminal, arguments => new ReleaseExpert(arguments.GetValue(expert)));
        return command;
    }

    public static Command Remove(Terminal terminal)
    {
        var expert = Expert();
        var command = new Verb("remove-expert", "Takes an expert out, also when a catalogue names it.", "mesh propose remove-expert scripture --reason 'replaced'") { expert };
        ProposalFlow.Attach(command, terminal, arguments => new RemoveExpert(arguments.GetValue(expert)));
        return command;
    }

    public static Command Admit(Terminal terminal)
    {
        var name = Expert();
        var model = new Option<string>("--model") { Description = "The GGUF file as workers see it: an absolute path under one of their model folders.", Required = true };
        var adapters = new Option<AdapterSpec[]>("--adapter") { Description = "A LoRA adapter and its strength: PATH or PATH=0.5; may be there several times.", CustomParser = Adapters, HelpName = "path=scale" };
        var threads = new Option<int?>("--threads") { Description = "Threads of its decode loop." };
        var layers = new Option<int>("--gpu-layers") { Description = "Layers on the GPU; -1 all." };
        var context = new Option<int?>("--context-length") { Description = "Positions that one session may hold." };
        var description = new Option<string?>("--description") { Description = "One line on what it is good at." };
        var command = new Verb("admit-expert", "Lets a new expert answer, or another model under a name that is there.", "mesh propose admit-expert chemistry --model /models/chemistry.gguf --reason 'asked for by the lab'")
        {
            name, model, adapters, threads, layers, context, description,
        };
        ProposalFlow.Attach(command, terminal, arguments => new AdmitExpert(new()
        {
            Id = arguments.GetValue(name),
            ModelPath = arguments.GetValue(model)!,
            Adapters = arguments.GetValue(adapters) ?? [],
            Threads = arguments.GetValue(threads),
            GpuLayers = arguments.GetValue(layers),
            ContextLength = arguments.GetValue(context),
            Description = arguments.GetValue(description),
        }));
        return command;
    }

    private static Argument<ExpertId> Expert() => new("expert")
    {
        Description = "The expert's name.",
        CustomParser = result =>
        {
            if (!ExpertId.TryParse(result.Tokens[0].Value, out var id))
                result.AddError($"'{result.Tokens[0].Value}' is no expert name: use 1 to 64 of a-z, 0-9, '.', '_', '-', with a letter or digit at both ends.");
            return id;
        },
    };

    private static AdapterSpec[]? Adapters(ArgumentResult result)
    {
        var adapters = new List<AdapterSpec>();
        foreach (var text in result.Tokens.Select(t => t.Value))
        {
            var at = text.LastIndexOf('=');
            var scale = 1f;
            if (at >= 0 && (!float.TryParse(text.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out scale) || !float.IsFinite(scale)))
            {
                result.AddError($"'{text}' is no adapter: write PATH or PATH=0.5.");
                return null;
            }
            adapters.Add(new(at < 0 ? text : text[..at], scale));
        }
        return [.. adapters];
    }
}
