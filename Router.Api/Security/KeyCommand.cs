using Mesh.Contracts.Security;

namespace Router.Api.Security;

/// <summary><c>keys add NAME | list | revoke NAME [--file FILE]</c>: makes and takes back API keys. A new key is all that goes to standard output.</summary>
internal static class KeyCommand
{
    private const string Usage = """
        keys add NAME [--file FILE]      makes a key and prints it, this once
        keys list [--file FILE]          names of all keys
        keys revoke NAME [--file FILE]   closes the API to a key

        FILE is that of Mesh__ApiKeysFile by default, else .mesh/api-keys. A running router notices a change within a second.
        """;

    public static bool IsMeant(string[] args) => args is ["keys", ..];

    /// <returns>The exit code: 0, 1 when it could not be done, 2 when it was not understood.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var rest = args[1..].ToList();
        var file = Environment.GetEnvironmentVariable("Mesh__ApiKeysFile") ?? Path.Combine(".mesh", "api-keys");
        if (rest.IndexOf("--file") is >= 0 and var at)
        {
            if (at + 1 == rest.Count)
                return Misunderstood(error);
            file = rest[at + 1];
            rest.RemoveRange(at, 2);
        }
        var keys = new ApiKeyFile(file);
        try
        {
            switch (rest)
            {
                case ["add", var name]:
                    var key = keys.Add(name);
                    error.WriteLine($"The key of '{name}', shown this once; its hash is in {keys.FilePath}. The router asks for keys when it runs with Mesh__ApiKeysFile={keys.FilePath}");
                    output.WriteLine(key);
                    return 0;
                case ["list"]:
                    foreach (var known in keys.List())
                        output.WriteLine($"{known.Name}  {known.Hash[..12]}");
                    return 0;
                case ["revoke", var name]:
                    if (keys.Revoke(name))
                        return 0;
                    error.WriteLine($"There is no key named '{name}' in {keys.FilePath}.");
                    return 1;
                default:
                    return Misunderstood(error);
            }
        }
        catch (Exception fault) when (fault is ArgumentException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            error.WriteLine(fault.Message);
            return 1;
        }
    }

    private static int Misunderstood(TextWriter error)
    {
        error.WriteLine(Usage);
        return 2;
    }
}
