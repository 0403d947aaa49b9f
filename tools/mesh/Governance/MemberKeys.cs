using System.CommandLine;
using Mesh.Ledger.Signing;

namespace Mesh.Tool.Governance;

/// <summary>Who acts, and the key that signs. A private key is read from its file and goes nowhere else.</summary>
internal sealed class MemberKeys
{
    private const string Extension = ".key";
    private readonly MeshOptions _mesh;
    private readonly Option<string[]> _as = new("--as") { Description = "The member who acts; their key is NAME.key in the folder of keys (MESH_KEYS, else governance/members in the data folder). Not needed when one key lies there.", HelpName = "member" };
    private readonly Option<string[]> _key = new("--key-file") { Description = "The key file itself.", HelpName = "file" };

    /// <param name="hasKeyAlias">False where <c>--key</c> is the key of somebody else.</param>
    public MemberKeys(Command command, MeshOptions mesh, bool hasKeyAlias = true)
    {
        _mesh = mesh;
        if (hasKeyAlias)
            _key.Aliases.Add("--key");
        command.Options.Add(_as);
        command.Options.Add(_key);
    }

    /// <summary>The one member who acts.</summary>
    public SigningKey Load(ParseResult arguments) => LoadAll(arguments) is [var key] ? key : throw ToolException.Usage("One member acts here, and one key signs.");

    /// <summary>The keys of all who are named.</summary>
    /// <exception cref="ToolException">A key is not there, cannot be used, or is another's.</exception>
    public IReadOnlyList<SigningKey> LoadAll(ParseResult arguments)
    {
        var (names, files) = (arguments.GetValue(_as) ?? [], arguments.GetValue(_key) ?? []);
        var keys = files.Select(Read).ToList();
        keys.AddRange(names.Where(name => keys.TrueForAll(k => k.Name != name)).Select(name => Read(PathOf(arguments, name))));
        if (keys.Count == 0)
            return [Read(OnlyOne(arguments))];
        if (keys.Find(k => names.Length > 0 && !names.Contains(k.Name)) is { } other)
            throw ToolException.Usage($"There is a key of '{other.Name}', who is not named with --as.");
        return keys;
    }

    /// <summary>The member's name, where no signature is needed.</summary>
    public string Name(ParseResult arguments) => arguments.GetValue(_as) is [var name] ? name : Load(arguments).Name;

    /// <summary>Where the key of a member of this name lies on this machine.</summary>
    public string PathOf(ParseResult arguments, string name) => VerifierKey.IsName(name) && Path.GetFileName(name) == name
        ? Path.Combine(_mesh.Keys(arguments), name + Extension) : throw ToolException.Usage($"'{name}' is no name of a member.");

    private string OnlyOne(ParseResult arguments)
    {
        var folder = _mesh.Keys(arguments);
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + Extension) : [];
        return files switch
        {
            [var file] => file,
            [] => throw ToolException.Usage($"There is no key in {folder}. Name one with --key FILE, or make one with: mesh keys new NAME"),
            _ => throw ToolException.Usage($"Who acts? Name a member with --as; {folder} has the keys of {string.Join(", ", files.Select(Path.GetFileNameWithoutExtension).Order())}."),
        };
    }

    /// <exception cref="ToolException">It is not there or cannot be used.</exception>
    public static SigningKey Read(string path)
    {
        try
        {
            return SigningKey.Load(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw ToolException.Usage(fault.Message);
        }
    }
}
