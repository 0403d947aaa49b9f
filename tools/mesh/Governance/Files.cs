using System.Text;

namespace Mesh.Tool.Governance;

/// <summary>Files that the user names: one that cannot be read is a wrong argument.</summary>
internal static class Files
{
    private const int MostTextBytes = 1 << 20;

    public static byte[] ReadBytes(string path, int most)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > most)
                throw ToolException.Usage($"{path} has {stream.Length} bytes; at most {most} are taken.");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw ToolException.Usage(fault.Message);
        }
    }

    /// <param name="path">"-" is standard input.</param>
    public static string ReadText(string path) => path == "-" ? Console.In.ReadToEnd() : Encoding.UTF8.GetString(ReadBytes(path, MostTextBytes));
}
