using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Expert.Worker.Tests.Experts;

/// <summary>A host in the tests' own folder.</summary>
internal sealed class Here : IHostEnvironment
{
    public string EnvironmentName { get; set; } = "Test";
    public string ApplicationName { get; set; } = "test";
    public string ContentRootPath { get; set; } = AppContext.BaseDirectory;
    public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
}
