using System.CommandLine;
using Mesh.Governance.Http.Genesis;

namespace Mesh.Tool.Governance;

/// <summary>Where the mesh is, and how results are written: options of every verb of governance.</summary>
internal sealed class MeshOptions
{
    public const string DefaultUrl = "http://127.0.0.1:8080";

    private readonly Terminal _terminal;
    private readonly Option<string?> _url = new("--url") { Description = $"The address of a router. Default: MESH_URL, else {DefaultUrl}." };
    private readonly Option<string?> _apiKey = new("--api-key") { Description = "The router's API key, where it asks for one. Default: MESH_API_KEY." };
    private readonly Option<string?> _data = new("--data") { Description = "The mesh's data folder, for keys and the genesis. Default: Mesh__Data, else .mesh." };
    private readonly Option<bool> _json = new("--json") { Description = "JSON alone on standard output." };

    public MeshOptions(Command command, Terminal terminal)
    {
        _terminal = terminal;
        foreach (var option in new Option[] { _url, _apiKey, _data, _json })
            command.Options.Add(option);
    }

    public bool IsJson(ParseResult arguments) => arguments.GetValue(_json);

    /// <summary>Who can be asked: nobody while JSON is written.</summary>
    public bool IsInteractive(ParseResult arguments) => _terminal.IsInteractive && !IsJson(arguments);

    public string Data(ParseResult arguments) => Path.GetFullPath(arguments.GetValue(_data) ?? _terminal.Variable("Mesh__Data") ?? ".mesh");

    public string GenesisPath(ParseResult arguments) => Path.Combine(Data(arguments), "governance", "genesis.json");

    /// <summary>The folder of members' keys on this machine.</summary>
    public string Keys(ParseResult arguments) => Path.GetFullPath(_terminal.Variable("MESH_KEYS") ?? Path.Combine(Data(arguments), "governance", "members"));

    /// <param name="url">Another address than the options name.</param>
    public GovernanceClient Open(ParseResult arguments, string? url = null) =>
        new(UrlOf(url ?? arguments.GetValue(_url) ?? _terminal.Variable("MESH_URL") ?? DefaultUrl), arguments.GetValue(_apiKey) ?? _terminal.Variable("MESH_API_KEY"), _terminal.Clock);

    /// <summary>The trust root on this machine.</summary>
    /// <param name="file">Null for the one in the data folder, which need not be there.</param>
    public GenesisDocument? Genesis(ParseResult arguments, string? file)
    {
        try
        {
            return GenesisFile.Read(file ?? GenesisPath(arguments)) ?? (file is null ? null : throw ToolException.Usage($"There is no file {file}."));
        }
        catch (InvalidDataException fault)
        {
            throw ToolException.Usage(fault.Message);
        }
    }

    /// <exception cref="ToolException">It is no HTTP address.</exception>
    public static Uri UrlOf(string text) => Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        ? url : throw ToolException.Usage($"'{text}' is no HTTP address.");
}
