using Mesh.Chorus.Leases;
using Microsoft.Extensions.Logging;

namespace Mesh.Governance.Http.Nodes;

internal sealed partial class GovernedNode
{
    [LoggerMessage(LogLevel.Critical, "{Node} is halted by {Halt}.")]
    private partial void LogHalted(string node, string halt);

    [LoggerMessage(LogLevel.Warning, "{Node}: people ended a halt; {Count} are in force.")]
    private partial void LogResumed(string node, int count);

    [LoggerMessage(LogLevel.Critical, "{Node} starts halted: {Count} halts are in force.")]
    private partial void LogStartsHalted(string node, int count);

    [LoggerMessage(LogLevel.Information, "The node '{Node}' is governed in the mesh '{Mesh}', version {Version}; its key is {Key}.")]
    private partial void LogGoverned(string node, string mesh, long version, string key);

    [LoggerMessage(LogLevel.Information, "Version {Version} of the configuration runs.")]
    private partial void LogConfigured(long version);

    [LoggerMessage(Message = "The lease is {Lease}; it was {Last}.")]
    private partial void LogLease(LogLevel level, LeaseState lease, LeaseState last);

    [LoggerMessage(LogLevel.Critical, "{Fault}")]
    private partial void LogWitnessLost(string fault);

    [LoggerMessage(LogLevel.Critical, "Two committed heads of size {Size}: {Root} and, known before, {Known}. More witnesses lie than the quorum allows for.")]
    private partial void LogForked(long size, string root, string known);

    [LoggerMessage(LogLevel.Error, "What was to end with the halt failed; all were told.")]
    private partial void LogStreamFault(Exception fault);
}
