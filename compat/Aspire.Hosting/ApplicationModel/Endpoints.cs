using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    public interface IValueProvider
    {
        ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
    }

    public interface IManifestExpressionProvider
    {
        string ValueExpression { get; }
    }

    /// <summary>An endpoint of a resource, resolved once ports are allocated.</summary>
    public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName) : IManifestExpressionProvider, IValueProvider
    {
        public IResourceWithEndpoints Resource { get; } = owner;
        public string EndpointName { get; } = endpointName;
        public bool Exists => Find() is not null;
        public bool IsAllocated => Find()?.Allocated is not null;
        public string Scheme => Annotation.UriScheme;
        public string Host => Annotation.Host;
        public int Port => Annotation.Allocated ?? throw new InvalidOperationException($"The endpoint '{EndpointName}' of '{Resource.Name}' has no port yet.");
        public int? TargetPort => Annotation.Allocated;
        public string Url => $"{Scheme}://{Host}:{Port}";
        public string ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";
        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(Url);

        private EndpointAnnotation Annotation => Find() ?? throw new InvalidOperationException($"'{Resource.Name}' has no endpoint '{EndpointName}'.");

        private EndpointAnnotation? Find() =>
            Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => string.Equals(e.Name, EndpointName, StringComparison.OrdinalIgnoreCase));
    }
}

namespace Aspire.Hosting
{
    /// <summary>A resource that others find by its name.</summary>
    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

    /// <summary>Where a project lies; made by the build for each project reference of the AppHost.</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        string ProjectPath { get; }
        bool SuppressBuild => false;
    }
}
