using System.Diagnostics;
using Dapr.Conformance.Tests.Workflows.Hosting;

namespace Dapr.Conformance.Tests.Hosting;

/// <summary>The two kinds of sidecar that every fact is asked of.</summary>
public abstract class Kind
{
    public static readonly Kind Embedded = new EmbeddedKind();
    public static readonly Kind Daprd = new DaprdKind();

    /// <summary>Null, or why it cannot run here.</summary>
    public abstract string? Missing { get; }

    public abstract SidecarSet Create(SidecarSpec spec);

    private sealed class EmbeddedKind : Kind
    {
        public override string? Missing => null;
        public override SidecarSet Create(SidecarSpec spec) => new EmbeddedSet(spec);
    }

    private sealed class DaprdKind : Kind
    {
        private static readonly Lazy<string?> Reason = new(Install);

        public override string? Missing => Reason.Value;
        public override SidecarSet Create(SidecarSpec spec) => new DaprdSet(spec);

        /// <summary>Unpacks the runtime that lies beside the checkout, where there is one.</summary>
        private static string? Install()
        {
            if (Workflows.Hosting.Daprd.Missing is null)
                return null;
            var script = Path.Combine(Checkout.Root, "..", "shared", "dapr", "install");
            if (!OperatingSystem.IsLinux() || !File.Exists(script))
                return Workflows.Hosting.Daprd.Missing;
            using var install = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true })!;
            install.StandardOutput.ReadToEnd();
            install.WaitForExit();
            return Workflows.Hosting.Daprd.Missing;
        }
    }
}
