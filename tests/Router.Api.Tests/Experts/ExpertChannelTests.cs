using Mesh.Contracts.Experts;
using Mesh.Inference;
using Microsoft.Extensions.Logging.Abstractions;
using Router.Api.Experts;

namespace Router.Api.Tests.Experts;

/// <summary>The model in this process, nothing between.</summary>
public sealed class InProcessChannelTests(InProcessChannelTests.Fixture fixture) : ExpertChannelContract(fixture), IClassFixture<InProcessChannelTests.Fixture>
{
    public sealed class Fixture : IChannelFixture, IAsyncLifetime
    {
        private LlamaExpert _expert = null!;

        public string? Missing => null;

        public IExpertChannel Channel => _expert;

        public async Task InitializeAsync() => _expert = await LlamaExpert.LoadAsync(WorkerHost.Spec("lexicon"), new(), NullLogger.Instance);

        public async Task DisposeAsync() => await _expert.DisposeAsync();
    }
}

/// <summary>A duplex HTTP/2 stream to a worker.</summary>
public sealed class DirectChannelTests(DirectChannelTests.Fixture fixture) : ExpertChannelContract(fixture), IClassFixture<DirectChannelTests.Fixture>
{
    public sealed class Fixture : IChannelFixture, IAsyncLifetime
    {
        private WorkerHost _worker = null!;
        private DirectExpertChannel _channel = null!;

        public string? Missing => null;

        public IExpertChannel Channel => _channel;

        public async Task InitializeAsync()
        {
            _worker = await WorkerHost.StartAsync();
            var status = await _worker.LoadAsync(WorkerHost.Spec("lexicon"));
            Assert.Equal(ExpertState.Ready, status.State);
            _channel = await DirectExpertChannel.OpenAsync(
                status.Id, await _worker.AdmitAsync(status.Id, default), TimeSpan.FromSeconds(5), new(), TimeProvider.System, NullLogger.Instance, default);
        }

        public async Task DisposeAsync()
        {
            await _channel.DisposeAsync();
            await _worker.DisposeAsync();
        }
    }
}

/// <summary>Batches to the actor's turns, without a sidecar between; turns so short that long steps outlive them.</summary>
public sealed class ActorChannelTests(ActorChannelTests.Fixture fixture) : ExpertChannelContract(fixture), IClassFixture<ActorChannelTests.Fixture>
{
    public sealed class Fixture : IChannelFixture, IAsyncLifetime
    {
        private WorkerHost _worker = null!;
        private ActorExpertChannel _channel = null!;

        public string? Missing => null;

        public IExpertChannel Channel => _channel;

        public async Task InitializeAsync()
        {
            _worker = await WorkerHost.StartAsync();
            _worker.Turn = TimeSpan.FromMilliseconds(3);
            await _worker.LoadAsync(WorkerHost.Spec("lexicon"));
            _channel = new ActorExpertChannel(ExpertId.Parse("lexicon"), _worker, new(), NullLogger.Instance);
        }

        public async Task DisposeAsync()
        {
            await _channel.DisposeAsync();
            await _worker.DisposeAsync();
        }
    }
}
