using System.CommandLine;
using System.Text.Json;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh keys new</c>: a member's key pair. The private half is in its file alone.</summary>
internal static class KeysVerb
{
    public static Command Create(Terminal terminal) => new("keys", "Keys of members.") { New(terminal) };

    private static Command New(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "The member's name." };
        var output = new Option<string?>("--out") { Description = "The key file. Default: NAME.key in the folder of keys." };
        var command = new Verb("new", "Makes a member's key file and shows the verifier key to hand out.", "mesh keys new ada") { name, output };
        var mesh = new MeshOptions(command, terminal);
        var keys = new MemberKeys(command, mesh);
        command.Does(terminal, (arguments, _) =>
        {
            using var key = Keyring.Make(arguments.GetValue(name)!);
            var path = Path.GetFullPath(arguments.GetValue(output) ?? keys.PathOf(arguments, key.Name));
            Keyring.Save(key, path);
            terminal.Print(mesh.IsJson(arguments) ? $$"""{"name":{{JsonText(key.Name)}},"key":{{JsonText(key.Verifier.Text)}},"file":{{JsonText(path)}}}""" : key.Verifier.Text);
            terminal.Say($"The private key is in {path}, for its owner alone. Hand out the line above.");
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static string JsonText(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
