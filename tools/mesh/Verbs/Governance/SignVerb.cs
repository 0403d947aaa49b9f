using System.CommandLine;
using System.Security.Cryptography;
using Mesh.Governance.Acts;
using Mesh.Tool.Governance;

namespace Mesh.Tool.Verbs.Governance;

/// <summary><c>mesh sign</c>: a signer vouches for an artifact.</summary>
internal static class SignVerb
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "The gate file." };
        var name = new Option<string?>("--mesh") { Description = "The mesh's name. Default: that of the genesis in the data folder, else the mesh at --url is asked." };
        var command = new Verb("sign", "A signer's note over a file, for `mesh propose gate --signature`.", "mesh sign models/gate.json --as sam > gate.note") { file, name };
        var mesh = new MeshOptions(command, terminal);
        var keys = new MemberKeys(command, mesh);
        command.Does(terminal, async (arguments, cancellationToken) =>
        {
            var bytes = Files.ReadBytes(arguments.GetValue(file)!, 1 << 20);
            using var key = keys.Load(arguments);
            var of = await MeshNames.FindAsync(arguments.GetValue(name), mesh, arguments, cancellationToken);
            terminal.Out.Profile.Out.Writer.Write(SignedAct.Sign(new ArtifactStatement(of, Convert.ToHexStringLower(SHA256.HashData(bytes))), key).Note.ToString());
            return ExitCode.Ok;
        });
        return command;
    }
}
