using Mesh.Ledger.Signing;

namespace Mesh.Tool.Governance;

/// <summary>Makes keys and their files; a file that is there is never overwritten.</summary>
internal static class Keyring
{
    public static SigningKey Make(string name)
    {
        try
        {
            return SigningKey.Create(name);
        }
        catch (FormatException fault)
        {
            throw ToolException.Usage(fault.Message);
        }
    }

    /// <summary>The key in a file that is there, so that a refused proposal can be made again; else a new one, which is in that file before anybody hears of it.</summary>
    public static SigningKey LoadOrMake(string name, string path, bool isDryRun)
    {
        if (File.Exists(path))
            return MemberKeys.Read(path) is var key && key.Name == name ? key : throw ToolException.Usage($"{path} is the key of '{key.Name}'.");
        var made = Make(name);
        if (!isDryRun)
            Save(made, path);
        return made;
    }

    public static void Save(SigningKey key, string path)
    {
        try
        {
            key.Save(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw ToolException.Usage(File.Exists(path) ? $"{path} is there already. A key file is never overwritten." : fault.Message);
        }
    }
}
