using Microsoft.Extensions.Options;
using Router.Api.Experts;

namespace Router.Api.Grpc;

/// <summary>Files by the name a caller gives: one in a folder of <c>Mesh:Models</c>, else as it stands. Whether a worker may load it is the worker's say.</summary>
internal sealed class ModelNames(IOptions<RegistryOptions> options, IHostEnvironment environment)
{
    public const int MostCharacters = 4096;

    public string PathOf(string name)
    {
        if (name != Path.GetFileName(name))
            return name;
        foreach (var place in options.Value.Models.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var full = Path.GetFullPath(place, environment.ContentRootPath);
            var folder = Directory.Exists(full) ? full : Path.GetDirectoryName(full)!;
            foreach (var file in (ReadOnlySpan<string>)[name, name + ".gguf"])
                if (Path.Combine(folder, file) is var path && File.Exists(path))
                    return path;
        }
        return name;
    }
}
